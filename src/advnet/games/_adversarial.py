from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax

from advnet._validation import check_players_exist
from advnet.games import _validation
from advnet.games._readout import single_logit
from advnet.networks import as_network
from advnet.types import (
    Comparison,
    Game,
    Loss,
    Metrics,
    Objective,
    Play,
    PyTree,
    Sampler,
    Term,
    View,
)

Compare = Callable[[Play, PyTree, jax.Array], Comparison]
Readout = Callable[[PyTree], jax.Array]
EvaluateCritic = Callable[[Play, PyTree, jax.Array], View]


def adversarial(
    players: Mapping[str, Any],
    compare: Compare,
    *,
    loss: Loss,
    terms: Sequence[Term] = (),
    critic: str = "discriminator",
    readout: Readout | None = None,
    sample: Sampler | None = None,
) -> Game:
    r"""Build a game with one critic from the function that says what it compares.

    The critic minimizes the mean of `loss.discriminator`, and every other player the
    mean of `loss.generator`. Each player adds its own terms. The critic has the first
    turn, the other players share the second.

    Args:
      players: Networks by name, in any form that `networks.as_network` accepts.
      compare: `compare(play, batch, key) -> Comparison(real, fake, given)`.
      loss: Losses of the critic and of the other players, functions of the logits.
      terms: Penalties and regularizers; the terms of one player need different names.
      critic: Name of the critic among the players.
      readout: Function from the critic's output to logits [m]. The default reads an
        output [m] or [m, 1], or the first element of a tuple (logits, features).
      sample: `sample(play, key, num, *, condition=None, noise=None)`, which draws from
        the model; see `games.sampler`.

    Returns:
      A game.

    Raises:
      KeyError: If the critic or the player of a term is not among the players.
      TypeError: If `loss` is not a Loss or `terms` holds something that is not a Term;
        at `init`, if `compare` does not return a Comparison, or the data are integers
        and the samples are not.
      ValueError: If two terms of a player share a name; at `init`, if examples and
        samples differ in shape or the batch is empty.

    Examples:
      The generative adversarial network itself takes five lines:

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
    opponents = tuple(name for name in players if name != critic)
    return Game(
        players={name: as_network(source) for name, source in players.items()},
        objectives=objectives,
        turns=((critic,), opponents) if opponents else ((critic,),),
        sample=sample,
    )


def _make_view(compare: Compare, critic: str, readout: Readout) -> EvaluateCritic:
    """Return a function that evaluates the critic on both sides of a comparison."""

    def evaluate_critic(play: Play, batch: PyTree, key: jax.Array) -> View:
        compare_key, term_key = jax.random.split(key)
        comparison = compare(play, batch, compare_key)
        _validation.check_comparison(comparison)
        # In a single pass, batch statistics would mix real and fake examples.
        real_output = play(critic, *comparison.real, *comparison.given)
        fake_output = play(critic, *comparison.fake, *comparison.given)
        pure_critic = play.pure(critic)
        return View(
            play=play,
            critic=lambda *inputs: readout(pure_critic(*inputs, *comparison.given)),
            comparison=comparison,
            real_output=real_output,
            fake_output=fake_output,
            real_logits=readout(real_output),
            fake_logits=readout(fake_output),
            batch=batch,
            key=term_key,
        )

    return evaluate_critic


def _objective(
    evaluate_critic: EvaluateCritic,
    loss: Loss,
    terms: Mapping[str, Term],
    name: str,
    *,
    is_critic: bool,
) -> Objective:
    """Return the objective of a player: its loss plus its weighted terms."""
    cost = loss.discriminator if is_critic else loss.generator

    def objective(
        play: Play, batch: PyTree, key: jax.Array
    ) -> tuple[jax.Array, Metrics]:
        view = evaluate_critic(play, batch, key)
        value = cost(view.real_logits, view.fake_logits).mean()
        metrics = {f"{name}/loss": value}
        for index, term in enumerate(terms.values()):
            term_key = jax.random.fold_in(view.key, index)
            term_value = term.fn(view._replace(key=term_key)).mean()
            metrics[f"{name}/{term.name}"] = term_value
            value = value + term.weight * term_value
        return value, metrics | (_critic_metrics(name, loss, view) if is_critic else {})

    return objective


def _critic_metrics(name: str, loss: Loss, view: View) -> Metrics:
    """Compute the mean logits and probabilities of real and fake examples."""
    logits_by_side = {"real": view.real_logits, "fake": view.fake_logits}
    metrics = {f"{name}/{side}_logit": x.mean() for side, x in logits_by_side.items()}
    if loss.probability is not None:
        for side, logits in logits_by_side.items():
            metrics[f"{name}/{side}_probability"] = loss.probability(logits).mean()
    return metrics
