"""Feature functions: what they keep, what they say of themselves."""

import numpy as np
import pytest

from advnet import data
from advnet.evaluation import distances, features

RNG = np.random.default_rng(0)


def test_random_projections_keep_squared_distances():
    """Relative error sqrt(2 / num) for one pair; four standard errors for 100."""
    x = RNG.normal(size=(2, 100, 7, 5, 3))
    project = features.random_projection(200, seed=1)
    kept = ((project(x[0]) - project(x[1])) ** 2).sum(axis=1)
    true = ((x[0] - x[1]) ** 2).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(kept, true, rtol=5 * (2 / 200) ** 0.5)
    np.testing.assert_array_equal(project(x[0]), project(x[0]))
    assert not np.allclose(features.random_projection(200)(x[0]), project(x[0]))


def test_projections_are_named_in_a_measure():
    x, y = RNG.normal(size=(2, 50, 4, 4))
    got = distances.frechet(x, y, features=features.random_projection(3))
    assert got.features == "random projection to 3, seed 0"


@pytest.fixture(scope="module")
def rings():
    """Three rings, which no line divides, far from the origin."""
    labels = np.repeat([7, 3, 5], 400)
    angles = RNG.uniform(0, 2 * np.pi, 1200)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return 1000 + labels[:, None] * circle + 0.1 * RNG.normal(size=(1200, 2)), labels


@pytest.fixture(scope="module")
def classifier(rings):
    return features.classifier(*rings, hidden=(32, 16), num_steps=1000, dropout=0.0)


def test_a_classifier_finds_the_rings(rings, classifier):
    x, labels = rings
    assert np.mean(classifier.predict(x) == labels) > 0.99
    assert classifier.accuracy.mean > 0.95
    assert classifier.accuracy.num_examples == 120


def test_its_features_are_the_last_hidden_layer(rings, classifier):
    x, _ = rings
    got = classifier(x)
    assert got.shape == (1200, 16)
    weights, bias = classifier.perceptron.layers[-1]
    said = classifier.classes[(got @ np.asarray(weights) + bias[None]).argmax(axis=1)]
    np.testing.assert_array_equal(said, classifier.predict(x))
    near, far = (
        distances.frechet(x[0:1200:2], side, features=classifier).value
        for side in (x[1:1200:2], x[:400])
    )
    assert far > 10 * abs(near)
    assert classifier.__name__ in str(
        distances.kernel(x[:50], x[50:100], features=classifier)
    )


def test_seeds_and_scales(rings):
    """Inputs are standardized: neither unit nor origin matter but to rounding."""
    x, labels = rings
    few = {"hidden": (8,), "num_steps": 20}
    one = features.classifier(x, labels, **few)
    np.testing.assert_array_equal(one(x), features.classifier(x, labels, **few)(x))
    tiny = features.classifier((x - 1000) * 1e-6, labels, **few)
    np.testing.assert_allclose(tiny((x - 1000) * 1e-6), one(x), atol=0.02)
    assert not np.allclose(features.classifier(x, labels, seed=1, **few)(x), one(x))


def test_constant_values_and_one_class_do_no_harm():
    known = features.classifier(np.ones((9, 2, 2)), np.full(9, 4), num_steps=2)
    assert np.isfinite(known(np.zeros((3, 2, 2)))).all()
    assert known.predict(np.zeros((3, 2, 2))).tolist() == [4, 4, 4]


def test_bad_input(classifier):
    with pytest.raises(ValueError, match=r"x \[n, ...\] and labels \[n\]"):
        features.classifier(np.zeros((5, 2)), np.zeros(4))
    with pytest.raises(ValueError, match="held_out in"):
        features.classifier(np.zeros((5, 2)), np.zeros(5), held_out=1.0)
    with pytest.raises(ValueError, match="finite"):
        features.classifier(np.full((5, 2), np.nan), np.zeros(5))
    with pytest.raises(ValueError, match="num >= 1"):
        features.random_projection(0)
    with pytest.raises(ValueError, match="of 2 values, got"):
        classifier(np.zeros((5, 3)))


@pytest.mark.slow
def test_digits():
    """4,500 of them; 60,000 give above 98 %, which only the whole MNIST can show."""
    digits = data.mnist_5k()
    x = np.concatenate([digits.train.x, digits.valid.x])
    labels = np.concatenate([digits.train.y, digits.valid.y])
    known = features.classifier(x, labels, num_steps=1000)
    assert np.mean(known.predict(digits.test.x) == digits.test.y) > 0.92
