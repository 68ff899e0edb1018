"""Players of several inputs, made from players of one."""

from collections.abc import Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp

from advnet import _validation
from advnet.networks import mode_argument
from advnet.types import PyTree


class Concatenate(nn.Module):
    """Shows a network several inputs as one: (x, c), (z, c), (x, z), (x, mask), ...

    Integers become one-hot vectors. By default everything is flattened to one vector
    [m, n]; with `channels`, maps [m, ..., c] of one size become channels of one map,
    and vectors [m, n] further channels, the same at every place.

    Attributes:
      network: A Linen module of one input.
      num_classes: Length of the one-hot vectors, needed where an input is of integers:
        [m] for a class, [m, l] for several labels at once.
      channels: Whether to append channels instead of coordinates.

    Raises:
      ValueError: At a call, if a class is out of range (where values can be seen, not
        inside `jit`), or maps differ in size.

    Examples:
      >>> critic = Concatenate(nn.Dense(1), num_classes=10)
      >>> x, label = jnp.zeros((2, 4, 4, 1)), jnp.array([3, 7])
      >>> variables = critic.init(jax.random.key(0), x, label)
      >>> variables["params"]["network"]["kernel"].shape
      (26, 1)

    References:
      Mirza and Osindero 2014, section 3.2.
    """

    network: nn.Module
    num_classes: int | None = None
    channels: bool = False

    @property
    def output_range(self) -> tuple[float, float] | None:
        """That of the network."""
        return getattr(self.network, "output_range", None)

    def __call__(self, *inputs: PyTree, train: bool = False):
        """Applies the network to the inputs [m, ...] side by side."""
        leaves = jax.tree.leaves(inputs)
        floating = (leaf.dtype for leaf in leaves if _is_floating(leaf))
        dtype = next(floating, jnp.float32)
        leaves = [_as_numbers(leaf, self.num_classes, dtype) for leaf in leaves]
        if self.channels:
            leaves = _as_maps(leaves)
        else:
            leaves = [leaf.reshape(leaf.shape[0], -1) for leaf in leaves]
        together = jnp.concatenate(leaves, axis=-1)
        return self.network(together, **mode_argument(self.network)(train))


class Projection(nn.Module):
    r"""A critic that meets the condition in its features.

    .. math:: D(x, c) = l(x) + \langle \operatorname{embed}(c), f(x) \rangle

    Attributes:
      trunk: `x -> (logits [m], features [m, n])`, such as
        `MaxoutDiscriminator(features=True)`.
      num_classes: How many classes, where the condition is one.
      features: Whether to pass the trunk's features on, for a `Head`.

    Examples:
      >>> from advnet.modules import MaxoutDiscriminator
      >>> critic = Projection(MaxoutDiscriminator(features=True), num_classes=10)
      >>> x, label = jnp.zeros((2, 784)), jnp.array([3, 7])
      >>> variables = critic.init(jax.random.key(0), x, label, train=False)
      >>> critic.apply(variables, x, label, train=False).shape
      (2,)

    References:
      Miyato and Koyama 2018, eq. 3.
    """

    trunk: nn.Module
    num_classes: int | None = None
    features: bool = False

    @nn.compact
    def __call__(self, x: PyTree, condition: jax.Array, *, train: bool = False):
        """Maps examples and conditions to logits [m], with features if asked."""
        logits, features = self.trunk(x, **mode_argument(self.trunk)(train))
        numbers = _as_numbers(condition, self.num_classes, features.dtype)
        flat = numbers.reshape(numbers.shape[0], -1)
        embedded = nn.Dense(features.shape[-1], use_bias=False)(flat)
        logits = logits.reshape(-1) + jnp.sum(embedded * features, axis=-1)
        return (logits, features) if self.features else logits


class Head(nn.Module):
    """Adds a second thing for a critic to say: classes, or the code behind a sample.

    Attributes:
      trunk: `x -> (logits [m], features [m, n])`.
      outputs: How many numbers the head has.

    Examples:
      >>> from advnet.modules import MaxoutDiscriminator
      >>> critic = Head(MaxoutDiscriminator(features=True), outputs=10)
      >>> variables = critic.init(jax.random.key(0), jnp.zeros((2, 784)), train=False)
      >>> logits, classes = critic.apply(variables, jnp.zeros((2, 784)), train=False)
      >>> classes.shape
      (2, 10)

    References:
      Odena et al. 2017; Chen et al. 2016.
    """

    trunk: nn.Module
    outputs: int

    @nn.compact
    def __call__(self, *inputs: PyTree, train: bool = False):
        """Gives (logits [m], head [m, outputs])."""
        logits, features = self.trunk(*inputs, **mode_argument(self.trunk)(train))
        return logits, nn.Dense(self.outputs)(features)


class MixtureNoise(nn.Module):
    """Learned noise: a mixture of Gaussians whose means and scales train with G.

    The first layer of a generator whose prior is `priors.concatenated(
    priors.normal(n), priors.categorical(k))`: component k of `z` is mean + scale * eps.

    Attributes:
      components: How many Gaussians, k.
      spread: Half the width of the uniform the means start from.

    Examples:
      >>> noise = MixtureNoise(components=3)
      >>> z = jnp.concatenate([jnp.zeros((2, 4)), jnp.eye(3)[:2]], axis=1)
      >>> variables = noise.init(jax.random.key(0), z)
      >>> noise.apply(variables, z).shape
      (2, 4)

    References:
      Gurumurthy et al. 2017 (DeLiGAN), eq. 2; Goodfellow et al. 2014, section 7.5.
    """

    components: int
    spread: float = 1.0

    @nn.compact
    def __call__(self, z: jax.Array) -> jax.Array:
        """Maps [m, n + k], eps and a one-hot component side by side, to [m, n]."""
        noise, component = z[:, : -self.components], z[:, -self.components :]
        shape = self.components, noise.shape[1]
        uniform = lambda key, shape: jax.random.uniform(
            key, shape, jnp.float32, -self.spread, self.spread
        )
        means = self.param("means", uniform, shape)
        scales = self.param("scales", nn.initializers.ones, shape)
        return component @ means + (component @ scales) * noise


def _is_floating(leaf: jax.Array) -> bool:
    return jnp.issubdtype(leaf.dtype, jnp.floating)


def _as_numbers(leaf: jax.Array, num_classes: int | None, dtype) -> jax.Array:
    """Integers as one-hot vectors and masks as numbers, of the type of the others."""
    if jnp.issubdtype(leaf.dtype, jnp.integer):
        if num_classes is None:
            raise ValueError(
                f"An input of integers {leaf.shape} needs num_classes=..., the length "
                "of its one-hot vectors; or pass numbers."
            )
        _validation.check_classes(leaf, num_classes)
        return jax.nn.one_hot(leaf, num_classes, dtype=dtype)
    return leaf if _is_floating(leaf) else leaf.astype(dtype)


def _as_maps(leaves: Sequence[jax.Array]) -> list[jax.Array]:
    places = max(leaves, key=lambda leaf: leaf.ndim).shape[1:-1]

    def spread(leaf: jax.Array) -> jax.Array:
        if leaf.shape[1:-1] == places:
            return leaf
        if leaf.ndim > 2:
            raise ValueError(
                f"Expected maps of one size {places} and vectors, got a map of "
                f"{leaf.shape[1:-1]}. Resize it: jax.image.resize."
            )
        flat = leaf.reshape(leaf.shape[0], *(1,) * len(places), -1)
        return jnp.broadcast_to(flat, (leaf.shape[0], *places, flat.shape[-1]))

    return [spread(leaf) for leaf in leaves]
