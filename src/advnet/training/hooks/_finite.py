from collections.abc import Callable, Sequence

import jax
import numpy as np

from advnet import _validation
from advnet.training._fit import Hook
from advnet.training._not_finite import NotFinite, is_finite
from advnet.types import Metrics, PyTree, State

# What of a player's metrics is computed from what: the first that is not finite is
# where it began. Terms, and whatever else a game reports, come before.
_LATE = ("loss", "gradient_norm")


def stop_if_not_finite(*, every: int = 20, order: Sequence[str] = ()) -> Hook:
    """Raises if a metric was NaN or infinite at any step, naming the first.

    Metrics of every step are kept on the device and looked at together, so that the
    device need not be waited for at each; and once more where training ends. Of steps
    fused into one call (`steps_per_call` of `fit`) it can be said what began, not when.

    Args:
      every: Steps between looks.
      order: The players in the order they move; NaN spreads from the first. By default
        alphabetical, in which critics happen to come first.

    Raises:
      ValueError: If `every` < 1.
      NotFinite: From the hook it returns. Its gradient may be at fault where its loss
        is not.

    Examples:
      >>> stop_if_not_finite(every=1)(7, None, {"generator/loss": np.float32("nan")})
      Traceback (most recent call last):
      advnet.training._not_finite.NotFinite: generator/loss is nan at step 7. ...
    """
    _validation.check_at_least(1, every=every)
    return _Finite(every, order)


class _Finite:
    def __init__(self, every: int, order: Sequence[str]):
        self.every = every  # `fit` looks at it: fused steps must not jump over it
        self._order = order
        self._seen: int | None = None
        self._batches: Callable[[int], PyTree] | None = None
        self._unseen: list[tuple[range, Metrics]] = []

    def begin(self, step: int, batches: Callable[[int], PyTree]) -> None:
        """Forgets what came before: training may have gone back."""
        self._seen, self._batches, self._unseen = step, batches, []

    def __call__(self, step: int, state: State, metrics: Metrics) -> None:
        start = step - 1 if self._seen is None else self._seen
        self._unseen.append((range(start, step), metrics))
        self._seen = step
        if step % self.every == 0:
            self._look()

    def end(self, step: int, state: State) -> None:
        """Looks at the steps since the last look."""
        self._look()

    def _look(self) -> None:
        rows, self._unseen = jax.device_get(self._unseen), []
        for steps, values in rows:
            wrong = [name for name, x in values.items() if not np.isfinite(x)]
            if wrong:
                name = min(wrong, key=lambda name: _lateness(name, self._order))
                raise _not_finite(steps, name, values[name], self._batches)


def _lateness(name: str, order: Sequence[str]) -> tuple:
    player, _, what = name.partition("/")
    turn = order.index(player) if player in order else len(order)
    late = _LATE.index(what) + 1 if what in _LATE else 0
    return turn, player, late, what


def _not_finite(steps: range, name: str, value: np.ndarray, batches) -> NotFinite:
    """Of the steps that drew the batches `steps`, counted from 0."""
    player, _, what = name.partition("/")
    cause = "" if batches is None else _bad_batch(steps, batches)
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


def _bad_batch(steps: range, batches: Callable[[int], PyTree]) -> str:
    for number in steps:
        if not all(map(is_finite, jax.tree.leaves(batches(number)))):
            return f" The batch of that step, batches({number}), is not finite either."
    return ""
