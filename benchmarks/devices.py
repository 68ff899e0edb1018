"""Values and times of every metric on this machine's accelerator and on its CPU.

    python benchmarks/devices.py

Both devices receive the same arrays in one process; seconds are those of the second
call. The last column is the largest difference of any number that a metric returns,
relative to the number on the CPU, or absolute if that number is below one. By default,
an accelerator rounds the factors of a float32 product to ten bits; metrics must request
full precision.
"""

import argparse
import time

import jax
import numpy as np
from metrics import METRICS

from advnet import parzen

GRID = np.logspace(-1, 0, 10)
# These metrics train by gradient descent, which amplifies differences of rounding.
TRAINED = ("classifier", "linear_probe", "c2st")
ALL_METRICS = {
    "parzen.log_density": lambda x, y, _: parzen.log_density(x, y, GRID),
    "parzen.score": lambda x, y, _: parzen.score(x, y[::2], y[1::2]),
    "parzen, sigma .003": lambda x, y, _: parzen.log_density(x, y[:100], 0.003),
    **METRICS,
}


def numbers(value) -> list[np.ndarray]:
    """Collect all numbers of a metric's result."""
    if isinstance(value, (tuple, list)):
        return [number for field in value for number in numbers(field)]
    if isinstance(value, (int, float, np.ndarray, np.generic, jax.Array)):
        return [np.asarray(value, np.float64)]
    return []


def measure(device, metric, arrays) -> tuple[list[np.ndarray], float]:
    """Return the numbers of a metric and the seconds of its second call."""
    with jax.default_device(device):
        metric(*arrays)
        start = time.perf_counter()
        value = jax.block_until_ready(metric(*arrays))
        return numbers(value), time.perf_counter() - start


def difference(a: list[np.ndarray], b: list[np.ndarray]) -> float:
    """Return the largest difference; an unknown value (NaN) on both sides is equal."""
    errors = [
        np.where(np.isnan(x) & np.isnan(y), 0, np.abs(x - y) / np.maximum(1, np.abs(x)))
        for x, y in zip(a, b, strict=True)
    ]
    return float(np.max(np.concatenate([np.ravel(x) for x in errors] or [[0.0]])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(ALL_METRICS)}")
    parser.add_argument("--num", type=int, default=2_000)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    x, y = (rng.random((options.num, 784), np.float32) for _ in range(2))
    arrays = x, y, rng.integers(0, 10, options.num)
    cpu, device = jax.devices("cpu")[0], jax.devices()[0]
    print(f"{options.num} x {options.num} x 784, {device.device_kind}")
    print(f"{'metric':<20}{'CPU, s':>9}{'device, s':>11}{'difference':>12}")
    for name in options.names or ALL_METRICS:
        if name in TRAINED and not options.names:
            continue
        expected, cpu_seconds = measure(cpu, ALL_METRICS[name], arrays)
        actual, device_seconds = measure(device, ALL_METRICS[name], arrays)
        row = f"{name:<20}{cpu_seconds:>9.3f}{device_seconds:>11.3f}"
        print(f"{row}{difference(expected, actual):>12.1e}", flush=True)


if __name__ == "__main__":
    main()
