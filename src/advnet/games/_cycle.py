from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from advnet._validation import check_players_exist
from advnet.games import _validation
from advnet.games._adversarial import Readout, adversarial
from advnet.games._combine import combine
from advnet.networks import as_network
from advnet.types import Comparison, Game, Loss, Play, PyTree, Term, View

_BATCH = (
    "(a [m, ...], b [m, ...]), as in lambda step: (batches_a(step), batches_b(step))"
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
    readout: Readout | None = None,
    **options: Any,
) -> Game:
    r"""Build a game that translates between two kinds of data without pairs (CycleGAN).

    It consists of two adversarial games, F(a) against b and G(b) against a. The
    translators F and G also minimize
    :math:`\lambda\,(\lvert G(F(a)) - a \rvert + \lvert F(G(b)) - b \rvert)`.

    Args:
      forward: F, `a [m, ...] -> b [m, ...]`.
      backward: G, `b -> a`.
      critic_a: `a -> logits [m]`.
      critic_b: `b -> logits [m]`.
      loss: Loss of both games; see `advnet.losses`.
      weight: λ, which multiplies the mean absolute error per value.
      terms: Terms of the four players, such as `r1(player="critic_a")`.
      readout: Function from a critic's output to its logits; see `adversarial`.
      **options: Further arguments of `adversarial` for both games, such as `history`:
        the reference uses a history of 50.

    Returns:
      A game whose batch is `(a, b)`, unpaired. Translate with
      `advnet.apply(game, state, "forward", a)`.

    Raises:
      KeyError: If the player of a term is not one of the four.
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

    def translation_game(translator: str, critic: str, source: int) -> Game:
        def compare(play: Play, batch: PyTree, key: jax.Array) -> Comparison:
            domains = _validation.require_pair(batch, "cycle", _BATCH)
            fake = play(translator, domains[source])
            return Comparison(real=(domains[1 - source],), fake=(fake,))

        players = {translator: translators[translator], critic: critics[critic]}
        own_terms = [term for term in terms if term.player in players]
        return adversarial(
            players,
            compare,
            loss=loss,
            terms=[*own_terms, Term("cycle", translator, _cycle_error, weight)],
            readout=readout,
            critic=critic,
            **options,
        )

    return combine(
        [
            (translation_game("forward", "critic_b", 0), 1.0),
            (translation_game("backward", "critic_a", 1), 1.0),
        ],
        turns=(tuple(critics), tuple(translators)),
    )


def _cycle_error(view: View) -> jax.Array:
    """Compute the mean absolute errors of both round trips."""
    a, b = view.batch
    error = _round_trip_error(view.play, "forward", "backward", a)
    return error + _round_trip_error(view.play, "backward", "forward", b)


def _round_trip_error(play: Play, first: str, second: str, x: jax.Array) -> jax.Array:
    translation = play.pure(first)(x)
    play.ensure_initialized(second, translation)
    # Pure calls keep the batch statistics those of real inputs.
    return jnp.abs(play.pure(second)(translation) - x).mean()
