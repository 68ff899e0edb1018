import json
import os
from collections.abc import Callable
from pathlib import Path

from advnet._files import append_json, read_json_lines, write_text
from advnet.training.hooks._rows import metric_rows
from advnet.types import Hook


def log(*, every: int = 100, write: Callable[[str], None] = print) -> Hook:
    """Build a hook that writes the metrics as one line of text.

    Args:
      every: Number of steps between lines.
      write: Function that writes a line; the default is `print`.

    Returns:
      A hook.

    Raises:
      ValueError: If `every` < 1.

    Examples:
      >>> log(every=1)(1, None, {"generator/loss": np.float32(0.5)})
      step 1  generator/loss 0.5
    """

    def write_line(step: int, row: dict[str, float]) -> None:
        values = "  ".join(f"{name} {x:.4g}" for name, x in row.items())
        write(f"step {step}  {values}")

    return metric_rows(every, write_line)


def write_metrics(path: str | os.PathLike, *, every: int = 100) -> Hook:
    r"""Build a hook that appends the step and the metrics to a file of JSON lines.

    Args:
      path: The file; its folder must exist.
      every: Number of steps between lines.

    Returns:
      A hook.

    Raises:
      ValueError: If `every` < 1.

    Examples:
      >>> path = pathlib.Path(tempfile.mkdtemp()) / "metrics.jsonl"
      >>> write_metrics(path, every=1)(1, None, {"generator/loss": np.float32(0.5)})
      >>> path.read_text()
      '{"step": 1, "generator/loss": 0.5}\n'
    """

    def append(step: int, row: dict[str, float]) -> None:
        append_json(path, {"step": step} | row)

    return metric_rows(every, append)


def truncate_metrics(path: str | os.PathLike, step: int) -> None:
    r"""Delete the lines of later steps, which a resumed run writes again.

    An incomplete last line is deleted as well. If the file does not exist, nothing
    happens.

    Args:
      path: A file of JSON lines, each with a "step".
      step: The last step to keep.

    Raises:
      ValueError: If a complete line is not a JSON object with a step; the message names
        the file and the line.

    Examples:
      >>> path = pathlib.Path(tempfile.mkdtemp()) / "metrics.jsonl"
      >>> _ = path.write_text('{"step": 20}\n{"step": 40}\n{"ste')
      >>> truncate_metrics(path, 20)
      >>> path.read_text()
      '{"step": 20}\n'
    """
    if not Path(path).exists():
        return
    rows = read_json_lines(Path(path))
    for number, row in enumerate(rows, start=1):
        if not isinstance(row.get("step"), int):
            raise ValueError(
                f"{path}, line {number}: expected a row with an integer step, got "
                f"{row}. Restore or delete the line."
            )
    earlier = [json.dumps(row) + "\n" for row in rows if row["step"] <= step]
    write_text(path, "".join(earlier))
