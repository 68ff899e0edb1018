import os

from advnet._extras import require
from advnet.training._fit import Hook
from advnet.training.hooks._periodic import periodic
from advnet.types import Metrics, State


def tensorboard(folder: str | os.PathLike, *, every: int = 100, start: int = 0) -> Hook:
    """Writes the metrics as TensorBoard events.

    Args:
      folder: What TensorBoard is pointed at.
      every: Steps between events.
      start: The step a resumed run starts from; TensorBoard forgets later ones.

    Raises:
      ImportError: Without `pip install "advnet[cli]"`.

    Examples:
      >>> hook = tensorboard(tempfile.mkdtemp(), every=1)
      >>> hook(1, None, {"generator/loss": np.float32(0.5)})
    """
    writer = require("tensorboardX", "cli").SummaryWriter(
        str(folder), purge_step=start + 1 if start else None
    )

    def write(step: int, state: State, metrics: Metrics) -> None:
        for name, value in metrics.items():
            writer.add_scalar(name, float(value), step, walltime=step)
        writer.flush()

    return periodic(every, write)
