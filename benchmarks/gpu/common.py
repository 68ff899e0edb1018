"""Shared parts of the scripts for one GPU: options, a record, training, pictures."""

import argparse
import json
import math
import os
import pathlib
import time
from collections.abc import Callable, Sequence
from typing import Any

import flax
import jax
import numpy as np
import optax

import advnet
from advnet import data, reporting
from advnet.types import Algorithm, Game, State

SAMPLES_PER_CALL = 500


def parser(
    about: str | None, seconds: float, *, seeds: Sequence[int] = ()
) -> argparse.ArgumentParser:
    """Build the options that the scripts have in common.

    Args:
      about: Docstring of the script.
      seconds: Default of `--seconds`, the time for training.
      seeds: Default of `--seeds`, if the script has several.
    """
    options = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--data", required=True, help="folder or file of the data")
    options.add_argument("--seconds", type=float, default=seconds, help="of training")
    options.add_argument("--tiny", action="store_true", help="a test on a CPU")
    if seeds:
        options.add_argument("--seeds", type=int, nargs="+", default=list(seeds))
    return options


class Record:
    """Rows of numbers, written to `$OUT/NAME.json` whenever a row is added.

    The first row holds the device, the versions and the options of the command.

    Args:
      name: Name of the file, without its suffix.
      options: Options of the command.
    """

    def __init__(self, name: str, options: argparse.Namespace):
        self.folder = pathlib.Path(os.environ["OUT"])
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = self.folder / f"{name}.json"
        modules = (advnet, jax, flax, optax, np)
        self.rows: list[dict[str, Any]] = [
            {
                "device": jax.devices()[0].device_kind,
                "versions": {module.__name__: module.__version__ for module in modules},
                "options": vars(options),
            }
        ]
        self._start = time.perf_counter()
        self._write()

    def add(self, **row: Any) -> None:
        """Add a row and the seconds since the start, and print it."""
        row["seconds of the script"] = round(time.perf_counter() - self._start, 1)
        self.rows.append(row)
        self._write()
        print(json.dumps(row), flush=True)

    def _write(self) -> None:
        self.path.write_text(json.dumps(self.rows, indent=1))

    def picture(self, name: str, images: np.ndarray, columns: int = 10) -> None:
        """Save images [n, h, w, c] in [0, 1] as one picture."""
        grid = reporting.image_grid(np.clip(images, 0, 1), columns=columns)
        reporting.save_image(self.folder / f"{name}.png", grid)


def device_batches(arrays: Any, batch_size: int, seed: int = 1) -> data.Minibatches:
    """Return shuffled mini-batches of arrays in the memory of the device."""
    key = jax.random.key(seed)
    return data.on_device(data.minibatches(arrays, batch_size, key=key))


def train(
    algorithm: Algorithm,
    state: State,
    batches: data.Minibatches,
    *,
    record: Record,
    name: str,
    seconds: float = math.inf,
    num_steps: int | None = None,
    steps_per_call: int = 20,
    seconds_per_row: float = 10.0,
    marks: Sequence[float] = (),
    at_mark: Callable[[float, State], None] = lambda share, state: None,
) -> State:
    """Train until a step or for some seconds, and add the metrics to a record.

    A value that is not finite ends the training; its row says so.

    Args:
      algorithm: The algorithm.
      state: State to start from; its buffers are donated.
      batches: Batches on the device.
      record: Record for the rows.
      name: Name of the training, for its rows.
      seconds: Longest time of training, without compilation.
      num_steps: Step at which training ends, if it is not ended by `seconds`.
      steps_per_call: Steps compiled into one call.
      seconds_per_row: Seconds between two rows.
      marks: Increasing shares of `seconds` at which `at_mark` is called. Its time
        does not count.
      at_mark: `at_mark(share, state)`, for pictures and scores.

    Returns:
      The state at the end.
    """

    def call(state, stacked):
        return jax.lax.scan(algorithm.train_step, state, stacked)

    first = step = int(state.step)
    begin = time.perf_counter()
    stacked = batches.stacked(step, step + steps_per_call)
    compiled = jax.jit(call, donate_argnums=0).lower(state, stacked).compile()
    record.add(name=name, compilation=round(time.perf_counter() - begin, 1), step=step)
    limit = math.inf if num_steps is None else num_steps
    marks, paused, last_row, pending = list(marks), 0.0, 0.0, None
    begin, elapsed = time.perf_counter(), 0.0
    while step < limit and elapsed < seconds:
        state, metrics = compiled(state, batches.stacked(step, step + steps_per_call))
        # One call waits while another runs: a longer queue would hide the time.
        jax.block_until_ready(pending)
        pending, step = metrics, step + steps_per_call
        elapsed = time.perf_counter() - begin - paused
        due = marks and elapsed >= marks[0] * seconds
        ended = step >= limit or elapsed >= seconds
        if not (due or ended or elapsed >= last_row + seconds_per_row):
            continue
        row = {key: float(values.mean()) for key, values in metrics.items()}
        last_row = elapsed = time.perf_counter() - begin - paused
        speed = 1e3 * elapsed / (step - first)
        record.add(name=name, step=step, training=round(elapsed, 1), ms=speed, **row)
        if not all(map(math.isfinite, row.values())):
            record.add(name=name, step=step, stopped="a metric is not finite")
            break
        pause = time.perf_counter()
        while marks and elapsed >= marks[0] * seconds:
            at_mark(marks.pop(0), state)
        paused += time.perf_counter() - pause
    return state


def sample(
    game: Game,
    state: State,
    num: int,
    *,
    seed: int = 2,
    num_classes: int | None = None,
    average: bool = True,
) -> np.ndarray:
    """Draw samples [num, ...] in blocks, the classes in turn if there are classes."""
    condition = None
    if num_classes is not None:
        condition = jax.numpy.arange(SAMPLES_PER_CALL, dtype=np.int32) % num_classes
    draw = jax.jit(
        lambda state, key: advnet.sample(
            game, state, key, SAMPLES_PER_CALL, condition=condition, average=average
        )
    )
    keys = jax.random.split(jax.random.key(seed), -(-num // SAMPLES_PER_CALL))
    return np.concatenate([np.asarray(draw(state, key)) for key in keys])[:num]
