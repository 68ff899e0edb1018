from typing import NamedTuple

from advnet import _validation
from advnet.training._checkpoint import Checkpoints
from advnet.training._fit import Hook
from advnet.types import Metrics, State


def checkpoint(checkpoints: Checkpoints, *, every: int) -> Hook:
    """Saves the state on a schedule, beside training, and where training ends.

    Args:
      checkpoints: Where to.
      every: Steps between saves.

    Raises:
      ValueError: If `every` < 1.
      NotFinite: From the hook it returns, if the state is not finite; see
        `Checkpoints.save`.

    Examples:
      >>> state = advnet.types.State(jnp.asarray(10), jax.random.key(0), {})
      >>> with advnet.training.Checkpoints(tempfile.mkdtemp()) as checkpoints:
      ...     checkpoint(checkpoints, every=10)(10, state, {})
      ...     int(checkpoints.restore(state).step)
      10
    """
    _validation.check_at_least(1, every=every)
    return _Saving(checkpoints, every)


class _Saving(NamedTuple):
    checkpoints: Checkpoints
    every: int

    def __call__(self, step: int, state: State, metrics: Metrics) -> None:
        if step % self.every == 0:
            self.checkpoints.save(state)

    def end(self, step: int, state: State) -> None:
        """Saves the last state, unless it is saved already."""
        if step not in self.checkpoints.steps:
            self.checkpoints.save(state)
