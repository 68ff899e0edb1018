"""Time and memory of every metric, on 10,000 examples and samples of 784 values.

    python benchmarks/metrics.py                   # all, each in a process of its own
    python benchmarks/metrics.py fidelity mmd      # some

Peak memory is what a metric takes above the arrays it is given, by the system's own
account; no metric may take 2 GB. The rate of a plain matrix product is printed first:
one pass over all pairs costs 157 GFLOP and nothing should cost many times that.
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

from advnet.evaluation import (
    distances,
    diversity,
    features,
    imputation,
    manifolds,
    memorization,
    modes,
    probes,
    two_sample,
)

NUM, DIM = 10_000, 784
LIMIT = 2e9


def half(x):
    """A mask: one where a value is known."""
    return np.broadcast_to(np.arange(DIM) < DIM // 2, x.shape)


def images(x):
    return x.reshape(-1, 28, 28, 1)


def stacked(x, y, labels):
    predict = features.random_projection(10)
    return modes.of_stacked(
        modes.stack(images(x), NUM), lambda x: predict(x).argmax(axis=1)
    )


METRICS = {
    "frechet": lambda x, y, _: distances.frechet(x, y),
    "kernel": lambda x, y, _: distances.kernel(x, y),
    "mmd": lambda x, y, _: distances.mmd(x, y),
    "sliced_wasserstein": lambda x, y, _: distances.sliced_wasserstein(x, y),
    "prdc": lambda x, y, _: manifolds.prdc(x, y),
    "nearest": lambda x, y, _: memorization.nearest(x, y),
    "copying": lambda x, y, _: memorization.data_copying(x, y[::2], y[1::2]),
    "two_sample": lambda x, y, _: two_sample.c2st(x, y),
    "ndb": lambda x, y, _: modes.ndb(x, y),
    "of_mixture": lambda x, y, _: modes.of_mixture(x, y[:1000], 0.1),
    "of_stacked": stacked,
    "birthday_paradox": lambda x, y, _: diversity.birthday_paradox(y, x),
    "ms_ssim": lambda x, y, _: diversity.ms_ssim(images(x), num_pairs=NUM // 2),
    "random_projection": lambda x, y, _: features.random_projection()(x),
    "classifier": lambda x, y, labels: features.classifier(x, labels),
    "nearest_neighbor": lambda x, y, c: probes.nearest_neighbor(x, c, y, c),
    "linear_probe": lambda x, y, c: probes.linear_probe(x, c, y, c),
    "by_mean": lambda x, y, _: imputation.by_mean(x, y, half(y)),
    "by_nearest": lambda x, y, _: imputation.by_nearest(x, y, half(y)),
    "by_gaussian": lambda x, y, _: imputation.by_gaussian(x, y, half(y)),
}


def measure(name: str) -> dict:
    """Seconds, and bytes above the arrays, of one first call, compilation included."""
    rng = np.random.default_rng(0)
    x, y = (rng.random((NUM, DIM), np.float32) for _ in range(2))
    labels = rng.integers(0, 10, NUM)
    jax.block_until_ready(jnp.ones((8, 8)) @ jnp.ones((8, 8)))  # starts the backend
    before = peak()
    start = time.perf_counter()
    value = METRICS[name](x, y, labels)
    seconds = time.perf_counter() - start
    says = "" if isinstance(value, np.ndarray) else str(value).splitlines()[0]
    return {"seconds": seconds, "bytes": peak() - before, "value": says[:60]}


def peak() -> int:
    """The most this process ever held, in bytes."""
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


def product_rate() -> float:
    """Of float32 matrix products, in GFLOP/s."""
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
    given = parser.parse_args()
    if given.child:
        print(json.dumps(measure(given.names[0])))
        return
    print(f"matrix product: {product_rate():.0f} GFLOP/s")
    print(f"{'metric':<20}{'seconds':>9}{'MB':>7}  value")
    for name in given.names or METRICS:
        command = [sys.executable, __file__, name, "--child"]
        child = subprocess.run(command, check=True, capture_output=True, text=True)
        got = json.loads(child.stdout.splitlines()[-1])
        note = "" if got["bytes"] < LIMIT else "  TOO MUCH MEMORY"
        row = f"{name:<20}{got['seconds']:>9.1f}{got['bytes'] / 1e6:>7.0f}"
        print(f"{row}  {got['value']}{note}", flush=True)


if __name__ == "__main__":
    main()
