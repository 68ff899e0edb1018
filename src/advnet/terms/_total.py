"""Evaluation of terms: their weights, their schedules and their sum."""

from collections.abc import Callable, Sequence
from typing import cast

import jax
import jax.numpy as jnp

from advnet._logits import read_logits
from advnet._validation import check_at_least, is_traced
from advnet.types import Comparison, Metrics, Play, PyTree, Schedule, Term, View, Weight


def total(
    terms: Sequence[Term], player: str, view: View, *, loss: float | jax.Array = 0.0
) -> tuple[jax.Array, Metrics]:
    """Add the weighted terms of a player to its loss.

    `games.adversarial` calls this function; a training loop of your own can too.

    Args:
      terms: Terms of any players.
      player: Name of the player.
      view: What the terms read; see `make_view`.
      loss: Loss of the player without terms, [].

    Returns:
      The sum [], and the value of each term before its weight, as `player/name`. A term
      that is not evaluated at every step (`every`, `starting_at`) has the value 0 at
      the other steps, and a metric `player/name_count` of 1 or 0: the hooks that write
      metrics average over the evaluations.

    Examples:
      >>> view = make_view(lambda x: 2 * x[:, 0], jnp.zeros((4, 1)), jnp.ones((4, 1)))
      >>> value, metrics = total([advnet.terms.r1(0.5)], "discriminator", view)
      >>> float(value), float(metrics["discriminator/r1"])
      (2.0, 4.0)
    """
    value, metrics = loss, {}
    own = [term for term in terms if term.player == player]
    for index, term in enumerate(own):
        key = jax.random.fold_in(view.key, index)
        term_value, is_active = _evaluate(term, view._replace(key=key))
        metrics[f"{player}/{term.name}"] = term_value
        if is_active is not None:
            metrics[f"{player}/{term.name}_count"] = is_active
        value = value + weight_at(term.weight, view.step) * term_value
    return jnp.asarray(value), metrics


def weight_at(weight: Weight, step: jax.Array) -> float | jax.Array:
    """Return a weight, evaluated at `step` if it is a schedule.

    Args:
      weight: A number or a function of the step.
      step: Training step, int32 [].

    Returns:
      The number.

    Examples:
      >>> weight_at(lambda step: jnp.where(step < 10, 0.0, 1.0), jnp.int32(3)).item()
      0.0
    """
    return weight(step) if callable(weight) else weight


def every(term: Term, n: int) -> Term:
    """Evaluate a term at every n-th step only, with n times its weight.

    This is lazy regularization: the mean gradient is that of the original term, at
    1/n of its cost. Under a `vmap` over states the term is computed at every step.

    Args:
      term: The term.
      n: Number of steps between evaluations; step 0 is one of them.

    Returns:
      The term with the same name.

    Raises:
      ValueError: If n < 1.

    Examples:
      >>> every(advnet.terms.r1(0.5), 16).weight
      8.0

    References:
      Karras et al. 2020, appendix B.
    """
    check_at_least(1, n=n)
    weight = term.weight
    scaled = (lambda step: n * weight(step)) if callable(weight) else n * weight
    return _restrict(term._replace(weight=scaled), lambda step: step % n == 0)


def starting_at(term: Term, step: int) -> Term:
    """Evaluate a term from a step on; before that it costs nothing.

    Args:
      term: The term.
      step: The first step, counted from 0.

    Returns:
      The term with the same name.

    Examples:
      >>> starting_at(advnet.terms.r1(0.5), 1000).name
      'r1'
    """
    return _restrict(term, lambda now: now >= step)


def make_view(
    critic: Callable[..., PyTree],
    real: PyTree,
    fake: PyTree,
    *,
    condition: tuple[PyTree, ...] = (),
    batch: PyTree = None,
    key: jax.Array | None = None,
    step: int | jax.Array = 0,
) -> View:
    """Build what terms read, for a training loop without a game.

    Args:
      critic: Function `(x, *condition) -> output`, pure and differentiable.
      real: Examples, leaves [m, ...].
      fake: Samples, leaves [m, ...].
      condition: Further inputs of the critic, such as labels.
      batch: The batch, for terms that read it.
      key: Random key, for terms that draw; a fixed key by default.
      step: Training step, for schedules.

    Returns:
      A view. Terms that call players of a game cannot read it.

    Examples:
      >>> view = make_view(lambda x: x[:, 0], jnp.ones((4, 1)), jnp.zeros((4, 1)))
      >>> view.real_logits.shape
      (4,)
    """
    real_output, fake_output = critic(real, *condition), critic(fake, *condition)
    return View(
        play=cast(Play, _WithoutPlayers(jnp.asarray(step, jnp.int32))),
        critic=lambda *inputs: read_logits(critic(*inputs, *condition)),
        comparison=Comparison((real,), (fake,), condition),
        real_output=real_output,
        fake_output=fake_output,
        real_logits=read_logits(real_output),
        fake_logits=read_logits(fake_output),
        batch=batch,
        key=jax.random.key(0) if key is None else key,
    )


class _WithoutPlayers:
    """Stand-in for `Play` where there is no game; it knows the step only."""

    def __init__(self, step: jax.Array):
        self.step = step
        self.states = {}

    def fork(self, index: jax.Array, states: PyTree) -> "_WithoutPlayers":
        return self

    def __getattr__(self, name: str):
        raise AttributeError(
            f"This view was built by terms.make_view without a game, so it has no "
            f"play.{name}. Use a term that reads the critic, or train a game."
        )


def _restrict(term: Term, active: Schedule) -> Term:
    """Return a term that is evaluated where `active` and its own condition hold."""
    earlier = term.active
    if earlier is None:
        return term._replace(active=active)
    return term._replace(active=lambda step: earlier(step) & active(step))


def _evaluate(term: Term, view: View) -> tuple[jax.Array, jax.Array | None]:
    """Return the mean of a term, and whether it was evaluated if it has a schedule."""
    if term.active is None:
        return term.fn(view).mean(), None
    is_active = term.active(view.step)
    if not is_traced(is_active):  # outside a compiled step, and while initializing
        value = term.fn(view).mean() if is_active else jnp.zeros(())
        return value, jnp.float32(is_active)
    states = view.play.states

    def evaluate(states: PyTree) -> tuple[jax.Array, PyTree]:
        # What the term records inside the branch leaves it as a result.
        play = view.play.fork(jnp.int32(0), states)
        return term.fn(view._replace(play=play)).mean(), play.states

    shape = jax.eval_shape(evaluate, states)[0]
    skip = lambda states: (jnp.zeros(shape.shape, shape.dtype), states)
    value, view.play.states = jax.lax.cond(is_active, evaluate, skip, states)
    return value, is_active.astype(jnp.float32)
