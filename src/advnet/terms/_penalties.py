"""Penalties on the gradient of the critic with respect to its inputs."""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp

from advnet._logits import logit_maps, position_means, weighted_mean
from advnet.types import PyTree, Term, View, Weight


def gradient_penalty(
    weight: float = 10.0, *, target: float = 1.0, player: str = "discriminator"
) -> Term:
    r"""Pull the critic's gradient norm towards `target` between data and samples.

    This is the penalty of WGAN-GP,

    .. math:: (\lVert \nabla D(\hat x) \rVert_2 - 1)^2,\quad
              \hat x = \epsilon x + (1 - \epsilon) G(z),\ \epsilon \sim U[0, 1]

    with its own epsilon and gradient norm for every example.

    Args:
      weight: Factor of the penalty.
      target: Gradient norm that costs nothing.
      player: Name of the critic.

    Returns:
      A term whose value is per example, [m].

    Examples:
      >>> advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.wasserstein(), terms=[gradient_penalty()],
      ... ).turns
      (('discriminator',), ('generator',))

    References:
      Gulrajani et al. 2017, eq. 3. Batch statistics couple examples: prefer layer
      normalization in the critic.
    """

    def fn(view: View) -> jax.Array:
        between = _interpolate(view.comparison.real, view.comparison.fake, view.key)
        return _average_over_maps(view, between, _norm_error(target))

    return Term("gradient_penalty", player, fn, weight)


def r1(weight: Weight = 5.0, *, player: str = "discriminator") -> Term:
    r"""Penalize the critic's squared gradient norm at the data.

    .. math:: \lVert\nabla D(x)\rVert^2

    D(x) is the mean logit of an example where the critic has a logit for each patch.

    Args:
      weight: Factor of the squared norm: gamma / 2 of the reference.
      player: Name of the critic.

    Returns:
      A term whose value is per example, [m].

    Examples:
      >>> r1(0.5).name
      'r1'

    References:
      Mescheder et al. 2018, eq. 9.
    """

    def fn(view: View) -> jax.Array:
        return _average_over_maps(view, view.comparison.real)

    return Term("r1", player, fn, weight)


def r2(weight: Weight = 5.0, *, player: str = "discriminator") -> Term:
    r"""Penalize the critic's squared gradient norm at samples.

    .. math:: \lVert\nabla D(G(z))\rVert^2

    Args:
      weight: Factor of the squared norm: gamma / 2 of the reference.
      player: Name of the critic.

    Returns:
      A term whose value is per example, [m].

    Examples:
      >>> r2(0.5).name
      'r2'

    References:
      Mescheder et al. 2018, eq. 10.
    """

    def fn(view: View) -> jax.Array:
        return _average_over_maps(view, view.comparison.fake)

    return Term("r2", player, fn, weight)


def dragan(
    weight: float = 10.0,
    *,
    target: float = 1.0,
    noise: float = 0.5,
    player: str = "discriminator",
) -> Term:
    r"""Pull the critic's gradient norm towards `target` around the data (DRAGAN).

    .. math:: (\lVert \nabla D(\hat x) \rVert_2 - 1)^2,\quad
              \hat x = x + \epsilon\, c\, \mathrm{std}(x)\, u

    with u uniform on [0, 1] for each coordinate and epsilon uniform on [0, 1] for each
    example.

    Args:
      weight: Factor of the penalty.
      target: Gradient norm that costs nothing.
      noise: Scale of the noise, c, in standard deviations of the batch.
      player: Name of the critic.

    Returns:
      A term whose value is per example, [m].

    Examples:
      >>> dragan().weight
      10.0

    References:
      Kodali et al. 2017, algorithm 1 and its published code.
    """

    def fn(view: View) -> jax.Array:
        noise_key, mix_key = jax.random.split(view.key)
        real = view.comparison.real
        leaves, structure = jax.tree.flatten(real)
        keys = jax.random.split(noise_key, len(leaves))
        noisy = structure.unflatten(
            x + noise * x.std() * jax.random.uniform(key, x.shape, x.dtype)
            for x, key in zip(leaves, keys, strict=True)
        )
        around = _interpolate(noisy, real, mix_key)
        return _average_over_maps(view, around, _norm_error(target))

    return Term("dragan", player, fn, weight)


def _interpolate(start: PyTree, end: PyTree, key: jax.Array) -> PyTree:
    """Compute epsilon * start + (1 - epsilon) * end, with an epsilon per example."""
    num = jax.tree.leaves(start)[0].shape[0]
    epsilon = jax.random.uniform(key, (num,))

    def mix(a: jax.Array, b: jax.Array) -> jax.Array:
        share = epsilon.astype(a.dtype).reshape(num, *[1] * (a.ndim - 1))
        return share * a + (1 - share) * b

    return jax.tree.map(mix, start, end)


def _norm_error(target: float) -> Callable[[jax.Array], jax.Array]:
    """Return the squared error of a gradient norm, as a function of its square."""
    # The norm is constant below 1e-6, because its own gradient is infinite at 0.
    return lambda squared: (jnp.sqrt(jnp.maximum(squared, 1e-12)) - target) ** 2


def _average_over_maps(
    view: View,
    inputs: PyTree,
    cost: Callable[[jax.Array], jax.Array] = lambda squared: squared,
) -> jax.Array:
    """Average `cost(squared gradient norm [m])` over the critic's maps, [m].

    The gradient is that of an example's mean logit in each map: the gradient of its sum
    would grow with the square of the number of patches.
    """

    def sums(args: PyTree) -> list[jax.Array]:
        # Examples are independent: the gradient of the sum contains each example's own.
        return [position_means(x).sum() for x in logit_maps(view.critic(*args))]

    values, pull_back = jax.vjp(sums, inputs)
    costs = []
    for index in range(len(values)):
        one_hot = [jnp.full((), i == index, x.dtype) for i, x in enumerate(values)]
        (gradient,) = pull_back(one_hot)
        squares = [
            jnp.sum(leaf.reshape(leaf.shape[0], -1) ** 2, axis=1)
            for leaf in jax.tree.leaves(gradient)
        ]
        costs.append(cost(functools.reduce(jnp.add, squares)))
    return weighted_mean(costs, view.map_weights)
