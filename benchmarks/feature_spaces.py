"""Metrics of damaged real images in each feature space.

    python benchmarks/feature_spaces.py                    # 5,000 digits of a package
    python benchmarks/feature_spaces.py --cifar DIR        # 5,000 photographs
    python benchmarks/feature_spaces.py --spaces raw convolutions

Real images in place of samples, and the same images after a damage of growing dose:
blur, noise, missing classes, and copies of training images. Prints a table of metrics
for each space, and whether each metric that should notice a damage changes with every
dose. The test images are 500 that nothing was fitted to; the samples are 2,000 others;
the classifier is fitted to 2,000 more.
"""

import argparse
import time

import numpy as np
import scipy.ndimage

from advnet import data
from advnet.evaluation import distances, features, manifolds, memorization, two_sample

NUM_TEST, NUM_SAMPLES, NUM_CLASSES = 500, 2_000, 10
DOSES = {
    "blur": (0.5, 0.8, 1.2),  # standard deviation in pixels
    "noise": (0.05, 0.1, 0.2),  # standard deviation; pixels are in [0, 1]
    "missing classes": (1, 2, 5),
    "copies": (0.1, 0.2, 0.5),  # share of the samples
}
COPY_NOISE = 0.02  # standard deviation of the noise on copies
COLUMNS = ("kernel", "precision", "recall", "coverage", "accuracy", "copying")
# The metrics that are to rise (1) or to fall (-1) with every dose.
EXPECTED = {
    "blur": {"kernel": 1, "recall": -1},
    "noise": {"kernel": 1},
    "missing classes": {"coverage": -1},
    "copies": {"copying": 1},
}


def blur(x, dose, rng):
    return scipy.ndimage.gaussian_filter(x, (0, dose, dose, 0))


def add_noise(x, dose, rng):
    noise = dose * rng.normal(size=x.shape)
    return np.clip(x + noise, 0, 1).astype(np.float32)


def drop_classes(x, y, dose):
    return x[y >= dose]


def replace_by_copies(x, train, dose, rng):
    """Replace a share of images by training images with a little noise."""
    num = round(dose * len(x))
    copies = train[rng.permutation(len(train))[:num]]
    return np.concatenate([x[num:], add_noise(copies, COPY_NOISE, rng)])


def divide(x, y):
    """Return fitted, sample, held-out and test images with their labels."""
    order = np.random.default_rng(0).permutation(len(x))
    cuts = np.cumsum([len(x) - NUM_SAMPLES - 2 * NUM_TEST, NUM_SAMPLES, NUM_TEST])
    return [(x[part], y[part]) for part in np.split(order, cuts)]


def damaged(parts):
    """Yield name, dose and samples of real images and of every damage."""
    (fitted, _), (x, y), (held_out, _), _ = parts
    train = np.concatenate([fitted, x])
    rng = np.random.default_rng(1)
    yield "none", 0.0, x
    for dose in DOSES["blur"]:
        yield "blur", dose, blur(x, dose, rng)
    for dose in DOSES["noise"]:
        yield "noise", dose, add_noise(x, dose, rng)
    for dose in DOSES["missing classes"]:
        yield "missing classes", dose, drop_classes(x, y, dose)
    yield "copies", 0.0, held_out
    for dose in DOSES["copies"]:
        yield "copies", dose, replace_by_copies(held_out, train, dose, rng)


def measure(damage, samples, real, train):
    """Return the values of the columns for features; NaN where none applies."""
    if damage == "copies":
        copying = memorization.data_copying(train, real, samples)
        return dict.fromkeys(COLUMNS, np.nan) | {"copying": copying.value}
    shares = manifolds.prdc(real, samples)
    values = {name: getattr(shares, name).value for name in shares._fields}
    values["kernel"] = distances.kernel(real, samples).value
    values["accuracy"] = two_sample.c2st(real, samples, num_steps=300).value
    return {name: values.get(name, np.nan) for name in COLUMNS}


def measure_space(parts, space):
    """Return rows (damage, dose, values) of one feature space."""
    extract = lambda x: np.asarray(space(x)).reshape(len(x), -1)
    train = extract(np.concatenate([parts[0][0], parts[1][0]]))
    real = extract(parts[3][0])
    return [
        (damage, dose, measure(damage, extract(samples), real, train))
        for damage, dose, samples in damaged(parts)
    ]


def failures(rows):
    """Return the metrics that do not change with a dose as they are to, in words."""
    failed = []
    for damage, signs in EXPECTED.items():
        start = rows[0] if damage != "copies" else None
        doses = [start] if start else []
        doses += [row for row in rows if row[0] == damage]
        for name, sign in signs.items():
            steps = sign * np.diff([values[name] for _, _, values in doses])
            if not (steps > 0).all():
                failed.append(f"{name} under {damage}")
    return failed


def make_spaces(parts, names):
    """Return the feature functions to measure by name."""
    x, y = parts[0]
    spaces = {
        "raw": lambda: features.raw_values,
        "convolutions": lambda: features.random_convolution(x.shape[-1]),
        "classifier": lambda: features.suitable(x, y)[-1],
        "photographs": features.efficientnet_lite0,
    }
    return {name: spaces[name]() for name in names}


def show(name, rows):
    print(f"\n| {name} | " + " | ".join(COLUMNS) + " |\n" + "|---" * 7 + "|")
    for damage, dose, values in rows:
        cells = ("" if np.isnan(v) else f"{v:.3g}" for v in values.values())
        label = damage if damage == "none" else f"{damage}, {dose:g}"
        print(f"| {label} | " + " | ".join(cells) + " |")


def summarize(rows):
    """Print the metrics that should notice a damage, from dose 0 to the largest."""
    for damage, signs in EXPECTED.items():
        first = [] if damage == "copies" else rows[:1]
        doses = first + [row for row in rows if row[0] == damage]
        for name in signs:
            values = (f"{values[name]:.3g}" for _, _, values in doses)
            print(f"{damage}, {name}: {' → '.join(values)}")


def load(cifar):
    dataset = data.mnist_5k() if cifar is None else data.cifar10(cifar)
    x, y = (
        np.concatenate([getattr(part, field) for part in dataset[:3]]) for field in "xy"
    )
    some = np.random.default_rng(2).permutation(len(x))[:5_000]
    return divide(x[some], y[some])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cifar", help="folder of the binary files of CIFAR-10")
    parser.add_argument("--spaces", nargs="+", help="raw, convolutions, classifier,...")
    options = parser.parse_args()
    names = ["raw", "convolutions", "classifier"]
    names = options.spaces or names + ["photographs"] * (options.cifar is not None)
    parts, start = load(options.cifar), time.process_time()
    for name, space in make_spaces(parts, names).items():
        rows = measure_space(parts, space)
        show(f"{name}: {space.__name__}", rows)
        print()
        summarize(rows)
        print(f"Not monotone: {', '.join(failures(rows)) or 'none'}.", flush=True)
    print(f"{time.process_time() - start:.0f} s of CPU time")


if __name__ == "__main__":
    main()
