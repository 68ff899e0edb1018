from advnet.training._checkpoint import Checkpoints
from advnet.training._fit import Hook
from advnet.training.hooks._periodic import periodic
from advnet.types import Metrics, State


def checkpoint(checkpoints: Checkpoints, *, every: int) -> Hook:
    """Saves the state on a schedule, beside training.

    Args:
      checkpoints: Where to.
      every: Steps between saves.

    Raises:
      NotFinite: From the hook it returns, if the state is not finite; see
        `Checkpoints.save`.

    Examples:
      >>> state = advnet.types.State(jnp.asarray(10), jax.random.key(0), {})
      >>> with advnet.training.Checkpoints(tempfile.mkdtemp()) as checkpoints:
      ...     checkpoint(checkpoints, every=10)(10, state, {})
      ...     int(checkpoints.restore(state).step)
      10
    """

    def save(step: int, state: State, metrics: Metrics) -> None:
        checkpoints.save(state)

    return periodic(every, save)
