"""The heart: from one question to a whole game."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax

from advnet._validation import check_players_exist
from advnet.games import _validation
from advnet.games._play import Play
from advnet.games._readout import single_logit
from advnet.networks import as_network
from advnet.types import (
    Comparison,
    Game,
    Loss,
    Metrics,
    Objective,
    PyTree,
    Term,
    View,
)


def adversarial(
    players: Mapping[str, Any],
    compare: Callable[[Play, PyTree, jax.Array], Comparison],
    *,
    loss: Loss,
    terms: Sequence[Term] = (),
    critic: str = "discriminator",
    readout: Callable[[PyTree], jax.Array] | None = None,
    sample: Callable[..., PyTree] | None = None,
) -> Game:
    r"""Builds a game from the question: what two things does the critic tell apart?

    The critic minimizes the mean of `loss.discriminator`, everybody else that of
    `loss.generator`, each plus its own terms. The critic has the first turn, all the
    others share the second.

    Args:
      players: Networks by name, in any form `networks.as_network` takes.
      compare: `compare(play, batch, key) -> Comparison(real, fake, given)`.
      loss: What the critic's logits cost both sides.
      terms: Penalties and regularizers; their names must differ per player.
      critic: Which player is the critic.
      readout: From the critic's output to logits [m]. By default the output itself,
        [m] or [m, 1], or the first element of a tuple (logits, features).
      sample: `sample(play, key, num, condition)`, how the game draws from its model;
        `condition` is None where none is given.

    Raises:
      KeyError: If the critic or a term names a player the game does not have.
      TypeError: If `loss` is no loss or a term no term; at `init`, if `compare` returns
        no comparison, or data are integers where samples are not.
      ValueError: If two terms of one player share a name; at `init`, if examples and
        samples differ in shape or there are none.

    Examples:
      A game is 5 lines; this is the generative adversarial network itself:

      >>> def compare(play, x, key):
      ...     z = jax.random.normal(key, (len(x), 2))
      ...     return Comparison(real=(x,), fake=(play("generator", z),))
      >>> game = adversarial(
      ...     {"generator": nn.Dense(1), "discriminator": nn.Dense(1)},
      ...     compare,
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> game.turns
      (('discriminator',), ('generator',))
    """
    check_players_exist([critic], players, "the critic")
    _validation.check_loss(loss)
    _validation.check_terms(terms, players)
    evaluate_critic = _make_view(compare, critic, readout or single_logit)
    objectives = {
        name: _objective(
            evaluate_critic,
            loss,
            {term.name: term for term in terms if term.player == name},
            name,
            is_critic=name == critic,
        )
        for name in players
    }
    others = tuple(name for name in players if name != critic)
    return Game(
        players={name: as_network(source) for name, source in players.items()},
        objectives=objectives,
        turns=((critic,), others) if others else ((critic,),),
        sample=sample,
    )


def _make_view(compare, critic: str, readout) -> Callable[..., View]:
    """Shows the critic both sides of the comparison."""

    def evaluate_critic(play: Play, batch: PyTree, key: jax.Array) -> View:
        compare_key, term_key = jax.random.split(key)
        shown = compare(play, batch, compare_key)
        _validation.check_comparison(shown)
        # Two passes: in one, batch statistics would mix real with fake.
        real_output = play(critic, *shown.real, *shown.given)
        fake_output = play(critic, *shown.fake, *shown.given)
        read = play.pure(critic)
        return View(
            play=play,
            critic=lambda *inputs: readout(read(*inputs, *shown.given)),
            comparison=shown,
            real_output=real_output,
            fake_output=fake_output,
            real_logits=readout(real_output),
            fake_logits=readout(fake_output),
            batch=batch,
            key=term_key,
        )

    return evaluate_critic


def _objective(
    evaluate_critic,
    loss: Loss,
    terms: Mapping[str, Term],
    name: str,
    *,
    is_critic: bool,
) -> Objective:
    cost = loss.discriminator if is_critic else loss.generator

    def objective(play: Play, batch: PyTree, key: jax.Array):
        view = evaluate_critic(play, batch, key)
        value = cost(view.real_logits, view.fake_logits).mean()
        metrics = {f"{name}/loss": value}
        for index, term in enumerate(terms.values()):
            term_key = jax.random.fold_in(view.key, index)
            amount = term.fn(view._replace(key=term_key)).mean()
            metrics[f"{name}/{term.name}"] = amount
            value = value + term.weight * amount
        return value, metrics | (_critic_metrics(name, loss, view) if is_critic else {})

    return objective


def _critic_metrics(name: str, loss: Loss, view: View) -> Metrics:
    """What the critic says of both sides, on average."""
    sides = {"real": view.real_logits, "fake": view.fake_logits}
    verdict = {f"{name}/{side}_logit": x.mean() for side, x in sides.items()}
    if loss.probability is not None:
        for side, logits in sides.items():
            verdict[f"{name}/{side}_probability"] = loss.probability(logits).mean()
    return verdict
