"""Feature functions, their names and their fingerprints."""

import numpy as np
import pytest

from advnet import data
from advnet.evaluation import distances, features

RNG = np.random.default_rng(0)


def test_random_projections_keep_squared_distances():
    """The relative error of a pair is sqrt(2 / num); the tolerance is five of them."""
    x = RNG.normal(size=(2, 100, 7, 5, 3))
    project = features.random_projection(200, seed=1)
    projected = ((project(x[0]) - project(x[1])) ** 2).sum(axis=1)
    expected = ((x[0] - x[1]) ** 2).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(projected, expected, rtol=5 * (2 / 200) ** 0.5)
    np.testing.assert_array_equal(project(x[0]), project(x[0]))
    assert not np.allclose(features.random_projection(200)(x[0]), project(x[0]))


def test_a_result_names_the_projection():
    x, y = RNG.normal(size=(2, 50, 4, 4))
    result = distances.frechet(x, y, features=features.random_projection(3))
    assert result.features == "random projection to 3, seed 0"
    assert result.fingerprint is None


@pytest.fixture(scope="module")
def rings():
    """Three rings far from the origin, which are not linearly separable."""
    labels = np.repeat([7, 3, 5], 400)
    angles = RNG.uniform(0, 2 * np.pi, 1200)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return 1000 + labels[:, None] * circle + 0.1 * RNG.normal(size=(1200, 2)), labels


@pytest.fixture(scope="module")
def classifier(rings):
    return features.classifier(*rings, hidden=(32, 16), num_steps=1000, dropout=0.0)


def test_a_classifier_learns_the_rings(rings, classifier):
    x, labels = rings
    assert np.mean(classifier.predict(x) == labels) > 0.99
    assert classifier.accuracy.value > 0.95
    assert classifier.accuracy.num_real == 120


def test_features_of_a_classifier_are_its_last_hidden_layer(rings, classifier):
    x, _ = rings
    hidden = classifier(x)
    assert hidden.shape == (1200, 16)
    weights, bias = classifier.perceptron.layers[-1]
    logits = hidden @ np.asarray(weights) + bias[None]
    predicted = classifier.classes[logits.argmax(axis=1)]
    np.testing.assert_array_equal(predicted, classifier.predict(x))
    near, far = (
        distances.frechet(x[0:1200:2], side, features=classifier).value
        for side in (x[1:1200:2], x[:400])
    )
    assert far > 10 * abs(near)
    result = distances.kernel(x[:50], x[50:100], features=classifier)
    assert classifier.__name__ in str(result)
    assert result.fingerprint == classifier.fingerprint


def test_seeds_and_units(rings):
    """Inputs are standardized, so unit and origin matter only by rounding."""
    x, labels = rings
    small = {"hidden": (8,), "num_steps": 20}
    first = features.classifier(x, labels, **small)
    again = features.classifier(x, labels, **small)
    np.testing.assert_array_equal(first(x), again(x))
    assert first.fingerprint == again.fingerprint
    rescaled = features.classifier((x - 1000) * 1e-6, labels, **small)
    np.testing.assert_allclose(rescaled((x - 1000) * 1e-6), first(x), atol=0.02)
    second = features.classifier(x, labels, seed=1, **small)
    assert not np.allclose(second(x), first(x))
    assert second.fingerprint != first.fingerprint


def test_constant_values_and_a_single_class():
    constant = features.classifier(np.ones((9, 2, 2)), np.full(9, 4), num_steps=2)
    assert np.isfinite(constant(np.zeros((3, 2, 2)))).all()
    assert constant.predict(np.zeros((3, 2, 2))).tolist() == [4, 4, 4]


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
    """4,500 digits give above 92 %; the 60,000 of MNIST give above 98 %."""
    digits = data.mnist_5k()
    x = np.concatenate([digits.train.x, digits.valid.x])
    labels = np.concatenate([digits.train.y, digits.valid.y])
    fitted = features.classifier(x, labels, num_steps=1000)
    assert np.mean(fitted.predict(digits.test.x) == digits.test.y) > 0.92
