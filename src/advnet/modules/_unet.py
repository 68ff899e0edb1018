"""U-Net generator, for image to image tasks."""

from collections.abc import Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp

from advnet.modules._convolution import Conv
from advnet.modules._layers import Activation, output_range


class UNetGenerator(nn.Module):
    """U-Net: a map of an image to an image of the same size, of any height and width.

    Each level halves the map; on the way back each level receives the map of the same
    size. Further inputs of the call are noise vectors, which enter at the smallest map.

    Attributes:
      channels: Channels of the output.
      features: Channels of each level, from the largest map to the smallest.
      output: Activation of the output; sigmoid for pixels in [0, 1].
      dropout: Share of values dropped in the smallest level, in training only.

    Examples:
      >>> generator = UNetGenerator(channels=3, features=(8, 16))
      >>> x = jnp.zeros((2, 33, 47, 1))
      >>> variables = generator.init(jax.random.key(0), x, train=False)
      >>> generator.apply(variables, x, train=False).shape
      (2, 33, 47, 3)

    References:
      Ronneberger et al. 2015; Isola et al. 2017, section 3.2.1.
    """

    channels: int
    features: Sequence[int] = (64, 128, 256, 256)
    output: Activation = nn.sigmoid
    dropout: float = 0.0

    @property
    def output_range(self) -> tuple[float, float] | None:
        """The interval (low, high) of the output's activation, None if unknown."""
        return output_range(self.output)

    @nn.compact
    def __call__(self, x: jax.Array, *noise: jax.Array, train: bool) -> jax.Array:
        """Map images [m, h, w, c], and noise [m, n], to images [m, h, w, channels]."""
        maps = []
        for depth, features in enumerate(self.features):
            x = self._convolve(x, features, stride=1 if depth == 0 else 2)
            maps.append(x)
        for z in noise:
            vector = nn.Dense(self.features[-1])(z.reshape(z.shape[0], -1))
            x = x + vector[:, None, None]
        x = nn.Dropout(self.dropout, deterministic=not train)(x)
        for features, skip in zip(self.features[-2::-1], maps[-2::-1], strict=True):
            shape = (*skip.shape[:3], x.shape[3])
            x = jax.image.resize(x, shape, "nearest")
            x = self._convolve(jnp.concatenate([x, skip], axis=3), features)
        return self.output(Conv(self.channels, (3, 3))(x))

    def _convolve(self, x: jax.Array, features: int, stride: int = 1) -> jax.Array:
        x = Conv(features, (3, 3), strides=(stride, stride), dtype=x.dtype)(x)
        return nn.leaky_relu(nn.GroupNorm(num_groups=None, group_size=1)(x), 0.2)
