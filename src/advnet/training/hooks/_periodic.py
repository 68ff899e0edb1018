from typing import NamedTuple

from advnet import _validation
from advnet.training._fit import Hook
from advnet.types import Metrics, State


class _Periodic(NamedTuple):
    every: int  # `fit` looks at it: fused steps must not jump over it
    hook: Hook

    def __call__(self, step: int, state: State, metrics: Metrics) -> None:
        if step % self.every == 0:
            self.hook(step, state, metrics)


def periodic(every: int, hook: Hook) -> Hook:
    """Calls `hook` at the steps that `every` divides.

    Args:
      every: Steps between calls.
      hook: What is called.

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
    _validation.check_at_least(1, every=every)
    return _Periodic(every, hook)
