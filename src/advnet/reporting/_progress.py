from collections.abc import Iterator
from contextlib import contextmanager

from advnet._extras import require
from advnet.types import Hook, Metrics, State


@contextmanager
def progress(num_steps: int, *, start: int = 0) -> Iterator[Hook]:
    """Show a progress bar for `fit` with the steps, their rate and the time left.

    Args:
      num_steps: Step at which the bar ends.
      start: Step at which the bar starts.

    Yields:
      A hook that moves the bar to the step it is called with.

    Raises:
      ImportError: Without `pip install "advnet[cli]"`.

    Examples:
      >>> with progress(2) as advance:  # doctest: +ELLIPSIS
      ...     advance(2, None, {})  # `fit` does this
          training ━━━...
    """
    rich = require("rich.progress", "cli")
    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TextColumn("{task.fields[speed]}"),
        rich.TimeRemainingColumn(),
        rich.TextColumn("left"),
    )
    with rich.Progress(*columns) as bar:
        task = bar.add_task("training", total=num_steps, completed=start, speed="")

        def advance(step: int, state: State, metrics: Metrics) -> None:
            bar.update(task, completed=step)
            speed = bar.tasks[0].speed
            if speed:
                bar.update(task, speed=f"{speed:.1f} steps/s")

        yield advance
