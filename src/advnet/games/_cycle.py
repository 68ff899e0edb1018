from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from advnet._validation import check_players_exist
from advnet.games import _validation
from advnet.games._adversarial import adversarial
from advnet.games._play import Play
from advnet.networks import as_network
from advnet.types import Comparison, Game, Loss, Objective, PyTree, Term

_BATCH = (
    "(a [m, ...], b [m, ...]), such as lambda step: (first(step), second(step)) gives"
)


def cycle(
    forward: Any,
    backward: Any,
    critic_a: Any,
    critic_b: Any,
    *,
    loss: Loss,
    weight: float = 10.0,
    terms: Sequence[Term] = (),
) -> Game:
    r"""Translates between two kinds of data without pairs (CycleGAN).

    Two adversarial games, F(a) against b and G(b) against a, whose generators also
    minimize :math:`\lambda\,(\lvert G(F(a)) - a \rvert + \lvert F(G(b)) - b \rvert)`.

    Args:
      forward: F, `a [m, ...] -> b [m, ...]`.
      backward: G, `b -> a`.
      critic_a: `a -> logits [m]`.
      critic_b: `b -> logits [m]`.
      loss: Of both games.
      weight: λ, on the mean absolute error per value.
      terms: Penalties of the four players, such as `r1(player="critic_a")`.

    Returns:
      A game whose batch is `(a, b)`, unpaired. Translate with
      `advnet.apply(game, state, "forward", a)`.

    Raises:
      KeyError: If a term is of none of the four.
      TypeError: At `init`, if the batch is not a pair.

    Examples:
      >>> dense = lambda: nn.Dense(1)
      >>> game = cycle(
      ...     dense(), dense(), dense(), dense(), loss=advnet.losses.least_squares()
      ... )
      >>> game.turns
      (('critic_a', 'critic_b'), ('forward', 'backward'))

    References:
      Zhu et al. 2017, eq. 3.
    """
    names = ("forward", "backward", "critic_a", "critic_b")
    check_players_exist([term.player for term in terms], names, "a term's player")
    translators = {"forward": as_network(forward), "backward": as_network(backward)}
    critics = {"critic_a": as_network(critic_a), "critic_b": as_network(critic_b)}

    def against(name: str, critic: str, source: int) -> Game:
        def compare(play: Play, batch: PyTree, key: jax.Array) -> Comparison:
            sides = _validation.require_pair(batch, "cycle", _BATCH)
            fake = play(name, sides[source])
            return Comparison(real=(sides[1 - source],), fake=(fake,))

        players = {name: translators[name], critic: critics[critic]}
        own = [term for term in terms if term.player in players]
        return adversarial(players, compare, loss=loss, terms=own, critic=critic)

    to_b, to_a = against("forward", "critic_b", 0), against("backward", "critic_a", 1)
    return Game(
        players=translators | critics,
        objectives={
            "critic_a": to_a.objectives["critic_a"],
            "critic_b": to_b.objectives["critic_b"],
            "forward": _with_cycle(to_b.objectives["forward"], "forward", weight),
            "backward": _with_cycle(to_a.objectives["backward"], "backward", weight),
        },
        turns=(tuple(critics), tuple(translators)),
    )


def _with_cycle(objective: Objective, name: str, weight: float) -> Objective:
    def there_and_back(play: Play, first: str, second: str, x: jax.Array) -> jax.Array:
        translated = play.pure(first)(x)
        play.ensure_initialized(second, translated)
        # Read, not played: batch statistics stay those of real inputs.
        return jnp.abs(play.pure(second)(translated) - x).mean()

    def whole(play: Play, batch: PyTree, key: jax.Array):
        value, metrics = objective(play, batch, key)
        a, b = batch
        lost = there_and_back(play, "forward", "backward", a)
        lost = lost + there_and_back(play, "backward", "forward", b)
        return value + weight * lost, metrics | {f"{name}/cycle": lost}

    return whole
