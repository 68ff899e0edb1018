"""Hooks for `fit`: plain functions of (step, state, metrics)."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import jax
import numpy as np

from advnet.training._fit import Hook, StopTraining
from advnet.types import Metrics, State

__all__ = [
    "interruptible",
    "log",
    "periodic",
    "stop_if_not_finite",
    "write_metrics",
]


def periodic(every: int, hook: Hook) -> Hook:
    """Calls `hook` at the steps that `every` divides.

    Raises:
      ValueError: If `every` < 1.

    Examples:
      >>> hook = periodic(10, lambda step, state, metrics: print(step))
      >>> for step in range(1, 31):
      ...     hook(step, None, {})
      10
      20
      30
    """
    if every < 1:
        raise ValueError(f"Expected a period of at least 1 step, got {every}.")

    def sometimes(step: int, state: State, metrics: Metrics) -> None:
        if step % every == 0:
            hook(step, state, metrics)

    return sometimes


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
        with Path(path).open("a") as file:
            file.write(json.dumps(row) + "\n")

    return periodic(every, append)


def stop_if_not_finite(*, every: int = 100) -> Hook:
    """Raises as soon as a metric is NaN or infinite, naming it and the step.

    Args:
      every: Steps between looks; each waits for the device.

    Raises:
      FloatingPointError: From the hook it returns.

    Examples:
      >>> stop_if_not_finite(every=1)(7, None, {"generator/loss": np.float32("nan")})
      Traceback (most recent call last):
      FloatingPointError: generator/loss is nan at step 7. ...
    """

    def check(step: int, state: State, metrics: Metrics) -> None:
        for name, value in jax.device_get(metrics).items():
            if not np.isfinite(value):
                raise FloatingPointError(
                    f"{name} is {value} at step {step}. Lower the learning rate, or "
                    "add a penalty on the critic (terms.r1)."
                )

    return periodic(every, check)


@contextmanager
def interruptible() -> Iterator[Hook]:
    """Turns Ctrl-C into the end of training after the step under way.

    `fit` then returns the state it reached; a second Ctrl-C raises KeyboardInterrupt
    as ever. Works in the main thread only, as signals do.

    Examples:
      >>> with interruptible() as stop_on_interrupt:
      ...     hooks = [stop_on_interrupt]  # for fit
    """
    interrupted = False

    def remember(number: int, frame) -> None:
        nonlocal interrupted
        if interrupted:
            raise KeyboardInterrupt
        interrupted = True

    def hook(step: int, state: State, metrics: Metrics) -> None:
        if interrupted:
            raise StopTraining

    previous = signal.signal(signal.SIGINT, remember)
    try:
        yield hook
    finally:
        signal.signal(signal.SIGINT, previous)
