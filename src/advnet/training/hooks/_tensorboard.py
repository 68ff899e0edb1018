import functools
import os
from typing import Any

from advnet._extras import require
from advnet.training.hooks._rows import metric_rows
from advnet.types import Hook


def tensorboard(folder: str | os.PathLike, *, every: int = 100, start: int = 0) -> Hook:
    """Build a hook that writes the metrics as TensorBoard events.

    Args:
      folder: Log folder for TensorBoard.
      every: Number of steps between events.
      start: Step at which a resumed run starts; TensorBoard discards earlier events of
        later steps.

    Returns:
      A hook.

    Raises:
      ImportError: Without `pip install "advnet[cli]"`.
      ValueError: If `every` < 1.

    Examples:
      >>> hook = tensorboard(tempfile.mkdtemp(), every=1)
      >>> hook(1, None, {"generator/loss": np.float32(0.5)})
    """
    package = require("tensorboardX", "cli")

    @functools.cache
    def open_writer() -> Any:
        """Open the folder at the first row: a writer without rows fails at exit."""
        return package.SummaryWriter(
            str(folder), purge_step=start + 1 if start else None
        )

    def write(step: int, row: dict[str, float]) -> None:
        writer = open_writer()
        for name, value in row.items():
            writer.add_scalar(name, value, step, walltime=step)
        writer.flush()

    return metric_rows(every, write)
