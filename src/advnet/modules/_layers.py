from collections.abc import Sequence
from functools import reduce

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax.typing import Initializer

from advnet.modules._initializers import symmetric_uniform
from advnet.networks import mode_argument


class Dropout(nn.Module):
    """Dropout that draws no more random bits than it needs.

    Eight bits decide a unit where `keep` is a multiple of 1/256, sixteen otherwise (so
    `keep` is met to 1e-5); kept activations are scaled by 1 / keep at train time.

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
        """Drops units of `x` [m, ..., n], independently for each example."""
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
    """Random unsigned integers, several cut from each 32-bit draw."""
    per_draw = 32 // bits
    num_draws = -(-shape[-1] // per_draw)
    draws = jax.random.bits(key, (*shape[:-1], num_draws), jnp.uint32)
    dtype = {8: jnp.uint8, 16: jnp.uint16}[bits]
    integers = jax.lax.bitcast_convert_type(draws, dtype)
    return integers.reshape(*shape[:-1], -1)[..., : shape[-1]]


class Maxout(nn.Module):
    """The maximum over several affine pieces per unit.

    Attributes:
      units: Number of units, n.
      pieces: Affine pieces per unit.
      kernel_init: Initializer of the kernel [inputs, pieces * units], piece-major.

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
        """Maps [m, inputs] to [m, units]."""
        x = nn.Dense(self.pieces * self.units, kernel_init=self.kernel_init)(x)
        # Pieces outermost: the maximum runs over whole contiguous rows.
        return reduce(jnp.maximum, jnp.split(x, self.pieces, axis=-1))


class MinibatchStdDev(nn.Module):
    """Appends how much the examples of a group differ, one number per group.

    A critic that sees it can tell a collapsed generator by its lack of variety.

    Attributes:
      group_size: Examples per group; the batch is one group where it does not divide.

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
        """Maps [m, ..., c] to [m, ..., c + 1]."""
        num = x.shape[0]
        groups = num // self.group_size if num % self.group_size == 0 else 1
        # Examples i, i + groups, ... form a group: no data moves on a sharded batch.
        grouped = x.reshape(num // groups, groups, -1)
        deviation = jnp.sqrt(grouped.var(axis=0) + 1e-8).mean(axis=-1)
        statistic = jnp.tile(deviation, num // groups)
        statistic = statistic.reshape(num, *[1] * (x.ndim - 1))
        return jnp.concatenate(
            [x, jnp.broadcast_to(statistic, (*x.shape[:-1], 1))], axis=-1
        )


class Chain(nn.Module):
    """Modules one after the other.

    Attributes:
      layers: What each is shown is what the one before it returned; those that ask
        are told whether they train.

    Examples:
      >>> chain = Chain([nn.Dense(3), nn.Dense(2)])
      >>> variables = chain.init(jax.random.key(0), jnp.zeros((4, 5)))
      >>> sorted(variables["params"]), chain.apply(variables, jnp.zeros((4, 5))).shape
      (['layers_0', 'layers_1'], (4, 2))
    """

    layers: Sequence[nn.Module]

    @property
    def output_range(self) -> tuple[float, float] | None:
        """That of the last layer, if it has one."""
        return getattr(self.layers[-1], "output_range", None)

    def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
        """Applies them in order."""
        for layer in self.layers:
            x = layer(x, **mode_argument(layer)(train))
        return x
