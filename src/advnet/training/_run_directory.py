import itertools
import os
from pathlib import Path

from advnet._files import is_leftover


def new_run_directory(path: str | os.PathLike | None, name: str) -> Path:
    """Create a folder for a run that no other run has written to.

    Args:
      path: The folder, which must be empty if it exists, but for what a killed process
        leaves; None for the first free folder among runs/NAME-1, runs/NAME-2, ...
      name: Name of the run, used if `path` is None.

    Returns:
      The path of the new folder.

    Raises:
      FileExistsError: If the folder `path` is not empty.

    Examples:
      >>> folder = pathlib.Path(tempfile.mkdtemp())
      >>> new_run_directory(folder / "first", "mnist").name
      'first'
    """
    if path is not None:
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        if not all(is_leftover(entry) for entry in path.iterdir()):
            raise FileExistsError(
                f"The run folder {path} is not empty. Name another, or move it away: "
                "a run never overwrites another run."
            )
        return path
    numbered = (Path("runs") / f"{name}-{number}" for number in itertools.count(1))
    Path("runs").mkdir(exist_ok=True)
    return next(folder for folder in numbered if _create(folder))


def _create(folder: Path) -> bool:
    """Create a folder and return True, or return False if it exists already."""
    try:
        folder.mkdir()
    except FileExistsError:  # also where another process was faster
        return False
    return True
