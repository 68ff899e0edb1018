"""The processes of a run under `jax.distributed`; the first writes the files."""

import jax
from jax.experimental import multihost_utils


def is_first_process() -> bool:
    """Return whether this process writes the files of a run.

    Returns:
      True in the only process, and in the first of several processes.

    Examples:
      >>> is_first_process()
      True
    """
    return jax.process_index() == 0


def wait_for_processes(place: str) -> None:
    """Wait until all processes have reached one place of the program.

    Args:
      place: Name of the place, the same in every process.

    Examples:
      >>> wait_for_processes("evaluation")
    """
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(place)
