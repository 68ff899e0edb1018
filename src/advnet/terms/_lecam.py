"""LeCam regularization: the critic's logits stay near running means of their past."""

import functools

import jax
import jax.numpy as jnp

from advnet._logits import map_means
from advnet.types import Term, View, Weight


def lecam(
    weight: Weight = 0.3, *, memory: str = "lecam", player: str = "discriminator"
) -> Term:
    r"""Penalize logits beyond the running mean of the other side.

    .. math:: \mathbb{E} [D(x) - m_{fake}]_+^2 + \mathbb{E} [m_{real} - D(G(z))]_+^2

    Here m are running means of the logits, one for each map. They are a memory of the
    game: `games.adversarial(..., memories={"lecam": games.running_mean(decay=0.9)})`.
    To begin later, pass a schedule as `weight`.

    Args:
      weight: Factor of the term, a number or a function of the step.
      memory: Name of the memory of running means.
      player: Name of the critic.

    Returns:
      A term with one value for each example.

    Raises:
      ValueError: At `init`, if the game has no memory of that name.

    Examples:
      >>> game = advnet.games.adversarial(
      ...     {"generator": nn.Dense(2), "discriminator": nn.Dense(1)},
      ...     lambda play, x, key: Comparison((x,), (play("generator", x),)),
      ...     loss=advnet.losses.hinge(),
      ...     terms=[lecam(0.3)],
      ...     memories={"lecam": advnet.games.running_mean(decay=0.9)},
      ... )
      >>> list(game.memories)
      ['lecam']

    References:
      Tseng et al. 2021, equation 6.
    """

    def fn(view: View) -> jax.Array:
        logits = {"real": view.real_logits, "fake": view.fake_logits}
        current = jax.tree.map(jnp.mean, logits)
        means = view.play.memories.get(memory, current)
        view.play.record(memory, current)
        above = lambda x, mean: jnp.maximum(x - mean, 0) ** 2
        below = lambda x, mean: jnp.maximum(mean - x, 0) ** 2
        average = functools.partial(map_means, weights=view.map_weights)
        real = average(above, logits["real"], means["fake"])
        return real + average(below, logits["fake"], means["real"])

    return Term("lecam", player, fn, weight)
