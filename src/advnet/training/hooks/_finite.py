from collections.abc import Sequence

import jax
import numpy as np

from advnet._validation import check_at_least
from advnet.training._not_finite import NotFinite, is_finite
from advnet.types import Batches, Hook, Metrics, State

# Metrics of a player that are computed from its other metrics (logits, terms). If
# several are not finite, NaN first appeared in the one that is computed first.
_COMPUTED_LAST = ("loss", "gradient_norm")


def stop_if_not_finite(*, every: int = 20, order: Sequence[str] = ()) -> Hook:
    """Build a hook that raises if a metric was NaN or infinite at any step.

    The error names the player, metric and step in which NaN first appeared. The metrics
    of every step stay on the device and are checked together, so that the device is not
    waited for at every step. They are checked once more where training ends. For steps
    that are fused into one call (`steps_per_call` of `fit`), the error names the range
    of steps.

    Args:
      every: Number of steps between checks.
      order: Names of the players in the order of their turns, in which NaN spreads. The
        default is alphabetical order, in which "discriminator" precedes "generator".

    Returns:
      A hook.

    Raises:
      ValueError: If `every` < 1.
      NotFinite: When the returned hook is called. If a player's loss is finite and its
        gradient norm is not, the player's gradient is the cause.

    Examples:
      >>> stop_if_not_finite(every=1)(7, None, {"generator/loss": np.float32("nan")})
      Traceback (most recent call last):
      advnet.training._not_finite.NotFinite: generator/loss is nan at step 7. ...
    """
    check_at_least(1, every=every)
    return _StopIfNotFinite(every, order)


class _StopIfNotFinite:
    """Hook that collects the metrics of every step and checks them periodically."""

    def __init__(self, every: int, order: Sequence[str]):
        self.every = every
        self._order = order
        self._last_step: int | None = None
        self._batches: Batches | None = None
        self._unchecked: list[tuple[range, Metrics]] = []

    def begin(self, step: int, batches: Batches) -> None:
        """Discard unchecked metrics, because training may restart earlier."""
        self._last_step, self._batches, self._unchecked = step, batches, []

    def __call__(self, step: int, state: State, metrics: Metrics) -> None:
        """Store the metrics, and check them if `every` divides the step."""
        start = step - 1 if self._last_step is None else self._last_step
        self._unchecked.append((range(start, step), metrics))
        self._last_step = step
        if step % self.every == 0:
            self._check()

    def end(self, step: int, state: State) -> None:
        """Check the steps since the last check."""
        self._check()

    def _check(self) -> None:
        """Raise NotFinite for the first stored metric that is not finite."""
        rows, self._unchecked = jax.device_get(self._unchecked), []
        for steps, values in rows:
            names = [name for name, x in values.items() if not np.isfinite(x)]
            if names:
                first = min(names, key=lambda name: _causal_rank(name, self._order))
                raise _error(steps, first, values[first], self._batches)


def _causal_rank(name: str, order: Sequence[str]) -> tuple:
    """Return a sort key that puts a cause of NaN before its effects."""
    player, _, what = name.partition("/")
    turn = order.index(player) if player in order else len(order)
    rank = _COMPUTED_LAST.index(what) + 1 if what in _COMPUTED_LAST else 0
    return turn, player, rank, what


def _error(
    steps: range, name: str, value: np.ndarray, batches: Batches | None
) -> NotFinite:
    """Build the error for a metric; `steps` are the numbers of its batches, from 0."""
    player, _, what = name.partition("/")
    cause = "" if batches is None else _describe_bad_batch(steps, batches)
    when = f"at step {steps.stop}"
    if len(steps) > 1:
        when = f"in one of the steps {steps.start + 1} to {steps.stop}"
    return NotFinite(
        steps.stop,
        player,
        what,
        f"{name} is {value} {when}.{cause} Lower the learning rate, or add a "
        "penalty on the critic (terms.r1).",
    )


def _describe_bad_batch(steps: range, batches: Batches) -> str:
    """Return a sentence about the first batch that is not finite, or ""."""
    for number in steps:
        if not all(map(is_finite, jax.tree.leaves(batches(number)))):
            return f" The batch of that step, batches({number}), is not finite either."
    return ""
