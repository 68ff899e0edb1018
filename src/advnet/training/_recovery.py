"""Recovery from NaN in training, such that a resumed run repeats it exactly."""

import itertools
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from advnet.dynamics import scale_updates
from advnet.training._fit import fit
from advnet.training._not_finite import NotFinite
from advnet.training._validation import require_hooks
from advnet.types import Algorithm, Batches, Hook, PyTree, State

NaNPolicy = Literal["stop", "skip", "halve"]


class Recovery(NamedTuple):
    """One recovery from NaN, with everything that is needed to repeat it.

    Attributes:
      step: Step of the restored state.
      num_skipped: Number of batches, from that step on, that are never drawn.
      slowed_player: Player whose learning rate is halved from that step on, or "".
      cause: Message of the error that caused the recovery.
    """

    step: int
    num_skipped: int
    slowed_player: str
    cause: str


def fit_with_recovery(
    algorithm: Algorithm,
    state: State,
    batches: Batches,
    *,
    num_steps: int,
    restore: Callable[[], State],
    on_nan: NaNPolicy,
    hooks: Sequence[Hook] = (),
    recoveries: Sequence[Recovery] = (),
    on_recovery: Callable[[Recovery], None] = lambda recovery: None,
    max_recoveries: int = 5,
    steps_per_call: int = 1,
) -> State:
    """Train as `fit` does, and continue from an earlier state when a hook finds NaN.

    Args:
      algorithm: As for `fit`.
      state: As for `fit`.
      batches: As for `fit`.
      num_steps: As for `fit`.
      restore: Function that returns the last good state, such as a checkpoint.
      on_nan: "skip" never draws the batches from the restored step to the failure;
        "halve" halves the learning rate of the player in which NaN first appeared;
        "stop" raises, as `fit` does.
      hooks: As for `fit`; `hooks.stop_if_not_finite` must be among them.
      recoveries: Earlier recoveries of this run, which are repeated. Pass all of them,
        as reported by `on_recovery`, when the run is resumed.
      on_recovery: Function that is called with each recovery, for example to log it.
      max_recoveries: Number of recoveries after which the next NaN raises, counted over
        the whole life of the run: `recoveries` are included.
      steps_per_call: As for `fit`.

    Returns:
      The last state.

    Raises:
      NotFinite: If `on_nan` is "stop", or NaN appears after `max_recoveries`.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.non_saturating(),
      ... )
      >>> algorithm = advnet.alternating(game, optax.sgd(0.1))
      >>> batches = lambda step: jnp.full((8, 1), np.nan if step == 2 else 1.0)
      >>> start = algorithm.init(jax.random.key(0), batches(0))
      >>> state = fit_with_recovery(
      ...     algorithm, start, batches, num_steps=5, restore=lambda: start,
      ...     on_nan="skip", hooks=[advnet.hooks.stop_if_not_finite(every=1)],
      ...     on_recovery=lambda recovery: print(recovery.step, recovery.num_skipped),
      ... )
      0 3
      >>> int(state.step)
      5
    """
    hooks = require_hooks(hooks)
    history = [recovery for recovery in recoveries if recovery.step <= int(state.step)]
    while True:
        try:
            return fit(
                _scale_players(algorithm, history),
                state,
                _skip_batches(batches, history),
                num_steps=num_steps,
                hooks=hooks,
                steps_per_call=steps_per_call,
            )
        except NotFinite as failure:
            if on_nan == "stop":
                raise
            if len(history) >= max_recoveries:
                raise _at_limit(failure, len(history)) from failure
            state = restore()
            step = int(state.step)
            recovery = Recovery(
                step,
                num_skipped=max(0, failure.step - step) if on_nan == "skip" else 0,
                slowed_player=failure.player if on_nan == "halve" else "",
                cause=str(failure),
            )
            on_recovery(recovery)
            history = [past for past in history if past.step <= step] + [recovery]


def _at_limit(failure: NotFinite, num_recoveries: int) -> NotFinite:
    """Return the error with the reason why no further recovery was tried."""
    return NotFinite(
        failure.step,
        failure.player,
        failure.what,
        f"{failure} The run has recovered {num_recoveries} times, the limit for the "
        "whole life of a run, resumed parts included.",
    )


def _skip_batches(batches: Batches, recoveries: Sequence[Recovery]) -> Batches:
    """Return the source of batches without those that the recoveries skip."""
    if not any(recovery.num_skipped for recovery in recoveries):
        return batches
    starts = [recovery.step for recovery in recoveries]
    totals = list(itertools.accumulate(recovery.num_skipped for recovery in recoveries))

    def remaining_batches(step: int, /) -> PyTree:
        num_before = sum(start <= step for start in starts)
        return batches(step + (totals[num_before - 1] if num_before else 0))

    return remaining_batches


def _scale_players(algorithm: Algorithm, recoveries: Sequence[Recovery]) -> Algorithm:
    """Return the algorithm with a halved update for each recovery of a player."""
    names = [recovery.slowed_player for recovery in recoveries]
    factors = {name: 0.5 ** names.count(name) for name in sorted(set(names) - {""})}
    return scale_updates(algorithm, factors) if factors else algorithm
