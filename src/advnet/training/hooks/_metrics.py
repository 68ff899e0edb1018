import json
import os
from collections.abc import Callable
from pathlib import Path

from advnet._files import append_line, write_text
from advnet.training._fit import Hook
from advnet.training.hooks._periodic import periodic
from advnet.types import Metrics, State


def log(*, every: int = 100, write: Callable[[str], None] = print) -> Hook:
    """Writes the metrics as one line.

    Args:
      every: Steps between lines.
      write: Where to; `print` by default.

    Examples:
      >>> log(every=1)(1, None, {"generator/loss": np.float32(0.5)})
      step 1  generator/loss 0.5
    """

    def line(step: int, state: State, metrics: Metrics) -> None:
        values = "  ".join(f"{name} {float(x):.4g}" for name, x in metrics.items())
        write(f"step {step}  {values}")

    return periodic(every, line)


def write_metrics(path: str | os.PathLike, *, every: int = 100) -> Hook:
    r"""Appends the metrics to a file of JSON lines, with the step.

    Args:
      path: The file; its folder must exist.
      every: Steps between lines.

    Examples:
      >>> path = pathlib.Path(tempfile.mkdtemp()) / "metrics.jsonl"
      >>> write_metrics(path, every=1)(1, None, {"generator/loss": np.float32(0.5)})
      >>> path.read_text()
      '{"step": 1, "generator/loss": 0.5}\n'
    """

    def append(step: int, state: State, metrics: Metrics) -> None:
        row = {"step": step} | {name: float(x) for name, x in metrics.items()}
        append_line(path, json.dumps(row))

    return periodic(every, append)


def truncate_metrics(path: str | os.PathLike, step: int) -> None:
    r"""Forgets the lines of later steps: a resumed run writes them again, the same.

    A last line that was cut off is forgotten too. Without a file nothing happens.

    Args:
      path: A file of JSON lines, each with a "step".
      step: The last one to keep.

    Examples:
      >>> path = pathlib.Path(tempfile.mkdtemp()) / "metrics.jsonl"
      >>> _ = path.write_text('{"step": 20}\n{"step": 40}\n{"ste')
      >>> truncate_metrics(path, 20)
      >>> path.read_text()
      '{"step": 20}\n'
    """
    if not Path(path).exists():
        return
    lines = Path(path).read_text().splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    kept = [line for line in whole if json.loads(line)["step"] <= step]
    write_text(path, "".join(kept))
