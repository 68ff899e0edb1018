"""Level of the two-sample tests over random splits of 5,000 digits.

    python benchmarks/splits.py --splits 200

A split is exchangeable if its tests reject true data as often as they say: at .05, at
most 19 of 200 splits. Each split is a permutation within the digits, 400 / 50 / 50 of
each. As in a run, half of the training examples stand for samples of a model and the
other half fits the classifier; for `data_copying` validation examples stand for the
samples. The first line is the split of `data.mnist_5k`.
"""

import argparse
import time

import numpy as np

from advnet import data
from advnet.evaluation import distances, features, memorization, two_sample

NUM_TRAIN, NUM_VALID = 400, 50
TESTS = ("mmd", "c2st", "data_copying")
LEVEL = 0.05


def p_values(train, valid, test):
    """Return p-values of the three tests, all of true data, for features [n, d]."""
    samples = train[len(train) // 2 :]
    return [
        distances.mmd(test, samples).p_value,
        two_sample.c2st(test, samples).p_value,
        memorization.data_copying(train, test, valid).p_value,
    ]


def flat_features(function, x):
    """Return features [n, d] of images."""
    return np.asarray(function(x)).reshape(len(x), -1)


def evaluate(x, y, parts, space):
    """Return the p-values for the indices of train, valid and test in images [n, ...].

    The classifier is fitted to the first half of the training examples. All other
    features are computed already: `x` holds them.
    """
    train, valid, test = parts
    train = np.random.default_rng(0).permutation(train)
    if space == "classifier":
        fitted = train[: len(train) // 2]
        function = features.suitable(x[fitted], y[fitted])[-1]
        x = flat_features(function, x)
    return p_values(x[train], x[valid], x[test])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=200)
    parser.add_argument("--first", type=int, default=1, help="seed of the first split")
    parser.add_argument(
        "--space", choices=("raw", "convolutions", "classifier"), default="convolutions"
    )
    options = parser.parse_args()
    dataset = data.mnist_5k()
    x = np.concatenate([split.x for split in dataset[:3]])
    y = np.concatenate([split.y for split in dataset[:3]])
    by_digit = np.stack([np.flatnonzero(y == digit) for digit in range(10)])
    cuts = np.cumsum([NUM_TRAIN, NUM_VALID])
    if options.space != "classifier":
        functions = {"raw": features.raw_values}
        functions["convolutions"] = features.random_convolution(1)
        x = flat_features(functions[options.space], x)
    lengths = np.cumsum([len(split.x) for split in dataset[:2]])
    shipped = evaluate(x, y, np.split(np.arange(len(x)), lengths), options.space)
    print("data.mnist_5k:", dict(zip(TESTS, np.round(shipped, 3), strict=True)))
    values, start = [], time.process_time()
    for seed in range(options.first, options.first + options.splits):
        order = np.random.default_rng(seed).permuted(by_digit, axis=1)
        parts = [part.T.ravel() for part in np.split(order, cuts, axis=1)]
        values.append(evaluate(x, y, parts, options.space))
        print(seed, *(f"{p:.4f}" for p in values[-1]), flush=True)
    counts = (np.array(values) <= LEVEL).sum(axis=0)
    for test, count in zip(TESTS, counts, strict=True):
        print(f"{options.space}, {test}: {count} of {options.splits} rejected")
    print(f"{time.process_time() - start:.0f} s of CPU time")


if __name__ == "__main__":
    main()
