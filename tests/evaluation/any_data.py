"""Kinds of data for the table-driven tests, and the metrics in plain float64 NumPy."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from scipy import linalg

from advnet.evaluation._statistics import draw_groups

N, M, T = 40, 44, 48  # examples, samples, training examples


class Kind(NamedTuple):
    """Sides of one kind of data and what is expected of them.

    Attributes:
      draw: Function `(rng, num)` that returns examples of the data.
      draw_fake: The same for samples; that of the data by default.
      sizes: Numbers of examples, samples and training examples.
      refused: Regular expression of the error of the evaluation, or None.
      not_trained: Regular expression of the error of training, or None.
    """

    draw: object
    draw_fake: object = None
    sizes: tuple = (N, M, T)
    refused: str | None = None
    not_trained: str | None = None

    def sides(self, seed=0):
        rng = np.random.default_rng(seed)
        draws = self.draw, self.draw_fake or self.draw, self.draw
        return [draw(rng, num) for draw, num in zip(draws, self.sizes, strict=True)]


def normal(rng, n, d=3):
    return rng.normal(size=(n, d))


def with_column(column):
    """Return a function that draws normals whose first column is another one."""

    def draw(rng, n):
        x = normal(rng, n)
        x[:, 0] = column(rng, n)
        return x

    return draw


def affine(scale=1.0, shift=0.0, dtype=np.float64):
    return lambda rng, n: (shift + scale * normal(rng, n)).astype(dtype)


def integers(low, high, dtype=np.int64, d=3):
    return lambda rng, n: rng.integers(low, high, (n, d)).astype(dtype)


def dates(rng, n):
    first = np.datetime64("2024-01-01")
    days = first + rng.integers(0, 366, n)
    return np.array([[int(str(day).replace("-", ""))] * 2 for day in days])


def sparse(rng, n):
    return (rng.random((n, 3)) < 0.1) * np.exp(3 * normal(rng, n))


def images(dtype=np.float32, high=1.0, share=1.0):
    def draw(rng, n):
        x = high * rng.random((n, 6, 6, 1))
        return np.where(rng.random((n, 1, 1, 1)) < share, x, 0).astype(dtype)

    return draw


def outlier(rng, n):
    x = normal(rng, n)
    x[rng.integers(n)] = 1e9
    return x


def clusters(rng, n):
    return 1e8 * rng.choice([-1, 1], (n, 1)) + normal(rng, n)


FINITE, UNRESOLVED = "Expected finite", "whose differences float32 holds"
CONSTANT = with_column(lambda rng, n: 5.0)
KINDS = {
    "normal": Kind(normal),
    "constant": Kind(lambda rng, n: np.full((n, 3), 0.1)),
    "constant float32": Kind(lambda rng, n: np.full((n, 3), 1e8 / 3, np.float32)),
    "constant column": Kind(CONSTANT),
    "constant in the samples": Kind(
        with_column(lambda rng, n: rng.normal(5, 1, n)), CONSTANT
    ),
    "constant in the data": Kind(
        CONSTANT, with_column(lambda rng, n: rng.normal(5, 1, n))
    ),
    "constant but for rounding": Kind(
        with_column(lambda rng, n: rng.choice([0.1 + 0.2, 0.3], n))
    ),
    "nearly constant": Kind(with_column(lambda rng, n: rng.random(n) < 0.03)),
    "duplicated": Kind(
        lambda rng, n: np.sqrt([[2, 3], [5, 7]])[rng.integers(2, size=n)]
    ),
    "dice": Kind(integers(1, 7, d=1)),
    "one-hot": Kind(lambda rng, n: np.eye(5)[rng.integers(5, size=n)]),
    "flags": Kind(lambda rng, n: rng.random((n, 6)) < 0.1),
    "sparse": Kind(sparse),
    "blank images": Kind(images(share=0.2)),
    "images": Kind(images()),
    "images of bytes": Kind(images(np.uint8, 255)),
    "series": Kind(lambda rng, n: rng.normal(size=(n, 6, 2))),
    "huge offset": Kind(affine(shift=1e6)),
    "huge offset, float32": Kind(affine(shift=1e6, dtype=np.float32)),
    "offset in one column": Kind(
        with_column(lambda rng, n: rng.normal(1e6, 1, n)),
        with_column(lambda rng, n: 1e6),
    ),
    "dates": Kind(dates),
    "Unix seconds": Kind(integers(1_700_000_000, 1_731_000_000)),
    "Unix seconds of an hour": Kind(
        lambda rng, n: 1.7e9 + rng.integers(0, 3600, (n, 2))
    ),
    "Unix seconds of a minute": Kind(
        lambda rng, n: 1.7e9 + rng.integers(0, 60, (n, 2)), not_trained=UNRESOLVED
    ),
    "Unix nanoseconds": Kind(
        integers(1_700_000_000 * 10**9, 1_731_000_000 * 10**9), refused=FINITE
    ),
    "huge scale": Kind(affine(1e15)),
    "beyond float32": Kind(affine(1e200), refused=FINITE),
    "tiny scale": Kind(affine(1e-20)),
    "below float32": Kind(affine(1e-200), not_trained=UNRESOLVED),
    "float64 digits": Kind(affine(1e-9, 1.0), not_trained=UNRESOLVED),
    "float16": Kind(affine(dtype=np.float16)),
    "large float16": Kind(affine(1e4, dtype=np.float16)),
    "bfloat16": Kind(affine(10, 1000, jnp.bfloat16)),
    "long double": Kind(affine(dtype=np.longdouble)),
    "int8": Kind(integers(-128, 128, np.int8)),
    "uint8": Kind(integers(0, 256, np.uint8)),
    "uint16": Kind(integers(0, 65_536, np.uint16)),
    "large int32": Kind(integers(-(2**31), 2**31, np.int32)),
    "bool": Kind(integers(0, 2, bool)),
    "columns of different scales": Kind(
        lambda rng, n: normal(rng, n) * [1e9, 1, 1e-9] + [0, 1e6, 1e-6]
    ),
    "heavy tails": Kind(lambda rng, n: rng.standard_cauchy((n, 2))),
    "lognormal": Kind(lambda rng, n: np.exp(5 * normal(rng, n))),
    "one outlier": Kind(outlier),
    "distant clusters": Kind(clusters),
    "n < d": Kind(lambda rng, n: normal(rng, n, 50), sizes=(20, 22, 20)),
    "20 rows": Kind(normal, sizes=(20, 20, 20)),
    "70 rows": Kind(normal, sizes=(70, 30, 70)),
    "NaN": Kind(lambda rng, n: normal(rng, n) * np.nan, refused=FINITE),
    "text": Kind(lambda rng, n: np.full((n, 2), "a"), refused="real numbers"),
    "complex": Kind(lambda rng, n: normal(rng, n) * 1j, refused="real numbers"),
}


def standard(x, reference):
    """Standardize examples in extended precision."""
    if reference.ndim == 4 and reference.min() >= 0 and reference.max() <= 1:
        return x.reshape(len(x), -1).astype(np.float64)
    x, reference = (
        np.asarray(side.astype(np.float64), np.longdouble) for side in (x, reference)
    )
    mean, deviation = reference.mean(axis=0), reference.std(axis=0)
    rounding = 16 * np.finfo(np.float64).eps * np.abs(reference).max(axis=0)
    scale = np.where(deviation > rounding, deviation, 1)
    return ((x - mean) / scale).astype(np.float64).reshape(len(x), -1)


def squares(x, y):
    return ((x[:, None] - y) ** 2).sum(axis=-1)


def jackknife(statistic, x, y):
    group_x, group_y = draw_groups(len(x), len(y))
    parts = [statistic(x[group_x != i], y[group_y != i]) for i in range(10)]
    return 10 * statistic(x, y) - 9 * np.mean(parts)


def frechet(x, y):
    def plain(x, y):
        first, second = (np.atleast_2d(np.cov(side, rowvar=False)) for side in (x, y))
        values, vectors = linalg.eigh(first)
        root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
        values = linalg.eigvalsh(root @ second @ root)
        cross = np.sqrt(np.maximum(values, 0)).sum()
        shift = x.mean(axis=0) - y.mean(axis=0)
        return shift @ shift + np.trace(first) + np.trace(second) - 2 * cross

    return jackknife(plain, x, y)


def estimate(kernel, first):
    """Compute the unbiased MMD² of a division, by double sums."""
    off = kernel - np.diag(np.diag(kernel))
    n, m = first.sum(), (~first).sum()
    return (
        off[np.ix_(first, first)].sum() / (n * (n - 1))
        + off[np.ix_(~first, ~first)].sum() / (m * (m - 1))
        - 2 * off[np.ix_(first, ~first)].mean()
    )


def kernel(x, y):
    z = np.concatenate([x, y])
    return estimate((z @ z.T / z.shape[1] + 1) ** 3, np.arange(len(z)) < len(x))


def mmd(x, y):
    z = np.concatenate([x, y])
    distances = squares(z, z)
    positive = distances[np.triu_indices(len(z), 1)]
    positive = positive[positive > 1e-24 * positive.max()]
    width = np.sqrt(np.median(positive)) if positive.size else 1.0
    values = [np.exp(-distances / (2 * (s * width) ** 2)) for s in (0.5, 1, 2)]
    gram, actual = np.mean(values, axis=0), np.arange(len(z)) < len(x)
    value, rng, count = estimate(gram, actual), np.random.default_rng(0), 1
    for _ in range(200):
        first = np.zeros(len(z), bool)
        first[rng.permutation(len(z))[: len(x)]] = True
        count += estimate(gram, first) >= value - 1e-9
    return value, count / 201


def wasserstein(x, y):
    u = np.random.default_rng(0).normal(size=(x.shape[1], 500))
    u /= np.linalg.norm(u, axis=0)

    def plain(x, y):
        num = max(len(x), len(y))
        ranks = [(2 * np.arange(num) + 1) * len(s) // (2 * num) for s in (x, y)]
        first, second = (
            np.sort(s @ u, axis=0)[r] for s, r in zip((x, y), ranks, strict=True)
        )
        return np.mean((first - second) ** 2)

    return jackknife(plain, x, y)


def prdc(x, y, k=5):
    radii = [np.sort(squares(s, s), axis=1)[:, k] * (1 + 1e-9) for s in (x, y)]
    in_x, in_y = squares(y, x) <= radii[0], squares(x, y) <= radii[1]
    inside = (squares(x, x) <= radii[0][:, None]).sum(axis=1) - 1
    return {
        "precision": in_x.any(axis=1).mean(),
        "recall": in_y.any(axis=1).mean(),
        "density": (in_x / inside).sum(axis=1).mean(),
        "coverage": in_x.any(axis=0).mean(),
    }


def copying(train, x, y):
    near, far = (np.sqrt(squares(side, train).min(axis=1)) for side in (y, x))
    tie = np.isclose(near[:, None], far, rtol=1e-9, atol=0)
    return np.where(tie, 0.5, near[:, None] < far).mean()
