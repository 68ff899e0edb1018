"""Speed and accuracy of the Parzen window beside scikit-learn, PyTorch and SciPy.

    python benchmarks/parzen.py            # minutes: slow implementations on a subset
    python benchmarks/parzen.py --whole    # all examples: more than an hour
    python benchmarks/parzen.py --linear   # time as a function of n, m and d

All implementations run in turn in one process on the same arrays. Slow ones score the
first `--subset` examples once, and their times are scaled up; the table says so.
Accuracy is the error of the mean log-density of the subset, compared with float64.
"""

import argparse
import functools
import resource
import statistics
import time
import warnings

import jax
import jax.numpy as jnp
import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

import advnet
from advnet import parzen

GRID = np.logspace(-1, 0, 10)
SINGLE_SIGMA = GRID[3:4]


def normalize(sums: np.ndarray, num: int, dim: int, sigmas) -> np.ndarray:
    """Subtract the log normalization constants from log-sums [s, m]."""
    logs = [dim * np.log(sigma * np.sqrt(2 * np.pi)) + np.log(num) for sigma in sigmas]
    return np.asarray(sums) - np.array(logs)[:, None]


def advnet_parzen(samples, x, sigmas):
    return np.asarray(parzen.log_density(samples, x, sigmas))


def by_hand(samples, x, sigmas):
    """Compute what a user would write in JAX: centered, in blocks of 500."""
    sums = _by_hand(samples, x, tuple(1 / (2 * sigma**2) for sigma in sigmas))
    return normalize(sums, *samples.shape, sigmas)


@functools.partial(jax.jit, static_argnums=2)
def _by_hand(samples, x, scales):
    center = samples.mean(axis=0)
    samples, x = samples - center, x - center
    columns, norms = samples.T, (samples**2).sum(axis=1)

    def block(x):
        squares = (x**2).sum(axis=1)[:, None] + norms - 2 * x @ columns
        nearest = squares.min(axis=1, keepdims=True)
        return jnp.stack(
            [
                jnp.log(jnp.exp((nearest - squares) * scale).sum(axis=1))
                - nearest[:, 0] * scale
                for scale in scales
            ]
        )

    blocks = x.reshape(-1, 500, x.shape[1])
    return jax.lax.map(block, blocks).swapaxes(0, 1).reshape(len(scales), -1)


@jax.jit
def product(samples, x):
    """Compute only the matrix products and their row sums."""
    return jax.lax.map(
        lambda block: (block @ samples.T).sum(axis=1), x.reshape(-1, 500, x.shape[1])
    )


def scikit_learn(samples, x, sigmas):
    from sklearn.neighbors import KernelDensity

    # With the default leaf size its values here are wrong by more than 100 nats.
    build = lambda sigma: KernelDensity(bandwidth=sigma, leaf_size=len(samples))
    return np.stack([build(sigma).fit(samples).score_samples(x) for sigma in sigmas])


def pytorch(samples, x, sigmas, *, distances):
    import torch

    samples, x = torch.from_numpy(samples), torch.from_numpy(x)
    sums = []
    for sigma in sigmas:
        blocks = [
            torch.logsumexp(-distances(block, samples) / (2 * sigma**2), dim=1)
            for block in x.split(500)
        ]
        sums.append(torch.cat(blocks).numpy())
    return normalize(np.stack(sums), *samples.shape, sigmas)


def torch_cdist(samples, x, sigmas):
    import torch

    return pytorch(samples, x, sigmas, distances=lambda a, b: torch.cdist(a, b) ** 2)


def torch_product(samples, x, sigmas):
    squares = lambda a, b: (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return pytorch(samples, x, sigmas, distances=squares)


def scipy_cdist(samples, x, sigmas):
    sums = [
        np.concatenate(
            [
                logsumexp(
                    -cdist(block, samples, "sqeuclidean") / (2 * sigma**2), axis=1
                )
                for block in np.array_split(x, max(1, len(x) // 500))
            ]
        )
        for sigma in sigmas
    ]
    return normalize(np.stack(sums), *samples.shape, sigmas)


def naive(samples, x, sigmas):
    """Compute the formula of the paper by broadcast differences, in small blocks."""
    sums = [
        np.concatenate(
            [
                logsumexp(
                    -((block[:, None] - samples) ** 2).sum(axis=-1) / (2 * sigma**2),
                    axis=1,
                )
                for block in np.array_split(x, max(1, len(x) // 5))
            ]
        )
        for sigma in sigmas
    ]
    return normalize(np.stack(sums), *samples.shape, sigmas)


def in_float64(samples, x, sigmas):
    return scipy_cdist(samples.astype(np.float64), x.astype(np.float64), sigmas)


FAST = {"advnet": advnet_parzen, "by hand": by_hand, "PyTorch, product": torch_product}
SLOW = {
    "PyTorch, cdist": torch_cdist,
    "scikit-learn, one leaf": scikit_learn,
    "SciPy cdist": scipy_cdist,
    "naive broadcast": naive,
}


def available(implementations: dict) -> dict:
    """Return the implementations whose library is installed."""
    try:
        import torch  # noqa: F401
    except ImportError:
        print("PyTorch is not installed and is omitted.")
        return {
            name: run for name, run in implementations.items() if "Torch" not in name
        }
    return implementations


def measure(run, *arguments) -> tuple[float, np.ndarray]:
    """Return the seconds and the value of a call."""
    start = time.perf_counter()
    value = jax.block_until_ready(run(*arguments))
    return time.perf_counter() - start, value


def compare(samples, x, sigmas, *, subset: int, rounds: int) -> None:
    """Print seconds, ratios and errors of all implementations."""
    truth = in_float64(samples, x[:subset], sigmas).mean()
    fast = available(FAST) | {"matrix product only": lambda s, t, _: product(s, t)}
    seconds = {name: [] for name in fast}
    values = {}
    for run in fast.values():  # compile
        run(samples, x, sigmas)
    for _ in range(rounds):
        for name, run in fast.items():
            duration, values[name] = measure(run, samples, x, sigmas)
            seconds[name].append(duration)
            time.sleep(0.3)  # until the threads of PyTorch stop spinning
    times = {name: statistics.median(values) for name, values in seconds.items()}
    for name, run in available(SLOW).items():
        run(samples[:4], x[:4], sigmas)  # import the library and start its threads
        duration, values[name] = measure(run, samples, x[:subset], sigmas)
        times[name] = duration * len(x) / subset
    print(f"{len(sigmas)} sigma{'s' * (len(sigmas) > 1)}:")
    for name, duration in times.items():
        note = f"  {subset} examples, times {len(x) / subset:g}" if name in SLOW else ""
        error = ""
        if name != "matrix product only":
            error = f"{values[name][:, :subset].mean() - truth:+.6f} nats"
        ratio = duration / times["advnet"]
        print(f"  {name:24}{duration:9.2f} s {ratio:8.2f} x {error:18}{note}")


def peak_memory() -> float:
    """Return the peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def print_memory(samples, x) -> None:
    parzen.log_density(samples[:100], x[:100], GRID)  # memory of the compiler
    before = peak_memory()
    parzen.log_density(samples, x, GRID)
    print(f"peak memory above the arrays: {peak_memory() - before:.0f} MB")


def print_scaling(num: int, dim: int) -> None:
    """Print seconds as the number of samples, examples or dimensions grows."""
    rng = np.random.default_rng(0)
    base = {"samples": num, "examples": num, "dimensions": dim}
    for varied in base:
        row = []
        for factor in (0.25, 0.5, 1, 2):
            n, m, d = (
                int(size * factor) if name == varied else size
                for name, size in base.items()
            )
            samples = rng.uniform(size=(n, d)).astype(np.float32)
            x = rng.uniform(size=(m, d)).astype(np.float32)
            advnet_parzen(samples, x, SINGLE_SIGMA)
            best = min(
                measure(advnet_parzen, samples, x, SINGLE_SIGMA)[0] for _ in range(5)
            )
            row.append(f"x{factor:g}: {best:.3f}")
        print(f"{varied:12}" + "   ".join(row))


def print_guard(samples, x) -> None:
    """Print the result and the warning for data that float32 cannot handle."""
    offset = samples + np.float32(100), x[:500] + np.float32(100)
    with warnings.catch_warnings(record=True) as messages:
        warnings.simplefilter("always")
        value = parzen.log_likelihood(*offset, 0.003).value
    truth = in_float64(*offset, [0.003]).mean()
    print(f"sigma 0.003, offset 100: {value:.6f}, float64 {truth:.6f}; warning:")
    print("  " + "; ".join(str(warning.message) for warning in messages))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num", type=int, default=10_000)
    parser.add_argument("--dim", type=int, default=784)
    parser.add_argument("--subset", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--linear", action="store_true")
    options = parser.parse_args()
    device = jax.devices()[0].device_kind
    print(f"advnet {advnet.__version__}, jax {jax.__version__} on {device}")
    print(f"{options.num} samples, {options.num} examples, {options.dim} dimensions")
    if options.linear:
        return print_scaling(options.num, options.dim)
    rng = np.random.default_rng(0)
    shape = (2, options.num, options.dim)
    samples, x = rng.uniform(size=shape).astype(np.float32)
    subset = options.num if options.whole else options.subset
    print_memory(samples, x)
    for sigmas in (SINGLE_SIGMA, GRID):
        compare(samples, x, sigmas, subset=subset, rounds=options.rounds)
    return print_guard(samples, x)


if __name__ == "__main__":
    main()
