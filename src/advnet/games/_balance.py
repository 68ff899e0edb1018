"""Weight of the adversarial loss against another term, by gradient norms."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

from advnet.terms import weight_at
from advnet.types import PyTree, Schedule, Term, View, Weight


class Balance(NamedTuple):
    r"""Weight that balances the adversarial loss against a term of the same player.

    .. math:: \lambda = s(t) \cdot \operatorname{clip}\left(
              \frac{\lVert \nabla_x T \rVert}{\lVert \nabla_x L \rVert + \epsilon},
              0, \lambda_{max}\right)

    with T the weighted term, L the adversarial loss, and x the generator's output.
    VQGAN takes both gradients at the decoder's last layer; at the output they do not
    depend on the network's structure.

    Attributes:
      term: Name of a term of the player, a function of the samples.
      scale: s(t), a number or a schedule: 0 before a step starts the game late.
      max_weight: Largest ratio.
      epsilon: Added to the norm of the adversarial gradient.
      memory: Name of a `games.running_mean` among the game's memories, whose averages
        take the place of both norms (EnCodec).

    Examples:
      >>> Balance("paired", scale=0.8).max_weight
      10000.0

    References:
      Esser et al. 2021, eq. 7; Défossez et al. 2022, section 3.4.
    """

    term: str
    scale: float | Schedule = 1.0
    max_weight: float = 1e4
    epsilon: float = 1e-4
    memory: str = ""


AdversarialWeight = Weight | Balance


def adversarial_weight(
    weight: AdversarialWeight,
    terms: Sequence[Term],
    player: str,
    view: View,
    loss: Callable[[View], jax.Array],
) -> jax.Array:
    """Compute the factor of the adversarial loss, which is not differentiated."""
    if not isinstance(weight, Balance):
        return jnp.asarray(weight_at(weight, view.step), jnp.float32)
    own = {term.name: term for term in terms if term.player == player}
    if weight.term not in own:
        raise ValueError(
            f"Balance(term={weight.term!r}) needs a term of {player} of that name; its "
            f"terms are {sorted(own)}."
        )
    term = own[weight.term]

    def adversarial_loss(fake: PyTree) -> jax.Array:
        return loss(view._replace(fake_logits=view.critic(*fake)))

    def term_value(fake: PyTree) -> jax.Array:
        comparison = view.comparison._replace(fake=fake)
        return term.fn(view._replace(comparison=comparison)).mean()

    fake = view.comparison.fake
    norms = jnp.stack(
        [_norm(jax.grad(fn)(fake)) for fn in (term_value, adversarial_loss)]
    )
    if weight.memory:
        view.play.record(weight.memory, norms)
        norms = view.play.memories[weight.memory]
    of_term, of_loss = norms
    of_term = of_term * jnp.abs(weight_at(term.weight, view.step))
    ratio = jnp.clip(of_term / (of_loss + weight.epsilon), 0.0, weight.max_weight)
    factor = weight_at(weight.scale, view.step) * ratio
    return jax.lax.stop_gradient(jnp.asarray(factor, jnp.float32))


def _norm(gradient: PyTree) -> jax.Array:
    squares = [jnp.sum(leaf**2) for leaf in jax.tree.leaves(gradient)]
    return jnp.sqrt(sum(squares[1:], squares[0]))
