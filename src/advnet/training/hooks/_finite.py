from collections.abc import Callable, Sequence

import jax
import numpy as np

from advnet import _checks
from advnet.training._fit import Hook
from advnet.training._not_finite import NotFinite, is_finite
from advnet.types import Metrics, PyTree, State

# What of a player's metrics is computed from what: the first that is not finite is
# where it began. Terms, and whatever else a game reports, come before.
_LATE = ("loss", "gradient_norm")


def stop_if_not_finite(
    *,
    every: int = 20,
    order: Sequence[str] = (),
    batches: Callable[[int], PyTree] | None = None,
) -> Hook:
    """Raises if a metric was NaN or infinite at any step, naming the first.

    Metrics of every step are kept on the device and looked at together, so that the
    device need not be waited for at each.

    Args:
      every: Steps between looks.
      order: The players in the order they move; NaN spreads from the first. By default
        alphabetical, in which critics happen to come first.
      batches: The data of `fit`, to tell whether a batch was the cause.

    Raises:
      NotFinite: From the hook it returns. Its gradient may be at fault where its loss
        is not.

    Examples:
      >>> stop_if_not_finite(every=1)(7, None, {"generator/loss": np.float32("nan")})
      Traceback (most recent call last):
      advnet.training._not_finite.NotFinite: generator/loss is nan at step 7. ...
    """
    _checks.at_least(1, every=every)
    unseen: list[tuple[int, Metrics]] = []

    def check(step: int, state: State, metrics: Metrics) -> None:
        unseen.append((step, metrics))
        if step % every:
            return
        rows = jax.device_get(unseen)
        unseen.clear()
        for when, values in rows:
            wrong = [name for name, x in values.items() if not np.isfinite(x)]
            if wrong:
                name = min(wrong, key=lambda name: _lateness(name, order))
                raise _not_finite(when, name, values[name], batches)

    return check


def _lateness(name: str, order: Sequence[str]) -> tuple:
    player, _, what = name.partition("/")
    turn = order.index(player) if player in order else len(order)
    late = _LATE.index(what) + 1 if what in _LATE else 0
    return turn, player, late, what


def _not_finite(step: int, name: str, value: np.ndarray, batches) -> NotFinite:
    player, _, what = name.partition("/")
    cause = ""
    if batches is not None and not all(
        map(is_finite, jax.tree.leaves(batches(step - 1)))
    ):
        cause = f" The batch of that step, batches({step - 1}), is not finite either."
    return NotFinite(
        step,
        player,
        what,
        f"{name} is {value} at step {step}.{cause} Lower the learning rate, or add a "
        "penalty on the critic (terms.r1).",
    )
