"""Layers and the output ranges of activations."""

from collections.abc import Callable, Sequence
from functools import reduce

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax.typing import Initializer

from advnet.modules._initializers import symmetric_uniform
from advnet.networks import mode_argument

Activation = Callable[[jax.Array], jax.Array]

_OUTPUT_RANGES = {nn.sigmoid: (0.0, 1.0), nn.tanh: (-1.0, 1.0)}


def output_range(activation: Activation) -> tuple[float, float] | None:
    """Return the interval (low, high) of an activation's values, None if unknown."""
    return _OUTPUT_RANGES.get(activation)


class Dropout(nn.Module):
    """Dropout that draws 8 or 16 random bits per unit instead of 32.

    A unit takes 8 bits if `keep` is a multiple of 1/256. Otherwise it takes 16 bits,
    and the probability differs from `keep` by less than 1e-5. In training, the
    remaining activations are scaled by 1 / keep.

    Attributes:
      keep: Probability to keep a unit, in (0, 1].

    Examples:
      >>> rngs = {"dropout": jax.random.key(1)}
      >>> dropped = Dropout(0.5).apply({}, jnp.ones((2, 50)), train=True, rngs=rngs)
      >>> jnp.unique(dropped).tolist()
      [0.0, 2.0]
    """

    keep: float

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        """Set random units of `x` [m, ..., n] to 0, independently for each example."""
        if not 0 < self.keep <= 1:
            raise ValueError(f"Expected keep in (0, 1], got {self.keep}.")
        if not train or self.keep == 1:
            return x
        bits = 8 if (self.keep * 256).is_integer() else 16
        threshold = round(self.keep * 2**bits)
        draws = _small_integers(self.make_rng("dropout"), x.shape, bits)
        scaled = x * jnp.asarray(2**bits / threshold, x.dtype)
        return jnp.where(draws < threshold, scaled, jnp.zeros_like(x))


def _small_integers(key: jax.Array, shape: tuple[int, ...], bits: int) -> jax.Array:
    """Draw random unsigned integers of 8 or 16 bits, several from each 32-bit draw."""
    per_draw = 32 // bits
    num_draws = -(-shape[-1] // per_draw)
    draws = jax.random.bits(key, (*shape[:-1], num_draws), jnp.uint32)
    dtype = {8: jnp.uint8, 16: jnp.uint16}[bits]
    integers = jax.lax.bitcast_convert_type(draws, dtype)
    return integers.reshape(*shape[:-1], -1)[..., : shape[-1]]


class Maxout(nn.Module):
    """Layer whose units are the maximum of several affine functions.

    Attributes:
      units: Number of units.
      pieces: Number of affine functions per unit.
      kernel_init: Initializer of the kernel [inputs, pieces * units], with the columns
        of one piece next to each other.

    Examples:
      >>> layer = Maxout(units=3, pieces=5)
      >>> variables = layer.init(jax.random.key(0), jnp.zeros((2, 4)))
      >>> layer.apply(variables, jnp.zeros((2, 4))).shape
      (2, 3)

    References:
      Goodfellow et al. 2013.
    """

    units: int
    pieces: int
    kernel_init: Initializer = symmetric_uniform(0.005)

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Map `x` [m, inputs] to [m, units]."""
        x = nn.Dense(self.pieces * self.units, kernel_init=self.kernel_init)(x)
        # Pieces are the outer axis, so the maximum reads contiguous memory.
        return reduce(jnp.maximum, jnp.split(x, self.pieces, axis=-1))


class MinibatchStdDev(nn.Module):
    """Layer that appends the standard deviation within a group of examples.

    It lets a critic recognize a generator whose samples lack variety.

    Attributes:
      group_size: Number of examples per group. If it does not divide the batch size,
        the batch is a single group.

    Examples:
      >>> x = jnp.stack([jnp.zeros((4, 4, 8)), jnp.ones((4, 4, 8))])
      >>> MinibatchStdDev(group_size=2).apply({}, x)[:, 0, 0, -1]
      Array([0.5, 0.5], dtype=float32)

    References:
      Karras et al. 2018, section 3.
    """

    group_size: int = 4

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Map `x` [m, ..., c] to [m, ..., c + 1]."""
        num = x.shape[0]
        groups = num // self.group_size if num % self.group_size == 0 else 1
        # A group is the examples i, i + groups, ...: no communication if sharded.
        grouped = x.reshape(num // groups, groups, -1)
        deviation = jnp.sqrt(grouped.var(axis=0) + 1e-8).mean(axis=-1)
        statistic = jnp.tile(deviation, num // groups)
        statistic = statistic.reshape(num, *[1] * (x.ndim - 1))
        return jnp.concatenate(
            [x, jnp.broadcast_to(statistic, (*x.shape[:-1], 1))], axis=-1
        )


class Chain(nn.Module):
    """Composition of modules.

    Attributes:
      layers: Modules of one input, in order. Modules with an argument `train` or
        `deterministic` receive it.

    Examples:
      >>> chain = Chain([nn.Dense(3), nn.Dense(2)])
      >>> variables = chain.init(jax.random.key(0), jnp.zeros((4, 5)))
      >>> sorted(variables["params"]), chain.apply(variables, jnp.zeros((4, 5))).shape
      (['layers_0', 'layers_1'], (4, 2))
    """

    layers: Sequence[nn.Module]

    @property
    def output_range(self) -> tuple[float, float] | None:
        """The output range of the last layer, None if unknown."""
        return getattr(self.layers[-1], "output_range", None)

    def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
        """Apply the modules in order."""
        for layer in self.layers:
            x = layer(x, **mode_argument(layer)(train))
        return x
