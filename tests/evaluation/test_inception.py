"""Inception-v3 against the same network, written out block by block."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet.evaluation import distances, features

RNG = np.random.default_rng(0)


class ReferenceNetwork:
    """Inception-v3 with random weights that are created during the first call."""

    def __init__(self):
        self.weights = {}

    def conv(self, name, x, out, sides, stride=1, padding=(0, 0)):
        shape = (out, x.shape[-1], *sides)
        values = {
            "conv.weight": RNG.normal(size=shape) * (2 / np.prod(shape[1:])) ** 0.5,
            "bn.weight": RNG.uniform(0.5, 1.5, out),
            "bn.bias": RNG.normal(size=out) * 0.1,
            "bn.running_mean": RNG.normal(size=out) * 0.1,
            "bn.running_var": RNG.uniform(0.5, 1.5, out),
        }
        values = {key: value.astype(np.float32) for key, value in values.items()}
        self.weights |= {f"{name}.{key}": value for key, value in values.items()}
        kernel, gain, bias, mean, variance = values.values()
        y = jax.lax.conv_general_dilated(
            x,
            kernel.transpose(2, 3, 1, 0),
            (stride, stride),
            [(side, side) for side in padding],
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )
        by_channel = lambda v: v.reshape(1, 1, 1, -1)
        y = (y - by_channel(mean)) / jnp.sqrt(by_channel(variance) + np.float32(1e-3))
        return nn.relu(y * by_channel(gain) + by_channel(bias))

    def average(self, x):
        edges = ((1, 1), (1, 1))
        return nn.avg_pool(x, (3, 3), padding=edges, count_include_pad=False)

    def a(self, name, x, pooled):
        c = lambda branch, *how, **more: self.conv(
            f"{name}.branch{branch}", *how, **more
        )
        first = c("1x1", x, 64, (1, 1))
        second = c("5x5_2", c("5x5_1", x, 48, (1, 1)), 64, (5, 5), padding=(2, 2))
        third = c("3x3dbl_2", c("3x3dbl_1", x, 64, (1, 1)), 96, (3, 3), padding=(1, 1))
        third = c("3x3dbl_3", third, 96, (3, 3), padding=(1, 1))
        fourth = c("_pool", self.average(x), pooled, (1, 1))
        return jnp.concatenate([first, second, third, fourth], -1)

    def b(self, name, x):
        c = lambda branch, *how, **more: self.conv(
            f"{name}.branch{branch}", *how, **more
        )
        first = c("3x3", x, 384, (3, 3), stride=2)
        second = c("3x3dbl_2", c("3x3dbl_1", x, 64, (1, 1)), 96, (3, 3), padding=(1, 1))
        second = c("3x3dbl_3", second, 96, (3, 3), stride=2)
        return jnp.concatenate([first, second, nn.max_pool(x, (3, 3), (2, 2))], -1)

    def c(self, name, x, inner):
        c = lambda branch, *how, **more: self.conv(
            f"{name}.branch{branch}", *how, **more
        )
        wide, tall = {"padding": (0, 3)}, {"padding": (3, 0)}
        first = c("1x1", x, 192, (1, 1))
        second = c("7x7_2", c("7x7_1", x, inner, (1, 1)), inner, (1, 7), **wide)
        second = c("7x7_3", second, 192, (7, 1), **tall)
        third = c("7x7dbl_2", c("7x7dbl_1", x, inner, (1, 1)), inner, (7, 1), **tall)
        third = c("7x7dbl_3", third, inner, (1, 7), **wide)
        third = c("7x7dbl_4", third, inner, (7, 1), **tall)
        third = c("7x7dbl_5", third, 192, (1, 7), **wide)
        fourth = c("_pool", self.average(x), 192, (1, 1))
        return jnp.concatenate([first, second, third, fourth], -1)

    def d(self, name, x):
        c = lambda branch, *how, **more: self.conv(
            f"{name}.branch{branch}", *how, **more
        )
        first = c("3x3_2", c("3x3_1", x, 192, (1, 1)), 320, (3, 3), stride=2)
        second = c("7x7x3_2", c("7x7x3_1", x, 192, (1, 1)), 192, (1, 7), padding=(0, 3))
        second = c("7x7x3_3", second, 192, (7, 1), padding=(3, 0))
        second = c("7x7x3_4", second, 192, (3, 3), stride=2)
        return jnp.concatenate([first, second, nn.max_pool(x, (3, 3), (2, 2))], -1)

    def e(self, name, x, pooled):
        c = lambda branch, *how, **more: self.conv(
            f"{name}.branch{branch}", *how, **more
        )
        first = c("1x1", x, 320, (1, 1))
        second = c("3x3_1", x, 384, (1, 1))
        third = c(
            "3x3dbl_2", c("3x3dbl_1", x, 448, (1, 1)), 384, (3, 3), padding=(1, 1)
        )
        pairs = [
            c(f"{branch}{side}", y, 384, sides, padding=padding)
            for branch, y in (("3x3_2", second), ("3x3dbl_3", third))
            for side, sides, padding in (("a", (1, 3), (0, 1)), ("b", (3, 1), (1, 0)))
        ]
        return jnp.concatenate([first, *pairs, c("_pool", pooled, 192, (1, 1))], -1)

    def __call__(self, x):
        x = jax.image.resize(x, (len(x), 299, 299, 3), "bilinear", antialias=False)
        x = self.conv("Conv2d_1a_3x3", 2 * x - 1, 32, (3, 3), stride=2)
        x = self.conv("Conv2d_2a_3x3", x, 32, (3, 3))
        x = self.conv("Conv2d_2b_3x3", x, 64, (3, 3), padding=(1, 1))
        x = self.conv("Conv2d_3b_1x1", nn.max_pool(x, (3, 3), (2, 2)), 80, (1, 1))
        x = nn.max_pool(self.conv("Conv2d_4a_3x3", x, 192, (3, 3)), (3, 3), (2, 2))
        for letter, pooled in zip("bcd", (32, 64, 64), strict=True):
            x = self.a(f"Mixed_5{letter}", x, pooled)
        x = self.b("Mixed_6a", x)
        for letter, inner in zip("bcde", (128, 160, 160, 192), strict=True):
            x = self.c(f"Mixed_6{letter}", x, inner)
        x = self.d("Mixed_7a", x)
        x = self.e("Mixed_7b", x, self.average(x))
        x = self.e("Mixed_7c", x, nn.max_pool(x, (3, 3), padding="SAME"))
        return x.mean((1, 2))


@pytest.mark.slow
def test_features_agree_with_the_reference_network(tmp_path):
    """The images are small, some are gray, and the weights come from a file."""
    network, x = ReferenceNetwork(), RNG.uniform(size=(2, 40, 24, 3)).astype(np.float32)
    expected = np.asarray(network(x))
    assert expected.shape == (2, 2048)
    np.savez(tmp_path / "weights.npz", extra=np.zeros(3), **network.weights)
    extract = features.inception(np.load(tmp_path / "weights.npz"), name="my weights")
    np.testing.assert_allclose(
        extract(x), expected, rtol=1e-3, atol=1e-4 * expected.max()
    )
    gray = x[..., :1]
    np.testing.assert_array_equal(extract(gray), extract(np.repeat(gray, 3, axis=3)))
    with pytest.raises(ValueError, match=r"in \[0, 1\], got .* to 255"):
        extract(255 * np.ones_like(x))
    repeated = np.repeat(x, 10, axis=0)
    result = distances.sliced_wasserstein(repeated, repeated, features=extract)
    assert result.features == "Inception-v3 features of my weights"
    assert result.fingerprint == extract.fingerprint


def test_missing_weights_are_refused():
    with pytest.raises(ValueError, match="470 are missing.*Conv2d_1a_3x3.conv.weight"):
        features.inception({"Conv2d_1a_3x3": np.zeros(3)}, name="incomplete weights")
