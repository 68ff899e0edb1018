"""Findings on real digits that are damaged on purpose and take the place of samples.

benchmarks/diagnosis.py does the same for more damage, kinds of data and seeds.
"""

import functools

import numpy as np
import pytest
from evaluation.diagnosis.metrics import names
from scipy import ndimage

from advnet import data
from advnet.evaluation.diagnosis import diagnose

NUM = 500
RNG = np.random.default_rng(4)


@functools.cache
def digits():
    """Return training images and labels, held-out images, other images and labels."""
    dataset = data.mnist_5k()
    x = np.concatenate([split.x for split in dataset[:3]])
    y = np.concatenate([split.y for split in dataset[:3]])
    order = np.random.default_rng(0).permutation(len(x))
    held_out, spare, train = np.split(order, [NUM, NUM + 1_500])
    return x[train], y[train], x[held_out], x[spare], y[spare]


def half_of_the_classes(x, y):
    return x[y % 2 == 0]


def blur(x, y):
    return ndimage.gaussian_filter(x, (0, 1.5, 1.5, 0))


def noise(x, y):
    return x + 0.15 * RNG.normal(size=x.shape)


def copies(x, y):
    return digits()[0][:NUM] + 1e-3 * RNG.normal(size=(NUM, *x.shape[1:]))


def real(x, y):
    return x


@pytest.mark.ci
@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (real, set()),
        (half_of_the_classes, {"low variety", "missing classes"}),
        (blur, {"low variety", "told apart"}),
        (noise, {"low fidelity"}),
        (copies, {"memorizing"}),
    ],
)
def test_damaged_digits(damage, expected):
    train, labels, held_out, x, y = digits()
    samples = damage(x, y)[:NUM]
    diagnosis = diagnose(
        {}, data=train, held_out=held_out, samples=samples, labels=labels
    )
    assert {*names(diagnosis)} == expected, str(diagnosis)


@pytest.mark.ci
@pytest.mark.parametrize("ignored", [True, False])
def test_conditions_of_digits(ignored):
    train, labels, held_out, x, y = digits()
    conditions = RNG.permutation(y) if ignored else y
    diagnosis = diagnose(
        {},
        data=train,
        held_out=held_out,
        samples=x,
        labels=labels,
        conditions=conditions,
    )
    assert names(diagnosis) == (["condition ignored"] if ignored else [])
