"""Every metric on this machine's accelerator beside its CPU: do they agree?

    python benchmarks/devices.py

The same arrays in one process; seconds are of the second call. The last column is the
largest difference of any number a metric returns, relative to that number on the CPU
(absolute where it is below one). Matrix products of an accelerator round
otherwise, by default to ten bits of float32: metrics have to ask for all of them.
"""

import argparse
import time

import jax
import numpy as np
from metrics import METRICS

from advnet import parzen

GRID = np.logspace(-1, 0, 10)
TRAINS = ("classifier", "linear_probe", "two_sample")  # steps of a descent: less alike
EVERY = {
    "parzen.log_density": lambda x, y, _: parzen.log_density(x, y, GRID),
    "parzen.score": lambda x, y, _: parzen.score(x, y[::2], y[1::2]),
    "parzen, sigma .003": lambda x, y, _: parzen.log_density(x, y[:100], 0.003),
    **METRICS,
}


def numbers(value) -> list[np.ndarray]:
    """All that is numeric in what a metric returns."""
    if isinstance(value, (tuple, list)):
        return [part for one in value for part in numbers(one)]
    if isinstance(value, (int, float, np.ndarray, np.generic, jax.Array)):
        return [np.asarray(value, np.float64)]
    return []


def measured(device, metric, arrays) -> tuple[list[np.ndarray], float]:
    with jax.default_device(device):
        metric(*arrays)
        start = time.perf_counter()
        value = jax.block_until_ready(metric(*arrays))
        return numbers(value), time.perf_counter() - start


def difference(a: list[np.ndarray], b: list[np.ndarray]) -> float:
    off = [np.abs(x - y) / np.maximum(1, np.abs(x)) for x, y in zip(a, b, strict=True)]
    return float(np.max(np.concatenate([np.ravel(x) for x in off] or [[0.0]])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(EVERY)}")
    parser.add_argument("--num", type=int, default=2_000)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    x, y = (rng.random((options.num, 784), np.float32) for _ in range(2))
    arrays = x, y, rng.integers(0, 10, options.num)
    cpu, device = jax.devices("cpu")[0], jax.devices()[0]
    print(f"{options.num} x {options.num} x 784, {device.device_kind}")
    print(f"{'metric':<20}{'CPU, s':>9}{'here, s':>9}{'difference':>12}")
    for name in options.names or EVERY:
        if name in TRAINS and not options.names:
            continue
        on_cpu, slow = measured(cpu, EVERY[name], arrays)
        here, fast = measured(device, EVERY[name], arrays)
        row = f"{name:<20}{slow:>9.3f}{fast:>9.3f}{difference(on_cpu, here):>12.1e}"
        print(row, flush=True)


if __name__ == "__main__":
    main()
