"""Penalties on the slope of the critic at an example's place."""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp

from advnet.types import PyTree, Term, View


def gradient_penalty(
    weight: float = 10.0, *, target: float = 1.0, player: str = "discriminator"
) -> Term:
    r"""Pulls the critic's slope towards `target` between real and fake (WGAN-GP).

    .. math:: (\lVert \nabla D(\hat x) \rVert_2 - 1)^2,\quad
              \hat x = \epsilon x + (1 - \epsilon) G(z),\ \epsilon \sim U[0, 1]

    with an epsilon and a norm for every example.

    Args:
      weight: Multiplies the penalty.
      target: The slope asked for.
      player: The critic.

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
        return (_slopes(view.critic, between) - target) ** 2

    return Term("gradient_penalty", player, fn, weight)


def r1(weight: float = 5.0, *, player: str = "discriminator") -> Term:
    r"""Penalizes the critic's slope at the data, :math:`\lVert\nabla D(x)\rVert^2`.

    Args:
      weight: Multiplies the squared slope: gamma / 2 of the reference.
      player: The critic.

    Returns:
      A term whose value is per example, [m].

    Examples:
      >>> r1(0.5).name
      'r1'

    References:
      Mescheder et al. 2018, eq. 9.
    """

    def fn(view: View) -> jax.Array:
        return _squared_slopes(view.critic, view.comparison.real)

    return Term("r1", player, fn, weight)


def r2(weight: float = 5.0, *, player: str = "discriminator") -> Term:
    r"""Penalizes the critic's slope at samples, :math:`\lVert\nabla D(G(z))\rVert^2`.

    Args:
      weight: Multiplies the squared slope: gamma / 2 of the reference.
      player: The critic.

    Returns:
      A term whose value is per example, [m].

    Examples:
      >>> r2(0.5).name
      'r2'

    References:
      Mescheder et al. 2018, eq. 10.
    """

    def fn(view: View) -> jax.Array:
        return _squared_slopes(view.critic, view.comparison.fake)

    return Term("r2", player, fn, weight)


def dragan(
    weight: float = 10.0,
    *,
    target: float = 1.0,
    noise: float = 0.5,
    player: str = "discriminator",
) -> Term:
    r"""Pulls the critic's slope towards `target` around the data (DRAGAN).

    .. math:: (\lVert \nabla D(\hat x) \rVert_2 - 1)^2,\quad
              \hat x = x + \epsilon\, c\, \mathrm{std}(x)\, u

    with u and epsilon uniform on [0, 1], per coordinate and per example.

    Args:
      weight: Multiplies the penalty.
      target: The slope asked for.
      noise: c, in standard deviations of the batch.
      player: The critic.

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
        disturbed = structure.unflatten(
            x + noise * x.std() * jax.random.uniform(key, x.shape, x.dtype)
            for x, key in zip(leaves, keys, strict=True)
        )
        around = _interpolate(disturbed, real, mix_key)
        return (_slopes(view.critic, around) - target) ** 2

    return Term("dragan", player, fn, weight)


def _interpolate(start: PyTree, end: PyTree, key: jax.Array) -> PyTree:
    """Epsilon · start + (1 - epsilon) · end, with one epsilon for each example."""
    num = jax.tree.leaves(start)[0].shape[0]
    epsilon = jax.random.uniform(key, (num,))

    def mix(a: jax.Array, b: jax.Array) -> jax.Array:
        share = epsilon.astype(a.dtype).reshape(num, *[1] * (a.ndim - 1))
        return share * a + (1 - share) * b

    return jax.tree.map(mix, start, end)


def _slopes(critic: Callable[..., jax.Array], shown: PyTree) -> jax.Array:
    """Norm, per example [m], of the critic's gradient at what it is shown."""
    # Below 1e-6 the norm counts as constant: its own gradient is infinite at 0.
    return jnp.sqrt(jnp.maximum(_squared_slopes(critic, shown), 1e-12))


def _squared_slopes(critic: Callable[..., jax.Array], shown: PyTree) -> jax.Array:
    """Squared norm, per example [m], of the critic's gradient at what it is shown."""
    # Examples do not interact, so the gradient of the sum holds each one's own.
    gradient = jax.grad(lambda inputs: critic(*inputs).sum())(shown)
    squares = [
        jnp.sum(leaf.reshape(leaf.shape[0], -1) ** 2, axis=1)
        for leaf in jax.tree.leaves(gradient)
    ]
    return functools.reduce(jnp.add, squares)
