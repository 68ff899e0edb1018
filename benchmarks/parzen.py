"""The Parzen window against scikit-learn, PyTorch, SciPy and the naive form.

    python benchmarks/parzen.py                  # minutes: the slow ones on few tests
    python benchmarks/parzen.py --whole          # all on all tests: an hour and more
    python benchmarks/parzen.py --linear         # how time grows with n, m and d

Same arrays, one process, the contestants in turns. The slow ones handle the first
`--few` tests, once, and their times are multiplied up; the table says so. Accuracy is
the error of the mean log-density against float64 on tests that all have handled.
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
FEW_SIGMAS = GRID[3:4]


def normalized(sums: np.ndarray, num: int, dim: int, sigmas) -> np.ndarray:
    logs = [dim * np.log(sigma * np.sqrt(2 * np.pi)) + np.log(num) for sigma in sigmas]
    return np.asarray(sums) - np.array(logs)[:, None]


def ours(samples, x, sigmas):
    return np.asarray(parzen.log_density(samples, x, sigmas))


def by_hand(samples, x, sigmas):
    """What one would write in JAX: centered, blocks of 500, one product for all."""
    sums = _by_hand(samples, x, tuple(1 / (2 * sigma**2) for sigma in sigmas))
    return normalized(sums, *samples.shape, sigmas)


@functools.partial(jax.jit, static_argnums=2)
def _by_hand(samples, x, scales):
    center = samples.mean(axis=0)
    samples, x = samples - center, x - center
    columns, norms = samples.T, (samples**2).sum(axis=1)

    def block(tests):
        squares = (tests**2).sum(axis=1)[:, None] + norms - 2 * tests @ columns
        least = squares.min(axis=1, keepdims=True)
        return jnp.stack(
            [
                jnp.log(jnp.exp((least - squares) * scale).sum(axis=1))
                - least[:, 0] * scale
                for scale in scales
            ]
        )

    blocks = x.reshape(-1, 500, x.shape[1])
    return jax.lax.map(block, blocks).swapaxes(0, 1).reshape(len(scales), -1)


@jax.jit
def product(samples, x):
    """Nothing but the multiplications, as far as one may leave out the rest."""
    return jax.lax.map(
        lambda tests: (tests @ samples.T).sum(axis=1), x.reshape(-1, 500, x.shape[1])
    )


def scikit_learn(samples, x, sigmas):
    from sklearn.neighbors import KernelDensity

    # Its default leaf size returns values that are wrong by over 100 nats here.
    fit = lambda sigma: KernelDensity(bandwidth=sigma, leaf_size=len(samples))
    return np.stack([fit(sigma).fit(samples).score_samples(x) for sigma in sigmas])


def pytorch(samples, x, sigmas, *, distances):
    import torch

    samples, x = torch.from_numpy(samples), torch.from_numpy(x)
    sums = []
    for sigma in sigmas:
        blocks = [
            torch.logsumexp(-distances(tests, samples) / (2 * sigma**2), dim=1)
            for tests in x.split(500)
        ]
        sums.append(torch.cat(blocks).numpy())
    return normalized(np.stack(sums), *samples.shape, sigmas)


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
                    -cdist(tests, samples, "sqeuclidean") / (2 * sigma**2), axis=1
                )
                for tests in np.array_split(x, max(1, len(x) // 500))
            ]
        )
        for sigma in sigmas
    ]
    return normalized(np.stack(sums), *samples.shape, sigmas)


def naive(samples, x, sigmas):
    """The paper's form: differences broadcast, a few tests at a time."""
    sums = [
        np.concatenate(
            [
                logsumexp(
                    -((tests[:, None] - samples) ** 2).sum(axis=-1) / (2 * sigma**2),
                    axis=1,
                )
                for tests in np.array_split(x, max(1, len(x) // 5))
            ]
        )
        for sigma in sigmas
    ]
    return normalized(np.stack(sums), *samples.shape, sigmas)


def in_float64(samples, x, sigmas):
    return scipy_cdist(samples.astype(np.float64), x.astype(np.float64), sigmas)


FAST = {"advnet": ours, "by hand": by_hand, "PyTorch, product": torch_product}
SLOW = {
    "PyTorch, cdist": torch_cdist,
    "scikit-learn, one leaf": scikit_learn,
    "SciPy cdist": scipy_cdist,
    "naive broadcast": naive,
}


def available(contestants: dict) -> dict:
    try:
        import torch  # noqa: F401
    except ImportError:
        print("PyTorch is not installed: left out.")
        return {name: run for name, run in contestants.items() if "Torch" not in name}
    return contestants


def timed(run, *arguments) -> tuple[float, np.ndarray]:
    start = time.perf_counter()
    value = jax.block_until_ready(run(*arguments))
    return time.perf_counter() - start, value


def compare(samples, x, sigmas, *, few: int, rounds: int) -> None:
    truth = in_float64(samples, x[:few], sigmas).mean()
    fast = available(FAST) | {"the bare product": lambda s, t, _: product(s, t)}
    seconds = {name: [] for name in fast}
    values = {}
    for run in fast.values():  # warm up, compile
        run(samples, x, sigmas)
    for _ in range(rounds):
        for name, run in fast.items():
            taken, values[name] = timed(run, samples, x, sigmas)
            seconds[name].append(taken)
            time.sleep(0.3)  # PyTorch's threads go on spinning at the next one's cost
    times = {name: statistics.median(each) for name, each in seconds.items()}
    for name, run in available(SLOW).items():
        run(samples[:4], x[:4], sigmas)  # imports, threads
        taken, values[name] = timed(run, samples, x[:few], sigmas)
        times[name] = taken * len(x) / few
    unit = times["advnet"]
    print(f"{len(sigmas)} sigma{'s' * (len(sigmas) > 1)}:")
    for name, taken in times.items():
        note = f"  on {few} tests, times {len(x) / few:g}" if name in SLOW else ""
        error = ""
        if name != "the bare product":
            error = f"{values[name][:, :few].mean() - truth:+.6f} nats"
        print(f"  {name:24}{taken:9.2f} s {taken / unit:8.2f} x {error:18}{note}")


def peak_memory() -> float:
    """MB, of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory(samples, x) -> None:
    parzen.log_density(samples[:100], x[:100], GRID)  # what compiling takes
    before = peak_memory()
    parzen.log_density(samples, x, GRID)
    print(f"peak memory above the arrays: {peak_memory() - before:.0f} MB")


def linear(num: int, dim: int) -> None:
    """Seconds when one of samples, tests and dimensions grows."""
    rng = np.random.default_rng(0)
    base = {"samples": num, "tests": num, "dimensions": dim}
    for varied in base:
        row = []
        for factor in (0.25, 0.5, 1, 2):
            n, m, d = (
                int(size * factor) if name == varied else size
                for name, size in base.items()
            )
            samples = rng.uniform(size=(n, d)).astype(np.float32)
            x = rng.uniform(size=(m, d)).astype(np.float32)
            ours(samples, x, FEW_SIGMAS)
            best = min(timed(ours, samples, x, FEW_SIGMAS)[0] for _ in range(5))
            row.append(f"x{factor:g}: {best:.3f}")
        print(f"{varied:12}" + "   ".join(row))


def guard(samples, x) -> None:
    offset = samples + np.float32(100), x[:500] + np.float32(100)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        got = parzen.log_likelihood(*offset, 0.003).mean
    truth = in_float64(*offset, [0.003]).mean()
    print(f"sigma .003, offset 100: {got:.6f}, float64 {truth:.6f}; said: ")
    print("  " + "; ".join(str(warning.message) for warning in caught))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num", type=int, default=10_000)
    parser.add_argument("--dim", type=int, default=784)
    parser.add_argument("--few", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--linear", action="store_true")
    options = parser.parse_args()
    device = jax.devices()[0].device_kind
    print(f"advnet {advnet.__version__}, jax {jax.__version__} on {device}")
    print(f"{options.num} samples, {options.num} tests, {options.dim} dimensions")
    if options.linear:
        return linear(options.num, options.dim)
    rng = np.random.default_rng(0)
    shape = (2, options.num, options.dim)
    samples, x = rng.uniform(size=shape).astype(np.float32)
    few = options.num if options.whole else options.few
    memory(samples, x)
    compare(samples, x, FEW_SIGMAS, few=few, rounds=options.rounds)
    compare(samples, x, GRID, few=few, rounds=options.rounds)
    return guard(samples, x)


if __name__ == "__main__":
    main()
