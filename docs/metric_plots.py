"""Plots of docs/metrics.md: each metric against the dose of a damage.

    python docs/metric_plots.py           # all plots
    python docs/metric_plots.py kernel    # one of them

The script prints the numbers of every plot. Dose 0 is real data in place of samples. A
dotted line marks its value. Colored titles mark damages that fool the metric.
"""

import sys
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from scipy import ndimage

import advnet
from advnet import data
from advnet.evaluation import (
    ais,
    classes,
    distances,
    diversity,
    features,
    imputation,
    manifolds,
    memorization,
    modes,
    parzen,
    probes,
    series,
    tables,
    two_sample,
)
from advnet.evaluation._rating import RULES

FOLDER = Path(__file__).parent / "images" / "metrics"
COLORS = ("#2a7bb5", "#d1672c", "#4a9a5b", "#6c757d")
BANDS = {"good": "#d9efdc", "fair": "#fbf0cf", "poor": "#f6d9d5"}
NUM_COLORS = 64  # of a file, to keep it small
MAX_POOR = 1.2  # loss at which the band "poor" ends in a plot


class Panel(NamedTuple):
    """Values of metrics against the dose of one damage.

    `lines` maps names of metrics to values by dose. `log` names the logarithmic axes.
    `bands` are the limits of good and fair values, where the plot shows levels.
    """

    damage: str
    unit: str
    ylabel: str
    doses: Sequence[float]
    lines: dict[str, list[float]]
    fools: bool = False
    log: str = ""
    bands: tuple[float, float] | None = None


def sweep(doses, measure):
    """Return the values of `measure(dose)`, a dictionary, by name."""
    rows = [measure(dose) for dose in doses]
    return {
        name: [float(getattr(row[name], "value", row[name])) for row in rows]
        for name in rows[0]
    }


def normal(seed, num=1_000, size=2):
    """Draw standard normal examples [num, size]."""
    return np.random.default_rng(seed).normal(size=(num, size))


def ring(seed, num=1_000, num_modes=10, spread=0.05):
    """Draw from the first modes of a ring of ten Gaussians."""
    rng = np.random.default_rng(seed)
    return RING[rng.integers(num_modes, size=num)] + spread * normal(seed + 100, num)


ANGLES = 2 * np.pi * np.arange(10) / 10
RING = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


@cache
def digits():
    """Return MNIST digits: 2,000 real, 2,000 in place of samples, and their labels."""
    train = data.mnist_5k().train
    return train.x[:2_000], train.x[2_000:], train.y[:2_000], train.y[2_000:]


@cache
def spaces():
    """Return the raw values, and the features that suit the digits."""
    real, _, labels, _ = digits()
    names = ("raw values", "random convolutions", "classifier")
    functions = features.raw_values, *features.suitable(real, labels)
    return dict(zip(names, functions, strict=True))


def blur(x, width):
    """Blur images by a Gaussian of `width` pixels."""
    return ndimage.gaussian_filter(x, (0, width, width, 0)) if width else x


def add_noise(x, spread):
    """Add normal noise to images, and cut the values to [0, 1]."""
    noise = np.random.default_rng(7).normal(size=x.shape)
    return np.clip(x + spread * noise, 0, 1).astype(np.float32) if spread else x


def replace(x, y, share):
    """Replace the first examples of `x` by those of `y`."""
    num = round(share * len(x))
    return np.concatenate([y[:num], x[num:]])


def standardized_gamma(seed, skewness, num=2_000):
    """Draw values [num, 2] of mean 0 and variance 1 with a skewness."""
    rng = np.random.default_rng(seed)
    if not skewness:
        return rng.normal(size=(num, 2))
    shape = 4 / skewness**2
    return (rng.gamma(shape, size=(num, 2)) - shape) / np.sqrt(shape)


def two_peaks(seed, distance, num=2_000):
    """Draw values [num, 2] of mean 0 and variance 1 with peaks at +-distance."""
    rng = np.random.default_rng(seed)
    signs = rng.choice([-1.0, 1.0], size=(num, 2))
    return distance * signs + np.sqrt(1 - distance**2) * rng.normal(size=(num, 2))


def plot_parzen():
    real, fake, *_ = digits()
    valid, test = real[:500], real[500:1_000]
    nats = lambda x: parzen.score(x.reshape(len(x), -1), *rows).log_likelihood
    rows = [x.reshape(len(x), -1) for x in (valid, test)]
    measure = lambda damage: lambda dose: {"Parzen": nats(damage(fake[:1_000], dose))}
    noise, widths = (0, 0.05, 0.1, 0.15, 0.2), (0, 0.4, 0.6, 0.8, 1.0, 1.4)
    ylabel = "log-likelihood, nats"
    return [
        Panel("noise", "sd", ylabel, noise, sweep(noise, measure(add_noise))),
        Panel("blur", "pixels", ylabel, widths, sweep(widths, measure(blur)), True),
    ]


def plot_ais():
    weights = np.random.default_rng(0).normal(size=(4, 16)) / 2
    sigma, key = 0.2, jax.random.key(0)
    x = normal(1, 20, 4) @ weights + sigma * normal(2, 20, 16)
    x = jnp.asarray(x, jnp.float32)

    def exact(scale):
        covariance = scale**2 * weights.T @ weights + sigma**2 * np.eye(16)
        _, log_det = np.linalg.slogdet(2 * np.pi * covariance)
        squares = np.einsum("ni,ij,nj->n", x, np.linalg.inv(covariance), x)
        return np.mean(-squares / 2 - log_det / 2)

    def estimate(scale, num_steps):
        matrix = jnp.asarray(scale * weights, jnp.float32)
        settings = {"num_chains": 4, "num_steps": num_steps, "leapfrog": 5}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # few temperatures, on purpose
            result = ais.log_likelihood(
                lambda z: z @ matrix, x, sigma, latent=4, key=key, **settings
            )
        return result.log_likelihood

    lost, steps = (0, 0.3, 0.6), (3, 10, 30, 100)
    values = lambda scale, num: {"AIS": estimate(scale, num), "exact": exact(scale)}
    ylabel = "log-likelihood, nats"
    spread = sweep(lost, lambda dose: values(1 - dose, 100))
    chains = sweep(steps, lambda num: values(1, num))
    return [
        Panel("too little spread", "share lost", ylabel, lost, spread),
        Panel("few temperatures", "number", ylabel, steps, chains, True, "x"),
    ]


def plain_frechet(x, y):
    """Return the usual estimate of the Fréchet distance, which has a bias."""
    shift = x.mean(axis=0) - y.mean(axis=0)
    first, second = (np.cov(side, rowvar=False) for side in (x, y))
    roots = np.linalg.eigvals(first @ second).real.clip(0) ** 0.5
    return shift @ shift + np.trace(first) + np.trace(second) - 2 * roots.sum()


def plot_frechet():
    shifts, skews = (0, 0.25, 0.5, 0.75, 1), (0, 0.5, 1, 1.5, 2)
    nums = (100, 200, 400, 800, 1_600)
    real = normal(0, 2_000)
    value = lambda fake: {
        "Fréchet": distances.frechet(real, fake),
        "kernel": distances.kernel(real, fake),
    }

    def by_num(num):
        x, y = normal(1, num, 64), normal(2, num, 64)
        return {
            "Fréchet, usual": plain_frechet(x, y),
            "Fréchet": distances.frechet(x, y),
            "kernel": distances.kernel(x, y),
        }

    shift = sweep(shifts, lambda dose: value(normal(1, 2_000) + dose))
    skew = sweep(skews, lambda dose: value(standardized_gamma(1, dose)))
    return [
        Panel("shift of the mean", "sd", "distance", shifts, shift),
        Panel("skewness", "skewness", "distance", skews, skew, True),
        Panel("few examples", "n", "distance", nums, sweep(nums, by_num), True, "x"),
    ]


def plot_kernel():
    skews, peaks = (0, 0.5, 1, 1.5, 2), (0, 0.3, 0.6, 0.75, 0.9)
    real = normal(0, 2_000)

    def measure(fake):
        return {
            "kernel": distances.kernel(real, fake),
            "10 MMD²": 10 * distances.mmd(real[:1_000], fake[:1_000]).value,
        }

    skew = sweep(skews, lambda dose: measure(standardized_gamma(1, dose)))
    peak = sweep(peaks, lambda dose: measure(two_peaks(1, dose)))
    return [
        Panel("skewness", "skewness", "distance", skews, skew),
        Panel("two peaks, same moments", "distance", "distance", peaks, peak, True),
    ]


def plot_mmd():
    shifts, waves = (0, 0.05, 0.1, 0.15, 0.2, 0.3), (0, 0.5, 1, 2, 4, 8)

    def comb(seed, num_waves):
        x = np.random.default_rng(seed).uniform(size=(1_000, 1))
        if not num_waves:
            return x
        return x - 0.9 * np.sin(2 * np.pi * num_waves * x) / (2 * np.pi * num_waves)

    def p_values(real, fake):
        return {
            "MMD": distances.mmd(real, fake, permutations=999).p_value,
            "two-sample": max(two_sample.c2st(real, fake).p_value, 1e-6),
            "level .05": 0.05,
        }

    shift = sweep(shifts, lambda dose: p_values(normal(0), normal(1) + dose))
    wave = sweep(waves, lambda dose: p_values(comb(2, 0), comb(3, dose)))
    return [
        Panel("shift of the mean", "sd", "p-value", shifts, shift, log="y"),
        Panel("fine waves in the density", "waves", "p-value", waves, wave, True, "y"),
    ]


def plot_sliced_wasserstein():
    shifts, sizes = (0, 0.5, 1, 1.5, 2), (1, 4, 16, 64, 256)
    value = lambda real, fake: {
        "sliced Wasserstein": distances.sliced_wasserstein(real, fake, directions=200)
    }
    move = lambda x, dose: x + dose * (np.arange(x.shape[1]) == 0)[None]
    shift = sweep(shifts, lambda dose: value(normal(0), move(normal(1), dose)))
    dilute = sweep(
        sizes,
        lambda size: value(normal(0, 1_000, size), move(normal(1, 1_000, size), 2)),
    )
    return [
        Panel("shift of one value", "sd", "distance", shifts, shift),
        Panel("2 sd in one of d values", "d", "distance", sizes, dilute, True, "xy"),
    ]


def plot_prdc():
    real = ring(0)
    value = lambda real, fake: manifolds.prdc(real, fake)._asdict()
    lost, noise, shrunk = range(7), (0, 0.05, 0.1, 0.2, 0.4), (0, 0.2, 0.4, 0.6, 0.8)
    lose = sweep(lost, lambda num: value(real, ring(1, num_modes=10 - num)))
    add = sweep(noise, lambda dose: value(real, ring(1) + dose * normal(3)))
    normals = [normal(seed, size=32) for seed in (0, 1)]
    shrink = sweep(shrunk, lambda dose: value(normals[0], (1 - dose) * normals[1]))
    del shrink["density"]  # up to 107, which would hide the other lines
    return [
        Panel("modes lost", "modes of 10", "share", lost, lose),
        Panel("noise", "sd", "share", noise, add),
        Panel("shrunk to the center", "share", "share", shrunk, shrink, True),
    ]


def plot_c2st():
    shifts, noise, lost = (0, 0.5, 1, 2, 3), (0, 0.002, 0.005, 0.01, 0.02), range(4)
    real, fake, *_ = digits()
    value = lambda x, y: {"two-sample": two_sample.c2st(x, y, num_steps=400)}
    shift = sweep(shifts, lambda dose: value(normal(0), normal(1) + [[dose, 0]]))
    add = sweep(noise, lambda sd: value(real[:1_000], add_noise(fake[:1_000], sd)))
    lose = sweep(lost, lambda num: value(ring(0), ring(1, num_modes=10 - num)))
    ylabel = "accuracy"
    return [
        Panel("shift of the mean", "sd", ylabel, shifts, shift),
        Panel("invisible noise, digits", "sd", ylabel, noise, add, True),
        Panel("modes lost", "modes of 10", ylabel, lost, lose, True),
    ]


def plot_data_copying():
    real, fake, *_ = digits()
    held_out, fake, train = real[1_000:], fake[:1_000], real[:1_000]
    copies, moves = (0, 0.1, 0.2, 0.3, 0.5, 0.75, 1), (0, 1, 2, 3)
    value = lambda x, space=features.raw_values: memorization.data_copying(
        train, held_out, x, features=space
    )

    def by_share(share):
        rest = {"others real": fake, "others noisy": add_noise(fake, 0.2)}
        mix = {k: replace(x, add_noise(train, 0.02), share) for k, x in rest.items()}
        return {name: value(x) for name, x in mix.items()}

    def by_move(pixels):
        moved = np.roll(train, pixels, axis=2)
        names = ("raw values", "random convolutions")
        return {name: value(moved, spaces()[name]) for name in names}

    share, move = sweep(copies, by_share), sweep(moves, by_move)
    ylabel = "P(nearer than new data)"
    return [
        Panel("copies", "share", ylabel, copies, share),
        Panel("all copies, moved", "pixels", ylabel, moves, move, True),
    ]


def plot_modes():
    real, lost, shrunk = ring(0, 4_000), range(7), (0, 0.2, 0.4, 0.6, 0.8)
    rare = (0, 0.5, 0.8, 0.9, 0.99)

    def measure(fake):
        counts = modes.of_mixture(fake, RING, 0.05)
        return {
            "different bins": modes.ndb(real, fake, k=10).share,
            "modes covered": counts.num_covered / 10,
            "reverse KL": counts.reverse_kl,
        }

    def unequal(dose):
        common = ring(1, 2_000)
        return replace(common, ring(2, 2_000, num_modes=1), dose)

    shrink = lambda x, dose: x + dose * (nearest_mode(x) - x)
    lose = sweep(lost, lambda num: measure(ring(1, 2_000, 10 - num)))
    unequal_shares = sweep(rare, lambda dose: measure(unequal(dose)))
    narrow = sweep(shrunk, lambda dose: measure(shrink(ring(1, 2_000), dose)))
    return [
        Panel("modes lost", "modes of 10", "value", lost, lose),
        Panel("one mode too common", "extra share", "value", rare, unequal_shares),
        Panel("modes too narrow", "share", "value", shrunk, narrow, True),
    ]


def nearest_mode(x):
    """Return the center of the mode nearest to each example."""
    return RING[((x[:, None] - RING[None]) ** 2).sum(axis=2).argmin(axis=1)]


def plot_birthday():
    real, fake, *_ = digits()
    sizes, noise = (50, 100, 200, 400, 800, 1_600), (0, 0.02, 0.05, 0.1)

    def measure(size, sd=0.0):
        images = fake[np.random.default_rng(0).integers(size, size=1_000)]
        draws = images + sd * np.random.default_rng(1).normal(size=images.shape)
        support = diversity.birthday_paradox(real, draws)
        estimate = support.low if np.isinf(support.high) else support.size
        return {"estimate": estimate, "truth": size}

    ylabel = "distinct samples"
    size = sweep(sizes, measure)
    jitter = sweep(noise, lambda sd: measure(100, sd))
    return [
        Panel("distinct digits", "number", ylabel, sizes, size, log="xy"),
        Panel("100 digits and noise", "sd", ylabel, noise, jitter, True, "y"),
    ]


def plot_ms_ssim():
    _, fake, _, labels = digits()
    threes = fake[labels == 3]
    shares, noise = (0, 0.25, 0.5, 0.75, 0.9), (0, 0.1, 0.2, 0.3, 0.5)
    value = lambda x: {"MS-SSIM": diversity.ms_ssim(None, x).fake}
    shift = lambda x: np.random.default_rng(0).permutation(x)
    repeat = lambda share: replace(threes, np.repeat(threes[:1], len(threes), 0), share)
    collapse = sweep(shares, lambda share: value(shift(repeat(share))))
    add = sweep(noise, lambda sd: value(add_noise(threes, sd)))
    return [
        Panel("one digit repeated", "share", "similarity", shares, collapse),
        Panel("noise", "sd", "similarity", noise, add, True),
    ]


def plot_classes():
    real, fake, _, labels = digits()
    predict, names = spaces()["classifier"].function.predict, list(map(str, range(10)))
    lost, wrong = range(6), (0, 0.1, 0.25, 0.5, 0.75)
    repeats = (200, 50, 10, 3, 1)

    def measure(x, conditions):
        return {
            "shares": classes.shares(predict, real, x, names=names)[0],
            "agreement": classes.agreement(predict, x, conditions, names=names)[0],
        }

    def shuffle(share):
        rows = np.random.default_rng(0).permutation(len(labels))
        moved = rows[: round(share * len(labels))]
        conditions = labels.copy()
        conditions[moved] = labels[np.random.default_rng(1).permutation(moved)]
        return conditions

    def repeat(num):
        x = np.concatenate([fake[labels == c][np.arange(200) % num] for c in range(10)])
        recall = manifolds.prdc(real, x, features=spaces()["random convolutions"])
        return measure(x, np.repeat(np.arange(10), 200)) | {"recall": recall.recall}

    lose = sweep(lost, lambda num: measure(fake[labels >= num], labels[labels >= num]))
    swap = sweep(wrong, lambda share: measure(fake, shuffle(share)))
    few = sweep(repeats, repeat)
    return [
        Panel("classes lost", "classes of 10", "value", lost, lose),
        Panel("labels ignored", "share", "value", wrong, swap),
        Panel("few images of a class", "images", "value", repeats, few, True, "x"),
    ]


def correlated(seed, num=1_000):
    """Draw rows of three dependent numbers."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(num, 2))
    return np.column_stack([x, x[:, 0] + x[:, 1] + 0.3 * rng.normal(size=num)])


def shuffle_column(x, share):
    """Shuffle the last column of a share of the rows."""
    num, x = round(share * len(x)), x.copy()
    x[:num, -1] = np.random.default_rng(5).permutation(x[:num, -1])
    return x


def plot_tables():
    shares, jitters = (0, 0.25, 0.5, 0.75, 1), (0, 1e-3, 1e-2, 0.1, 0.5)

    def measure(real, fake):
        return {
            "column shapes": tables.column_shapes(real, fake)[-1],
            "pair trends": tables.pair_trends(real, fake)[-1],
            "detection": tables.detection(real, fake),
            "usefulness": max(0, tables.usefulness(real, fake).value),
        }

    def parabola(seed):
        x, noise = normal(seed).T
        return np.column_stack([x, x**2 + 0.1 * noise])

    def copies(jitter):
        train, real = correlated(0), correlated(1)
        fake = train + jitter * np.random.default_rng(2).normal(size=train.shape)
        results = tables.closest_records(train, real, fake)
        return {"exact copies": results[2], "closer to training": results[4]}

    break_up = lambda draw: sweep(
        shares, lambda share: measure(draw(0), shuffle_column(draw(1), share))
    )
    return [
        Panel("column shuffled", "share", "value", shares, break_up(correlated)),
        Panel("shuffled, y = x²", "share", "value", shares, break_up(parabola), True),
        Panel("all copies, changed", "sd", "share", jitters, sweep(jitters, copies)),
    ]


def autoregression(seed, slope, num=500, length=32):
    """Draw series [num, length, 1] of variance 1 with a correlation of neighbors."""
    noise = np.random.default_rng(seed).normal(size=(num, length))
    x = noise.copy()
    for t in range(1, length):
        x[:, t] = slope * x[:, t - 1] + np.sqrt(1 - slope**2) * noise[:, t]
    return x[..., None]


def sawtooth(seed, num=500, length=32):
    """Draw sawtooth waves [num, length, 1] of random phases."""
    phases = np.random.default_rng(seed).uniform(size=(num, 1))
    return ((np.arange(length)[None] / 8 + phases) % 1)[..., None] - 0.5


def randomize_phases(x, share):
    """Randomize the phase of every frequency by a share of a turn."""
    waves = np.fft.rfft(x, axis=1)
    turns = share * np.random.default_rng(3).uniform(-0.5, 0.5, size=waves.shape)
    turns[:, [0, -1]] = 0  # real numbers, which have no phase
    return np.fft.irfft(waves * np.exp(2j * np.pi * turns), len(x[0]), axis=1)


def plot_series():
    slopes, phases = (0, 0.1, 0.2, 0.3, 0.4), (0, 0.25, 0.5, 0.75, 1)

    def measure(real, fake):
        return {
            "autocorrelation": series.autocorrelation(real, fake),
            "spectrum": series.spectrum(real, fake),
            "two-sample": two_sample.c2st(real, fake, num_steps=400),
        }

    real, waves = autoregression(0, 0.8), sawtooth(0)
    slope = lambda dose: measure(real, autoregression(1, 0.8 - dose))
    phase = lambda dose: measure(waves, randomize_phases(sawtooth(1), dose))
    return [
        Panel("memory too short", "slope lost", "value", slopes, sweep(slopes, slope)),
        Panel("phases lost", "share", "value", phases, sweep(phases, phase), True),
    ]


def plot_imputation():
    slopes, spreads = (0, 0.3, 0.6, 0.8, 0.9), (0, 0.25, 0.5, 0.75, 1)
    mask = np.tile([1, 0], (500, 1))

    def by_dependence(slope):
        draw = lambda seed: (
            normal(seed, 500) @ np.array([[1, slope], [0, np.sqrt(1 - slope**2)]])
        )
        train, real = draw(0), draw(1)
        methods = {"mean": imputation.by_mean, "nearest": imputation.by_nearest}
        methods["Gaussian"] = imputation.by_gaussian
        return {
            name: imputation.mean_squared_error(real, fill(train, real, mask), mask)
            for name, fill in methods.items()
        }

    def by_spread(spread):
        signs = np.random.default_rng(0).choice([-1.0, 1.0], size=(2, 500))
        real, fill = (
            np.column_stack([normal(seed, 500)[:, 0], scale * side])
            for seed, scale, side in ((1, 1, signs[0]), (1, spread, signs[1]))
        )
        return {
            "squared error": imputation.mean_squared_error(real, fill, mask),
            "MMD² of filled rows": distances.mmd(real, fill),
        }

    ylabel, damage = "squared error", "spread of the imputations"
    slope, spread = sweep(slopes, by_dependence), sweep(spreads, by_spread)
    return [
        Panel("dependence of the values", "correlation", ylabel, slopes, slope),
        Panel(damage, "share of the truth", "value", spreads, spread, True),
    ]


def spiral(seed, turns, num=500):
    """Draw points of two arms, and the number of the arm."""
    rng = np.random.default_rng(seed)
    radius, arm = rng.uniform(0.2, 1, size=num), rng.integers(2, size=num)
    angle = np.pi * arm + 2 * np.pi * turns * radius + 0.2 * rng.normal(size=num)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return x, arm


def plot_probes():
    noise, turns, scales = (0, 0.2, 0.4, 0.8), (0, 0.5, 1, 1.5), (0, 1, 3, 10)

    def measure(train, test):
        return {
            "linear": probes.linear_probe(*train, *test),
            "nearest": probes.nearest_neighbor(*train, *test),
        }

    def pair(draw):
        return measure(draw(0), draw(1))

    def noisy(sd):
        return lambda seed: (spiral(seed, 0)[0] + sd * normal(seed, 500), arm(seed))

    def scaled(scale):
        extra = lambda seed: scale * normal(seed, 500, 4)
        return lambda seed: (np.hstack([spiral(seed, 0)[0], extra(seed)]), arm(seed))

    arm = lambda seed: spiral(seed, 0)[1]
    add = sweep(noise, lambda sd: pair(noisy(sd)))
    turn = sweep(turns, lambda num: pair(lambda seed: spiral(seed, num)))
    scale = sweep(scales, lambda factor: pair(scaled(factor)))
    return [
        Panel("noise", "sd", "accuracy", noise, add),
        Panel("classes wound up", "turns", "accuracy", turns, turn, True),
        Panel("useless values", "sd", "accuracy", scales, scale, True),
    ]


def precision_and_recall(fake, space):
    """Return the precision and recall of digits in a feature space."""
    real, *_ = digits()
    return manifolds.prdc(real[:1_000], fake[:1_000], features=space)


def plot_features():
    _, fake, _, labels = digits()
    widths, lost, noise = (0, 0.4, 0.6, 0.8, 1.0), range(6), (0, 0.05, 0.1, 0.2)

    def measure(name, damage):
        return lambda dose: {
            space: getattr(precision_and_recall(damage(dose), function), name)
            for space, function in spaces().items()
        }

    soften = lambda width: blur(fake, width)
    add = sweep(noise, measure("precision", lambda sd: add_noise(fake, sd)))
    lose = sweep(lost, measure("recall", lambda num: fake[labels >= num]))
    precision, recall = (
        sweep(widths, measure(name, soften)) for name in ("precision", "recall")
    )
    return [
        Panel("noise", "sd", "precision", noise, add),
        Panel("blur", "pixels", "recall", widths, recall),
        Panel("blur", "pixels", "precision", widths, precision, True),
        Panel("digits lost", "digits of 10", "recall", lost, lose, True),
    ]


def plot_verdict():
    _, fake, *_ = digits()
    widths, noise = (0, 0.3, 0.5, 0.7, 0.9), (0, 0.05, 0.1, 0.15, 0.2)

    def lost(name, damage):
        value = lambda x, space: getattr(precision_and_recall(x, space), name).value
        references = {key: value(fake, space) for key, space in spaces().items()}
        return lambda dose: {
            key: 1 - value(damage(fake, dose), space) / references[key]
            for key, space in spaces().items()
        }

    ylabel = "share of real value lost"
    soften = sweep(widths, lost("recall", blur))
    add = sweep(noise, lost("precision", add_noise))
    recall, precision = (
        {"bands": RULES[name].limits} for name in ("recall", "precision")
    )
    return [
        Panel("recall under blur", "pixels", ylabel, widths, soften, **recall),
        Panel("precision under noise", "sd", ylabel, noise, add, **precision),
    ]


def plot_scores():
    train, valid = ring(0, 4_000).astype(np.float32), ring(1).astype(np.float32)
    recipe = advnet.recipes.for_data(train)
    batches = data.minibatches(train, recipe.batch_size, key=jax.random.key(1))
    state = recipe.algorithm.init(jax.random.key(0), batches(0))
    steps, values = [], {num: [] for num in (1_000, 50)}

    def score(step, state, metrics):
        steps.append(int(step))
        key = jax.random.fold_in(jax.random.key(2), step)
        fake = np.asarray(advnet.sample(recipe.game, state, key, 1_000, average=True))
        for num, line in values.items():
            result = distances.sliced_wasserstein(
                valid[:num], fake[:num], directions=100
            )
            line.append(-result.value)

    hook = advnet.hooks.periodic(100, score)
    advnet.fit(recipe.algorithm, state, batches, num_steps=2_000, hooks=[hook])
    ylabel = "minus sliced Wasserstein"
    lines = {f"{num:,} examples": line for num, line in values.items()}
    return [Panel("training on the ring", "step", ylabel, steps, lines)]


FIGURES: dict[str, Callable[[], list[Panel]]] = {
    "parzen": plot_parzen,
    "ais": plot_ais,
    "frechet": plot_frechet,
    "kernel": plot_kernel,
    "mmd": plot_mmd,
    "sliced_wasserstein": plot_sliced_wasserstein,
    "prdc": plot_prdc,
    "c2st": plot_c2st,
    "data_copying": plot_data_copying,
    "modes": plot_modes,
    "birthday": plot_birthday,
    "ms_ssim": plot_ms_ssim,
    "classes": plot_classes,
    "tables": plot_tables,
    "series": plot_series,
    "imputation": plot_imputation,
    "probes": plot_probes,
    "features": plot_features,
    "verdict": plot_verdict,
    "scores": plot_scores,
}


def draw(name, panels):
    """Draw the panels side by side as `docs/images/metrics/NAME.png`."""
    columns = 2 if len(panels) == 4 else len(panels)
    rows = len(panels) // columns
    size = 2.9 * columns, 2.6 * rows
    figure, grid = plt.subplots(
        rows, columns, figsize=size, dpi=90, layout="constrained", squeeze=False
    )
    for axes, panel in zip(grid.flat, panels, strict=True):
        draw_panel(axes, panel)
    figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    image.quantize(NUM_COLORS).save(FOLDER / f"{name}.png", optimize=True)
    plt.close(figure)


def draw_panel(axes, panel):
    """Draw the lines and the bands of a panel."""
    for color, marker, (name, values) in zip(
        COLORS, "os^d", panel.lines.items(), strict=False
    ):
        if panel.doses[0] == 0:
            axes.axhline(values[0], color=color, linewidth=0.7, linestyle=":")
        axes.plot(
            panel.doses, values, color=color, marker=marker, markersize=4, label=name
        )
    if panel.bands:
        limits = (min(0, *axes.get_ylim()), *panel.bands, MAX_POOR)
        for color, low, high in zip(BANDS.values(), limits, limits[1:], strict=False):
            axes.axhspan(low, high, color=color, zorder=0)
        axes.set_ylim(limits[0], limits[-1])
    for axis in panel.log:
        getattr(axes, f"set_{axis}scale")("log")
    axes.set_title(
        panel.damage, fontsize=9, color="#b02a37" if panel.fools else "black"
    )
    axes.set_xlabel(panel.unit, fontsize=8)
    axes.set_ylabel(panel.ylabel, fontsize=8)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=7, frameon=False)


def main(*names):
    """Draw the figures of these names, or all."""
    mpl.use("agg")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names or FIGURES:
        panels = FIGURES[name]()
        draw(name, panels)
        for panel in panels:
            print(f"{name}: {panel.damage}, {panel.unit} {list(panel.doses)}")
            for line, values in panel.lines.items():
                print(f"  {line}: {', '.join(f'{value:.4g}' for value in values)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
