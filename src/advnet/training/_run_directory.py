import itertools
import os
from pathlib import Path


def new_run_directory(path: str | os.PathLike | None, name: str) -> Path:
    """Makes a folder no other run has written to.

    Args:
      path: The folder, which must not exist or be empty; or None for the first free
        of runs/NAME-1, runs/NAME-2, ...
      name: What the run is called if `path` is None.

    Returns:
      The folder, made.

    Raises:
      FileExistsError: If `path` holds anything.

    Examples:
      >>> folder = pathlib.Path(tempfile.mkdtemp())
      >>> new_run_directory(folder / "first", "mnist").name
      'first'
    """
    if path is not None:
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise FileExistsError(
                f"The run folder {path} is not empty. Name another, or move it away: "
                "a run never overwrites one."
            )
        return path
    numbered = (Path("runs") / f"{name}-{number}" for number in itertools.count(1))
    free = next(folder for folder in numbered if not folder.exists())
    free.mkdir(parents=True)
    return free
