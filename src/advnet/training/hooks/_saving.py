from typing import NamedTuple

from advnet._validation import check_at_least
from advnet.training._checkpoint import Checkpoints
from advnet.types import Batches, Hook, Metrics, State


def checkpoint(checkpoints: Checkpoints, *, every: int) -> Hook:
    """Build a hook that saves the state periodically, and where training ends.

    Args:
      checkpoints: Folder of the checkpoints.
      every: Number of steps between checkpoints.

    Returns:
      A hook.

    Raises:
      ValueError: If `every` < 1.
      NotFinite: When the returned hook is called with a state that is not finite; see
        `Checkpoints.save`.

    Examples:
      >>> state = advnet.types.State(jnp.asarray(10), jax.random.key(0), {})
      >>> with advnet.training.Checkpoints(tempfile.mkdtemp()) as checkpoints:
      ...     checkpoint(checkpoints, every=10)(10, state, {})
      ...     int(checkpoints.restore(state).step)
      10
    """
    check_at_least(1, every=every)
    return _SaveCheckpoint(checkpoints, every)


class _SaveCheckpoint(NamedTuple):
    """Hook that saves the state at the multiples of `every` and at the end."""

    checkpoints: Checkpoints
    every: int

    def begin(self, step: int, batches: Batches) -> None:
        """Do nothing; the initial state is not saved."""

    def __call__(self, step: int, state: State, metrics: Metrics) -> None:
        """Save the state if `every` divides the step."""
        if step % self.every == 0:
            self.checkpoints.save(state)

    def end(self, step: int, state: State) -> None:
        """Save the last state, unless it is saved already."""
        if step not in self.checkpoints.steps:
            self.checkpoints.save(state)
