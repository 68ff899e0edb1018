"""Convolutions along one axis."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advnet.modules import Conv, ConvTranspose
from advnet.modules._convolution import conv


@pytest.mark.parametrize("layer", [Conv, ConvTranspose])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_series_agree_with_flax(layer, padding):
    x = jax.random.normal(jax.random.key(0), (2, 3, 9, 4))
    ours = layer(5, (4,), strides=(2,), padding=padding)
    theirs = getattr(nn, layer.__name__)(5, (4,), strides=(2,), padding=padding)
    expected, variables = theirs.init_with_output(jax.random.key(1), x)
    np.testing.assert_allclose(ours.apply(variables, x), expected, atol=2e-5)


def test_wrong_shapes_of_series_are_named():
    with pytest.raises(ValueError, match=r"series \[..., t, c\].*\(2, 9, 3\)"):
        conv(jnp.zeros((2, 9, 3)), jnp.zeros((4, 2, 5)))
