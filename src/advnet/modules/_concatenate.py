"""Modules with several inputs or outputs, composed from modules of one input."""

from collections.abc import Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax.typing import Initializer

from advnet._validation import check_classes, is_floating
from advnet.networks import mode_argument
from advnet.types import PyTree


class Concatenate(nn.Module):
    """Module of several inputs, such as (x, c), (z, c), (x, z) or (x, mask).

    The inputs are concatenated for a network of one input. Integers become one-hot
    vectors. By default every input is flattened and the result is a vector [m, n]. With
    `channels`, maps [m, ..., c] of the same size are concatenated along their channels.
    Vectors [m, n] become channels that are constant over the map.

    Attributes:
      network: A Linen module of one input.
      num_classes: Length of the one-hot vectors; required if an input contains
        integers: [m] for a class, [m, l] for several labels.
      channels: Whether to concatenate along channels instead of flattening.

    Raises:
      ValueError: At a call, if a class is out of range (traced values are not checked),
        if labels are not integers, or if maps differ in size.

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
        """The output range of the network, None if unknown."""
        return getattr(self.network, "output_range", None)

    def __call__(self, *inputs: PyTree, train: bool = False):
        """Apply the network to the concatenation of the inputs [m, ...]."""
        leaves = jax.tree.leaves(inputs)
        _check_has_classes(leaves, self.num_classes)
        dtypes = (leaf.dtype for leaf in leaves if is_floating(leaf))
        dtype = next(dtypes, jnp.float32)
        leaves = [_to_floating(leaf, self.num_classes, dtype) for leaf in leaves]
        if self.channels:
            leaves = _to_maps(leaves)
        else:
            leaves = [leaf.reshape(leaf.shape[0], -1) for leaf in leaves]
        x = jnp.concatenate(leaves, axis=-1)
        return self.network(x, **mode_argument(self.network)(train))


class Projection(nn.Module):
    r"""Critic whose logit contains a product of features and condition.

    .. math:: D(x, c) = l(x) + \langle \operatorname{embed}(c), f(x) \rangle

    Attributes:
      trunk: Module `x -> (logits [m], features [m, n])`, such as
        `MaxoutDiscriminator(features=True)`.
      num_classes: Number of classes; required if the condition is a class.
      features: Whether to return the trunk's features as well, for a `Head`.
      embedding_init: Initializer of the embedding [conditions, n]. Zeros suit features
        of many values, whose product would be large.

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
    embedding_init: Initializer = nn.initializers.lecun_normal()

    @nn.compact
    def __call__(self, x: PyTree, condition: jax.Array, *, train: bool = False):
        """Map examples and conditions to logits [m], and optional features."""
        logits, features = self.trunk(x, **mode_argument(self.trunk)(train))
        vectors = condition_vectors(features, condition, self.num_classes)
        embed = nn.Dense(
            features.shape[-1], use_bias=False, kernel_init=self.embedding_init
        )
        embedding = embed(vectors)
        logits = logits.reshape(-1) + jnp.sum(embedding * features, axis=-1)
        return (logits, features) if self.features else logits


class Head(nn.Module):
    """Critic with a second output, which predicts a class or the code of a sample.

    Attributes:
      trunk: Module `x -> (logits [m], features [m, n])`.
      outputs: Size of the second output.

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
        """Map inputs to (logits [m], second output [m, outputs])."""
        logits, features = self.trunk(*inputs, **mode_argument(self.trunk)(train))
        return logits, nn.Dense(self.outputs)(features)


class MixtureNoise(nn.Module):
    """Trainable noise: a mixture of Gaussians with learned means and scales.

    Use it as the first layer of a generator whose prior is
    `priors.concatenated(priors.normal(n), priors.categorical(k))`. The output is
    mean[component] + scale[component] * eps.

    Attributes:
      components: Number of Gaussians, k.
      spread: Half-width of the uniform distribution of the initial means.

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
        """Map `z` [m, n + k], eps and a one-hot component, to noise [m, n]."""
        noise, component = z[:, : -self.components], z[:, -self.components :]
        shape = self.components, noise.shape[1]
        uniform = lambda key, shape: jax.random.uniform(
            key, shape, jnp.float32, -self.spread, self.spread
        )
        means = self.param("means", uniform, shape)
        scales = self.param("scales", nn.initializers.ones, shape)
        return component @ means + (component @ scales) * noise


def condition_vectors(
    like: jax.Array, condition: PyTree, num_classes: int | None
) -> jax.Array:
    """Return a condition, labels [m] or numbers [m, ...], as vectors [m, l].

    Args:
      like: Array whose type the vectors get.
      condition: The condition; integers become one-hot vectors.
      num_classes: Length of one-hot vectors; required for integers.

    Raises:
      ValueError: If a class is out of range, or labels are not integers.
    """
    _check_has_classes([like, condition], num_classes)
    vectors = _to_floating(condition, num_classes, like.dtype)
    return vectors.reshape(vectors.shape[0], -1)


def _check_has_classes(leaves: Sequence[jax.Array], num_classes: int | None) -> None:
    """Raise if classes are expected and an input looks like labels of another type."""
    if num_classes is None or any(
        jnp.issubdtype(leaf.dtype, jnp.integer) for leaf in leaves
    ):
        return
    for leaf in leaves[1:]:  # the first input is the example or the noise
        if leaf.shape in ((leaf.shape[0],), (leaf.shape[0], 1)):
            raise ValueError(
                f"Expected integers [m] below num_classes={num_classes}, or "
                f"probabilities [m, {num_classes}], got {leaf.dtype} "
                f"{list(leaf.shape)}. Convert labels to integers, "
                "labels.astype('int32'), or leave num_classes out."
            )


def _to_floating(leaf: jax.Array, num_classes: int | None, dtype) -> jax.Array:
    """Convert integers to one-hot vectors, and masks to numbers, of type `dtype`."""
    if jnp.issubdtype(leaf.dtype, jnp.integer):
        if num_classes is None:
            raise ValueError(
                f"An input of integers {leaf.shape} needs num_classes=..., the length "
                "of its one-hot vectors. Pass num_classes, or convert it to floats."
            )
        check_classes(leaf, num_classes)
        return jax.nn.one_hot(leaf, num_classes, dtype=dtype)
    return leaf if is_floating(leaf) else leaf.astype(dtype)


def _to_maps(leaves: Sequence[jax.Array]) -> list[jax.Array]:
    """Broadcast vectors [m, n] over the positions of the largest map."""
    positions = max(leaves, key=lambda leaf: leaf.ndim).shape[1:-1]

    def to_map(leaf: jax.Array) -> jax.Array:
        if leaf.shape[1:-1] == positions:
            return leaf
        if leaf.ndim > 2:
            raise ValueError(
                f"Expected vectors and maps of one size {positions}, got a map of "
                f"{leaf.shape[1:-1]}. Resize it with jax.image.resize."
            )
        x = leaf.reshape(leaf.shape[0], *(1,) * len(positions), -1)
        return jnp.broadcast_to(x, (leaf.shape[0], *positions, x.shape[-1]))

    return [to_map(leaf) for leaf in leaves]
