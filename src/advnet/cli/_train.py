"""`advnet train`, `fit` and `resume`: a run from its folder to its evaluation."""

import dataclasses
import json
import math
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from advnet import _validation, reporting
from advnet._extras import require
from advnet._files import append_line, write_array
from advnet.cli._evaluate import evaluate_run, score
from advnet.cli._experiment import Experiment, best_or, experiment
from advnet.cli._folder import Folder, open_folder
from advnet.cli._options import Fit, Running, Train
from advnet.training import Checkpoints, fit_with_recovery, hooks
from advnet.types import Metrics, State

# As of sendmail: a failure for now; the same command again goes on.
EXIT_INTERRUPTED = 75

_STEPS_PER_CALL = 20  # where the device is faster than the host
_SCHEDULES = ("checkpoint_every", "metrics_every")
_NUM_FRAMES = 20
_FRAME_SAMPLES = 36


@dataclasses.dataclass(frozen=True)
class Resume:
    """Goes on with a run from its newest whole checkpoint.

    As the same `advnet train` or `fit` command would; with --steps it runs longer:

        advnet resume runs/mnist-1 --steps 30000
    """

    run: Path
    """The run folder."""
    steps: int | None = None
    """Training steps in all; as it was started with by default."""


def resume(options: Resume) -> int:
    """Runs `advnet resume`."""
    started = Folder(options.run).options()
    if options.steps is not None:
        started = dataclasses.replace(started, steps=options.steps)
    return train(started)


def train(options: Train | Fit) -> int:
    """Runs `advnet train` and `advnet fit`; returns the exit code."""
    console = require("rich.console", "cli").Console()
    _checked(options)
    made = experiment(options)
    if options.dry_run:
        return _dry_run(console, made)
    folder = open_folder(options, made.name)
    console.print(f"{made.recipe.about}; run folder {folder.path}", highlight=False)
    with (
        Checkpoints(folder.checkpoints) as newest,
        Checkpoints(folder.best, keep=None) as best,
        hooks.interruptible() as stop,
    ):
        run = _Run(made, options, folder, newest, best)
        state = run.go_back()
        if int(state.step):
            console.print(f"Resumed at step {int(state.step)}.")
        state = run.train(state, stop)
    if stop.signal == signal.SIGTERM:
        sys.stderr.write(f"advnet: SIGTERM; saved step {int(state.step)}.\n")
        return EXIT_INTERRUPTED
    if int(state.step) < made.num_steps:
        console.print(f"Stopped at step {int(state.step)}; evaluating what there is.")
    evaluate_run(console, folder, made, best_or(state, folder, made))
    return 0


def _checked(options: Running) -> None:
    counts = {
        name: getattr(options, name)
        for name in ("steps", "samples", *_SCHEDULES, "steps_per_call")
    }
    counts = {name: count for name, count in counts.items() if count is not None}
    _validation.check_at_least(1, **counts)
    _validation.check_at_least(0, seed=options.seed)
    for name in _SCHEDULES:
        if counts[name] % (options.steps_per_call or 1):
            raise ValueError(
                f"Expected --{name.replace('_', '-')} to be a multiple of "
                f"--steps-per-call {options.steps_per_call}, got {counts[name]}."
            )
    lengths = {"--epochs": options.epochs, "--score-every": options.score_every}
    for flag, epochs in lengths.items():
        if epochs is not None and not 0 < epochs < math.inf:
            raise ValueError(f"Expected {flag} > 0, in epochs, got {epochs}.")
    if options.patience is not None and options.score_every is None:
        raise ValueError("--patience counts scores: give --score-every too.")


class _Run(NamedTuple):
    made: Experiment
    options: Running
    folder: Folder
    newest: Checkpoints
    best: Checkpoints

    def go_back(self) -> State:
        """The last good state, with the files of the run as they were then."""
        state = self.newest.restore(self.made.abstract())
        state = self.made.start() if state is None else state
        step = int(state.step)
        for path in (self.folder.metrics, self.folder.scores, self.folder.events):
            hooks.truncate_metrics(path, step)
        for later in [best for best in self.best.steps if best > step]:
            self.best.delete(later)
        for frame in self.folder.frames.glob("*.npy"):
            if int(frame.stem) > step:
                frame.unlink()
        return state

    def train(self, state: State, stop: hooks.Interruption) -> State:
        """From a state to the last step, whatever comes between."""
        steps = self.made.num_steps
        with reporting.progress(steps, start=int(state.step)) as advance:
            return fit_with_recovery(
                self.made.recipe.algorithm,
                state,
                self.made.batches,
                num_steps=steps,
                hooks=[advance, *self._watch(int(state.step)), stop],
                restore=self.go_back,
                on_nan=self.options.on_nan,
                events=self.folder.past_events(),
                on_recovery=self.folder.record,
                steps_per_call=self._steps_per_call,
            )

    @property
    def _steps_per_call(self) -> int:
        if self.options.steps_per_call is not None:
            return self.options.steps_per_call
        schedules = self.options.checkpoint_every, self.options.metrics_every
        on_host = jax.default_backend() == "cpu"
        return 1 if on_host else math.gcd(_STEPS_PER_CALL, *schedules)

    def _about(self, steps: int) -> int:
        """As many steps as end a call, at least one call."""
        calls = max(1, round(steps / self._steps_per_call))
        return calls * self._steps_per_call

    def _watch(self, start: int) -> list[Callable]:
        order = [name for turn in self.made.recipe.game.turns for name in turn]
        every = self.options.metrics_every
        watch = [
            hooks.stop_if_not_finite(every=every, order=order),
            hooks.write_metrics(self.folder.metrics, every=every),
            hooks.tensorboard(
                self.folder.path / "tensorboard", every=every, start=start
            ),
            hooks.checkpoint(self.newest, every=self.options.checkpoint_every),
            self._frames(),
        ]
        if self.options.score_every is not None:
            watch.append(self._scores(self.options.score_every))
        return watch

    def _frames(self) -> Callable:
        """Samples of the same noise, drawn now and then, for the animation."""
        self.folder.frames.mkdir(exist_ok=True)

        def frame(step: int, state: State, metrics: Metrics) -> None:
            drawn = self.made.draw(state, _FRAME_SAMPLES)
            write_array(self.folder.frames / f"{step:08d}.npy", drawn)

        return hooks.periodic(self._about(self.made.num_steps // _NUM_FRAMES), frame)

    def _scores(self, epochs: float) -> hooks.Best:
        def on_validation(state: State) -> float:
            value, row = score(self.made, self.made.draw(state, self.made.num_samples))
            row = {"step": int(state.step), "score": value} | row
            append_line(self.folder.scores, json.dumps(row))
            return value

        hook = hooks.Best(
            on_validation,
            every=self._about(self.made.steps_in(epochs)),
            patience=self.options.patience,
            keep=self._keep,
        )
        if self.folder.scores.exists():
            rows = map(json.loads, self.folder.scores.read_text().splitlines())
            hook.history += [(row["step"], row["score"]) for row in rows]
        return hook

    def _keep(self, state: State) -> None:
        """Saves a best state, beside those that were best at a checkpoint.

        Whoever goes back to the checkpoint finds the best of that time.
        """
        self.best.save(state)
        steps = self.best.steps
        wanted = {steps[-1]}
        for checkpoint in self.newest.steps:
            wanted |= {max((b for b in steps if b <= checkpoint), default=steps[-1])}
        for step in set(steps) - wanted:
            self.best.delete(step)


def _dry_run(console, made: Experiment) -> int:
    """Networks, sizes, and a time measured on a few steps."""
    state = made.start()
    console.print(f"{made.recipe.about}, {made.dataset.train.x.shape[0]:,} examples")
    for name, player in state.players.items():
        count = sum(leaf.size for leaf in jax.tree.leaves(player.variables.params))
        console.print(f"  {name}: {count:,} parameters")
        for path, leaf in jax.tree_util.tree_leaves_with_path(player.variables.params):
            place = jax.tree_util.keystr(path, simple=True, separator="/")
            console.print(f"    {place} {list(leaf.shape)}", highlight=False)
    step = jax.jit(made.recipe.algorithm.train_step, donate_argnums=0)
    compiled = step.lower(state, made.batches(0)).compile()
    memory = compiled.memory_analysis()
    if memory is not None:  # not every backend can say
        needed = memory.temp_size_in_bytes + memory.argument_size_in_bytes
        console.print(f"  memory: {needed / 2**20:.0f} MiB on the device")
    seconds = _seconds_a_step(compiled, state, made.batches)
    whole = seconds * made.num_steps
    console.print(
        f"  time: {seconds * 1e3:.1f} ms a step, {made.num_steps:,} steps, about "
        f"{whole / 60:.1f} minutes on {jax.devices()[0].device_kind}"
    )
    return 0


def _seconds_a_step(compiled, state: State, batches) -> float:
    times = []
    for number in range(6):
        begun = time.perf_counter()
        state, _ = jax.block_until_ready(compiled(state, batches(number)))
        times.append(time.perf_counter() - begun)
    return float(np.median(times[1:]))
