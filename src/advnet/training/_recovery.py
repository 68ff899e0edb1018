"""Going on after NaN, in a way that a resumed run repeats."""

import itertools
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from advnet.dynamics import scale_updates
from advnet.training._fit import Hook, fit
from advnet.training._not_finite import NotFinite
from advnet.types import Algorithm, PyTree, State

Remedy = Literal["stop", "skip", "halve"]


class Recovery(NamedTuple):
    """One recovery: all that is needed to repeat it.

    Attributes:
      step: Where training went back to.
      skipped: Batches from there on that are never drawn.
      damped: The player whose learning rate is halved from there on, or "".
      cause: In words.
    """

    step: int
    skipped: int
    damped: str
    cause: str


def fit_with_recovery(
    algorithm: Algorithm,
    state: State,
    batches: Callable[[int], PyTree],
    *,
    num_steps: int,
    restore: Callable[[], State],
    on_nan: Remedy,
    hooks: Sequence[Hook] = (),
    events: Sequence[Recovery] = (),
    on_recovery: Callable[[Recovery], None] = lambda event: None,
    max_recoveries: int = 5,
    steps_per_call: int = 1,
) -> State:
    """`fit`, but when a hook finds NaN it goes back to a good state and on from there.

    Args:
      algorithm: As for `fit`.
      state: As for `fit`.
      batches: As for `fit`.
      num_steps: As for `fit`.
      restore: Gives the last good state, such as a checkpoint.
      on_nan: "skip" never draws the batches from there to the failure; "halve" halves
        the learning rate of the player it began with; "stop" raises, as `fit` does.
      hooks: As for `fit`; `stop_if_not_finite` among them.
      events: Recoveries of this run so far, which are repeated: see `record`.
      on_recovery: Called with each recovery, for the run's log. Whoever resumes passes them
        all as `events`.
      max_recoveries: More than that many raise.
      steps_per_call: As for `fit`.

    Returns:
      The last state.

    Raises:
      NotFinite: If the on_nan is to stop, or did not help often enough.

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
      ...     on_recovery=lambda event: print(event.step, event.skipped),
      ... )
      0 3
      >>> int(state.step)
      5
    """
    events = [event for event in events if event.step <= int(state.step)]
    while True:
        try:
            return fit(
                _slowed(algorithm, events),
                state,
                _without_skipped(batches, events),
                num_steps=num_steps,
                hooks=hooks,
                steps_per_call=steps_per_call,
            )
        except NotFinite as failure:
            if on_nan == "stop" or len(events) >= max_recoveries:
                raise
            state = restore()
            step = int(state.step)
            event = Recovery(
                step,
                skipped=max(0, failure.step - step) if on_nan == "skip" else 0,
                damped=failure.player if on_nan == "halve" else "",
                cause=str(failure),
            )
            on_recovery(event)
            events = [*(past for past in events if past.step <= step), event]


def _without_skipped(batches: Callable, events: Sequence[Recovery]) -> Callable:
    """The stream of batches with those of the events left out."""
    if not any(event.skipped for event in events):
        return batches
    starts = [event.step for event in events]
    skipped = list(itertools.accumulate(event.skipped for event in events))

    def shifted(step: int) -> PyTree:
        past = sum(start <= step for start in starts)
        return batches(step + (skipped[past - 1] if past else 0))

    return shifted


def _slowed(algorithm: Algorithm, events: Sequence[Recovery]) -> Algorithm:
    names = [event.damped for event in events if event.damped]
    factors = {name: 0.5 ** names.count(name) for name in sorted(set(names))}
    return scale_updates(algorithm, factors) if factors else algorithm
