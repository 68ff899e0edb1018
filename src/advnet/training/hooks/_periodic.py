from typing import NamedTuple

from advnet._validation import check_at_least
from advnet.types import Batches, Hook, LifecycleHook, Metrics, State


class _Periodic(NamedTuple):
    """Hook that calls another hook at the multiples of `every`."""

    every: int
    hook: Hook

    def begin(self, step: int, batches: Batches) -> None:
        """Pass the call on to the inner hook if it has a lifecycle."""
        if isinstance(self.hook, LifecycleHook):
            self.hook.begin(step, batches)

    def __call__(self, step: int, state: State, metrics: Metrics) -> None:
        """Call the inner hook if `every` divides the step."""
        if step % self.every == 0:
            self.hook(step, state, metrics)

    def end(self, step: int, state: State) -> None:
        """Pass the call on to the inner hook if it has a lifecycle."""
        if isinstance(self.hook, LifecycleHook):
            self.hook.end(step, state)


def periodic(every: int, hook: Hook) -> Hook:
    """Build a hook that calls `hook` at the steps that `every` divides.

    Args:
      every: Number of steps between calls.
      hook: The hook to call.

    Returns:
      A hook.

    Raises:
      ValueError: If `every` < 1.

    Examples:
      >>> hook = periodic(10, lambda step, state, metrics: print(step))
      >>> for step in range(1, 31):
      ...     hook(step, None, {})
      10
      20
      30
    """
    check_at_least(1, every=every)
    return _Periodic(every, hook)
