"""Feature functions, their names and their fingerprints."""

import numpy as np
import pytest

from advnet import data
from advnet.evaluation import distances, features, standardize

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


@pytest.mark.parametrize("channels", [1, 3, 7])
def test_random_convolutions_take_images_of_any_size_in_any_blocks(channels):
    convolve = features.random_convolution(channels)
    for side in ((1, 1), (5, 40), (33, 28)):
        x = RNG.uniform(size=(7, *side, channels)).astype(np.float32)
        values = convolve(x)
        assert values.shape[0] == 7
        assert values.dtype == np.float32
        np.testing.assert_allclose(convolve(x[2:3]), values[2:3], rtol=1e-4, atol=1e-5)
    assert convolve(RNG.uniform(size=(3, 32, 32, channels))).shape == (3, 288)


def test_random_convolutions_of_one_seed_are_one_function():
    """The expected values were computed by this test; another machine rounds them."""
    ramp = np.linspace(0, 1, 28 * 28, dtype=np.float32).reshape(1, 28, 28, 1)
    convolve = features.random_convolution(1)
    expected = [0.10137011, 0.10261132, 0.16697584, 0.50684923]
    np.testing.assert_allclose(convolve(ramp)[0, :4], expected, rtol=1e-4)
    assert convolve.fingerprint == "f6fceaba78e736a1"
    assert features.random_convolution(1, seed=1).fingerprint != "f6fceaba78e736a1"
    assert features.random_convolution(1, scale=1).fingerprint != "f6fceaba78e736a1"


def test_random_convolutions_scale_bytes_and_any_other_unit():
    convolve = features.random_convolution(3)
    pixels = RNG.integers(0, 256, size=(4, 16, 16, 3)).astype(np.uint8)
    x = pixels / np.float32(255)
    np.testing.assert_allclose(convolve(pixels), convolve(x), rtol=1e-5, atol=1e-6)
    shifted = features.random_convolution(3, center=100, scale=5)
    values = shifted(100 + 5 * (2 * x - 1))
    np.testing.assert_allclose(values, convolve(x), rtol=1e-3, atol=1e-4)


def test_features_suit_the_kind_of_data():
    images = RNG.uniform(size=(40, 24, 24, 3)).astype(np.float32)
    names = lambda *examples: [f.__name__ for f in features.suitable(*examples)]
    convolutions = "random convolutions, seed 0"
    assert names(images) == [convolutions, "efficientnet_lite0 at 96 pixels"]
    assert names(images[:, :20]) == [convolutions]  # too small for photographs
    assert names(images[..., :1]) == [convolutions]  # gray
    assert names(3 * images) == [convolutions]  # not in [0, 1]
    assert names(images[..., :1], np.zeros(40, int)) == [convolutions]  # one class
    assert names(images[:, 0]) == names(images[:, 0, 0]) == ["standardized values"]


def test_images_of_another_unit_have_the_features_of_pixels_up_to_a_scale():
    x = RNG.normal(100, 5, size=(40, 8, 8, 1))
    near, far = (features.suitable(unit * x)[0](unit * x) for unit in (1, 1e3))
    np.testing.assert_allclose(near, far, rtol=1e-3, atol=1e-3)


def test_without_the_package_photographs_have_no_features_of_photographs(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    images = RNG.uniform(size=(3, 24, 24, 3))
    assert len(features.suitable(images)) == 1


@pytest.mark.ci
def test_suitable_features_of_labeled_images_know_the_labels():
    """Bright and dark images; the classifier reads the features of the network."""
    labels = np.arange(60) % 2
    images = RNG.uniform(0, 0.5, size=(60, 8, 8, 1)) + 0.5 * labels.reshape(60, 1, 1, 1)
    maps, classifier = features.suitable(images, labels)
    assert classifier.__name__ == "a classifier's last layer (100.00 % held out)"
    assert classifier(images[:3]).shape == (3, 128)
    of_classes = distances.frechet(
        images[labels == 0], images[labels == 1], features=classifier
    )
    assert of_classes.fingerprint not in (None, maps.fingerprint)


def test_standardized_values_carry_the_hash_of_their_moments():
    x = RNG.normal(size=(50, 2))
    prints = {standardize(reference).fingerprint for reference in (x, x, 2 * x)}
    assert len(prints) == 2


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
    with pytest.raises(ValueError, match="channels >= 1"):
        features.random_convolution(0)
    with pytest.raises(ValueError, match="scale > 0, got 0"):
        features.random_convolution(1, scale=0)
    with pytest.raises(ValueError, match=r"images \[n, h, w, 1\], got shape"):
        features.random_convolution(1)(np.zeros((2, 8, 8, 3)))
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
