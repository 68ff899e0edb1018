"""Time and memory of every metric, on 10,000 examples and samples of 784 values.

    python benchmarks/metrics.py                   # all, each in its own process
    python benchmarks/metrics.py prdc mmd          # some

Peak memory is the memory of a metric above the arrays it receives, as the operating
system reports it; the limit is 2 GB. The first line is the rate of a plain matrix
product: one pass over all pairs costs 157 GFLOP, and no metric should cost many times
as much.
"""

import argparse
import json
import resource
import subprocess
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np

from advnet import evaluation
from advnet.evaluation import (
    diversity,
    features,
    imputation,
    memorization,
    modes,
    probes,
)

NUM, DIM = 10_000, 784
MAX_BYTES = 2e9


def left_half(x):
    """Return a mask that is 1 for the first half of the values."""
    return np.broadcast_to(np.arange(DIM) < DIM // 2, x.shape)


def images(x):
    return x.reshape(-1, 28, 28, 1)


def stacked(x, y, labels):
    predict = features.random_projection(10)
    return modes.of_stacked(
        modes.stack(images(x), NUM), lambda x: predict(x).argmax(axis=1)
    )


def from_table(metric: evaluation.Metric):
    """Return a row of `evaluation.METRICS` as a function (x, y, labels)."""

    def run(x, y, labels):
        needs_train = "train" in metric.needs
        real, fake, train = (y[::2], y[1::2], x) if needs_train else (x, y, None)
        return metric.function(real, fake, train=train, features=None, seed=0)

    return run


METRICS = {
    **{name: from_table(metric) for name, metric in evaluation.METRICS.items()},
    "nearest": lambda x, y, _: memorization.nearest(x, y),
    "ndb": lambda x, y, _: modes.ndb(x, y),
    "of_mixture": lambda x, y, _: modes.of_mixture(x, y[:1000], 0.1),
    "of_stacked": stacked,
    "birthday_paradox": lambda x, y, _: diversity.birthday_paradox(x, y),
    "ms_ssim": lambda x, y, _: diversity.ms_ssim(None, images(x), num_pairs=NUM // 2),
    "random_projection": lambda x, y, _: features.random_projection()(x),
    "classifier": lambda x, y, labels: features.classifier(x, labels),
    "nearest_neighbor": lambda x, y, c: probes.nearest_neighbor(x, c, y, c),
    "linear_probe": lambda x, y, c: probes.linear_probe(x, c, y, c),
    "by_mean": lambda x, y, _: imputation.by_mean(x, y, left_half(y)),
    "by_nearest": lambda x, y, _: imputation.by_nearest(x, y, left_half(y)),
    "by_gaussian": lambda x, y, _: imputation.by_gaussian(x, y, left_half(y)),
}


def measure(name: str) -> dict:
    """Return the seconds and the bytes of one first call, with its compilation."""
    rng = np.random.default_rng(0)
    x, y = (rng.random((NUM, DIM), np.float32) for _ in range(2))
    labels = rng.integers(0, 10, NUM)
    jax.block_until_ready(jnp.ones((8, 8)) @ jnp.ones((8, 8)))  # starts the backend
    before = peak_memory()
    start = time.perf_counter()
    value = METRICS[name](x, y, labels)
    seconds = time.perf_counter() - start
    text = "" if isinstance(value, np.ndarray) else str(value).splitlines()[0]
    return {"seconds": seconds, "bytes": peak_memory() - before, "value": text[:60]}


def peak_memory() -> int:
    """Return the largest memory of this process so far, in bytes."""
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


def product_rate() -> float:
    """Measure the rate of float32 matrix products, in GFLOP/s."""
    x = np.ones((2000, DIM), np.float32)
    x @ x.T
    start = time.perf_counter()
    for _ in range(10):
        x @ x.T
    return 10 * 2 * 2000**2 * DIM / (time.perf_counter() - start) / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(METRICS)}")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.names[0])))
        return
    print(f"matrix product: {product_rate():.0f} GFLOP/s")
    print(f"{'metric':<20}{'seconds':>9}{'MB':>7}  value")
    for name in options.names or METRICS:
        command = [sys.executable, __file__, name, "--child"]
        child = subprocess.run(command, check=True, capture_output=True, text=True)
        result = json.loads(child.stdout.splitlines()[-1])
        note = "" if result["bytes"] < MAX_BYTES else "  TOO MUCH MEMORY"
        row = f"{name:<20}{result['seconds']:>9.1f}{result['bytes'] / 1e6:>7.0f}"
        print(f"{row}  {result['value']}{note}", flush=True)


if __name__ == "__main__":
    main()
