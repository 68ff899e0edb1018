from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from advnet import networks
from advnet._logits import map_means, read_logits
from advnet._validation import check_players_exist
from advnet.games import _validation
from advnet.games._balance import AdversarialWeight, adversarial_weight
from advnet.games._memories import pool, show_past_samples
from advnet.networks import as_network
from advnet.terms import total
from advnet.types import (
    Comparison,
    Game,
    Loss,
    Memory,
    Metrics,
    Objective,
    Play,
    PyTree,
    Sampler,
    Term,
    View,
)

Compare = Callable[[Play, PyTree, jax.Array], Comparison]
Readout = Callable[[PyTree], PyTree]


class _Critic(NamedTuple):
    """Everything that the objectives of one adversarial game share."""

    name: str
    compare: Compare
    readout: Readout
    map_weights: tuple[float, ...]
    loss: Loss
    history: str


def adversarial(
    players: Mapping[str, Any],
    compare: Compare,
    *,
    loss: Loss,
    terms: Sequence[Term] = (),
    critic: str = "discriminator",
    readout: Readout | None = None,
    map_weights: Sequence[float] = (),
    weight: AdversarialWeight = 1.0,
    against: Sequence[str] | None = None,
    frozen: Sequence[str] = (),
    history: int = 0,
    memories: Mapping[str, Memory] | None = None,
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
      readout: Function from the critic's output to its logits: [m], a map of patches
        [m, ...positions], or a list or dict of such arrays. The loss is taken for each
        position, and averaged over positions, then over maps. By default the output,
        or its first element if it is a tuple (logits, features).
      map_weights: Weight of each map of a list or dict; equal by default.
      weight: Factor of `loss.generator`: a number, a schedule, or a `games.Balance`
        against one of the terms.
      against: Names of the players that minimize `loss.generator`; all but the critic
        by default. The other players minimize their terms alone.
      frozen: Names of players without a turn, always in inference mode.
      history: If above 0, the critic is shown a past sample in place of a new one with
        probability 1/2, from a pool of this size (CycleGAN uses 50).
      memories: Further state that `compare` or terms record with `play.record`.
      sample: `sample(play, key, num, *, condition=None, noise=None)`, which draws from
        the model; see `games.sampler`.

    Returns:
      A game.

    Raises:
      KeyError: If the critic, the player of a term, or a name in `against` or
        `frozen` is not among the players.
      TypeError: If `loss` is not a Loss or `terms` holds something that is not a Term;
        at `init`, if `compare` does not return a Comparison, or the data are integers
        and the samples are not.
      ValueError: If two terms of a player share a name, a player has neither a loss nor
        a term, or `history` has no player to record; at `init`, if examples and samples
        differ in shape or the batch is empty.

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
    check_players_exist(frozen, players, "a frozen player")
    _validation.check_loss(loss)
    _validation.check_terms(terms, players)
    active = [name for name in players if name not in frozen]
    opponents = tuple(name for name in active if name != critic)
    minimizers = opponents if against is None else tuple(against)
    check_players_exist(minimizers, players, "a player of `against`")
    _validation.check_has_objective(opponents, minimizers, terms)
    shared = _Critic(
        critic,
        compare,
        readout or read_logits,
        tuple(map_weights),
        loss,
        f"{critic}_history" if history else "",
    )
    objectives = {
        name: _player_objective(shared, terms, weight, name, name in minimizers)
        for name in opponents
    }
    if critic in active:
        objectives = {critic: _critic_objective(shared, terms), **objectives}
    all_memories = dict(memories or {})
    if history:
        if not opponents:
            raise ValueError(
                f"Expected a player besides the critic, whose samples history records; "
                f"got {active}. Leave history out."
            )
        all_memories[shared.history] = pool(history, writer=opponents[0])
    return Game(
        players={
            name: (networks.frozen if name in frozen else as_network)(source)
            for name, source in players.items()
        },
        objectives={name: objectives[name] for name in active},
        turns=tuple(turn for turn in ((critic,), opponents) if set(turn) & set(active)),
        sample=sample,
        memories=all_memories,
    )


def _critic_objective(critic: _Critic, terms: Sequence[Term]) -> Objective:
    """Return the objective of the critic: its loss plus its weighted terms."""

    def objective(
        play: Play, batch: PyTree, key: jax.Array
    ) -> tuple[jax.Array, Metrics]:
        view = _evaluate_critic(critic, play, batch, key, is_critic=True)
        cost = _mean_loss(critic.loss.discriminator, view)
        value, metrics = total(terms, critic.name, view, loss=cost)
        metrics = {f"{critic.name}/loss": cost, **metrics}
        return value, metrics | _critic_metrics(critic, view)

    return objective


def _player_objective(
    critic: _Critic,
    terms: Sequence[Term],
    weight: AdversarialWeight,
    name: str,
    minimizes_loss: bool,
) -> Objective:
    """Return the objective of a player that is not the critic."""

    def objective(
        play: Play, batch: PyTree, key: jax.Array
    ) -> tuple[jax.Array, Metrics]:
        view = _evaluate_critic(critic, play, batch, key, is_critic=False)
        if not minimizes_loss:
            value, metrics = total(terms, name, view)
            return value, {f"{name}/loss": value, **metrics}
        adversarial_loss = lambda view: _mean_loss(critic.loss.generator, view)
        value = adversarial_loss(view)
        metrics = {f"{name}/loss": value}
        if not (isinstance(weight, int | float) and weight == 1):
            factor = adversarial_weight(weight, terms, name, view, adversarial_loss)
            metrics[f"{name}/adversarial_weight"] = factor
            value = factor * value
        value, term_metrics = total(terms, name, view, loss=value)
        return value, metrics | term_metrics

    return objective


def _evaluate_critic(
    critic: _Critic, play: Play, batch: PyTree, key: jax.Array, *, is_critic: bool
) -> View:
    """Evaluate the critic on both sides of the comparison."""
    compare_key, term_key = jax.random.split(key)
    comparison = critic.compare(play, batch, compare_key)
    _validation.check_comparison(comparison)
    if critic.history:
        fake = show_past_samples(play, critic.history, comparison.fake, term_key)
        comparison = comparison._replace(fake=fake) if is_critic else comparison
    # In a single pass, batch statistics would mix real and fake examples.
    real_output = play(critic.name, *comparison.real, *comparison.given)
    fake_output = play(critic.name, *comparison.fake, *comparison.given)
    pure_critic = play.pure(critic.name)
    return View(
        play=play,
        critic=lambda *x: critic.readout(pure_critic(*x, *comparison.given)),
        comparison=comparison,
        real_output=real_output,
        fake_output=fake_output,
        real_logits=critic.readout(real_output),
        fake_logits=critic.readout(fake_output),
        batch=batch,
        key=term_key,
        map_weights=critic.map_weights,
    )


def _mean_loss(cost: Callable[..., jax.Array], view: View) -> jax.Array:
    """Average a loss over positions, maps and examples."""
    logits = view.real_logits, view.fake_logits
    return map_means(cost, *logits, weights=view.map_weights).mean()


def _critic_metrics(critic: _Critic, view: View) -> Metrics:
    """Compute the mean logits and probabilities of real and fake examples."""
    metrics: Metrics = {}
    mean = lambda fn, x: map_means(fn, x, weights=view.map_weights).mean()
    for side, logits in {"real": view.real_logits, "fake": view.fake_logits}.items():
        metrics[f"{critic.name}/{side}_logit"] = mean(lambda x: x, logits)
        if (probability := critic.loss.probability) is not None:
            metrics[f"{critic.name}/{side}_probability"] = mean(probability, logits)
    if (threshold := critic.loss.threshold) is not None:
        sign = lambda x: jnp.sign(x - threshold)
        metrics[f"{critic.name}/real_sign"] = mean(sign, view.real_logits)
    return metrics
