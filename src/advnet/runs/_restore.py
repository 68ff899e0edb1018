"""The state of a run that samples are drawn from."""

from advnet.runs._experiment import Experiment
from advnet.runs._folder import RunFolder
from advnet.types import State


def restore(experiment: Experiment, folder: RunFolder, run: str) -> State:
    """Return the state with the best score, or the newest one without scores.

    Raises:
      FileNotFoundError: If the folder holds no checkpoint.
    """
    state = restore_best(experiment, folder, run)
    if state is None and folder.checkpoints.exists():
        with folder.open_newest(run, read_only=True) as checkpoints:
            state = checkpoints.restore(experiment.abstract_state(on_one_device=True))
    if state is None:
        raise FileNotFoundError(
            f"{folder.path} holds no checkpoint. Let it run: advnet resume "
            f"{folder.path}"
        )
    return state


def restore_best(experiment: Experiment, folder: RunFolder, run: str) -> State | None:
    """Return the state with the best score, or None without one undamaged."""
    if not folder.best.exists():
        return None
    with folder.open_best(run, read_only=True) as checkpoints:
        like = experiment.abstract_state(on_one_device=True)
        return checkpoints.restore(like, required=False)
