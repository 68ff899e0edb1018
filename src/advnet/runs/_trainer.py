"""The training of a run: hooks, checkpoints, scores and recovery from NaN."""

import math
import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax

from advnet._files import append_json, write_array
from advnet.runs._config import Config
from advnet.runs._experiment import Experiment
from advnet.runs._folder import RunFolder
from advnet.runs._processes import is_first_process, wait_for_processes
from advnet.runs._scoring import Schedule, make_score, schedule_scores
from advnet.training import (
    Checkpoints,
    Recovery,
    fit_with_recovery,
    hooks,
    watch_processes,
)
from advnet.types import Hook, Metrics, State

_STEPS_PER_CALL = 20  # where the device is faster than the host
_NUM_FRAMES = 20
_FRAME_SAMPLES = 36


class Trainer(NamedTuple):
    """Everything that training reads and writes.

    Attributes:
      experiment: The game, data and keys.
      config: The configuration.
      folder: The files to write.
      newest: Checkpoints of the newest states.
      best: Checkpoints of the states with the best scores.
    """

    experiment: Experiment
    config: Config
    folder: RunFolder
    newest: Checkpoints
    best: Checkpoints

    def restore(self) -> State:
        """Return the newest whole state, and cut all files back to its step."""
        like = self.experiment.abstract_state()
        state = self.newest.restore(like)
        state = self.experiment.initial_state() if state is None else state
        step = int(state.step)
        if is_first_process():
            self._cut_files(step)
        for later in [best for best in self.best.steps if best > step]:
            self.best.delete(later)
        wait_for_processes("files cut")
        self._restore_best(state, like)
        return state

    def _cut_files(self, step: int) -> None:
        """Cut the files of the run back to a step."""
        folder = self.folder
        for path in (folder.metrics, folder.scores, folder.recoveries):
            hooks.truncate_metrics(path, step)
        for frame_step, frame in folder.frame_files().items():
            if frame_step > step:
                frame.unlink()

    def train(self, state: State, extra_hooks: Sequence[Hook] = ()) -> State:
        """Train from `state` to the last step."""
        with watch_processes():
            return fit_with_recovery(
                self.experiment.recipe.algorithm,
                state,
                self.experiment.feed,
                num_steps=self.experiment.num_steps,
                hooks=[*self._hooks(int(state.step)), *extra_hooks],
                restore=self.restore,
                on_nan=self.config.on_nan,
                recoveries=self.folder.read_recoveries(),
                on_recovery=self._record_recovery,
                steps_per_call=self.steps_per_call,
            )

    def _record_recovery(self, recovery: Recovery) -> None:
        if is_first_process():
            self.folder.append_recovery(recovery)

    @property
    def steps_per_call(self) -> int:
        """Steps of one call of the compiled program."""
        if self.config.steps_per_call is not None:
            return self.config.steps_per_call
        if jax.default_backend() == "cpu":
            return 1
        schedules = self.config.checkpoint_every, self.config.metrics_every
        return math.gcd(_STEPS_PER_CALL, *schedules)

    def round_to_calls(self, steps: int) -> int:
        """Round a number of steps to whole calls, at least one."""
        calls = max(1, round(steps / self.steps_per_call))
        return calls * self.steps_per_call

    def keep_best(self, state: State) -> None:
        """Save the best state, and delete those that no checkpoint needs.

        Restoring a checkpoint must find the state that was the best at that step. The
        state is therefore written before the next checkpoint is.
        """
        self.best.save(state)
        self.best.wait()
        steps = self.best.steps
        needed = {steps[-1]}
        for checkpoint in self.newest.steps:
            earlier = (best for best in steps if best <= checkpoint)
            needed.add(max(earlier, default=steps[-1]))
        for step in set(steps) - needed:
            self.best.delete(step)

    def _hooks(self, start: int) -> list[Callable]:
        turns = self.experiment.recipe.game.turns
        order = [name for turn in turns for name in turn]
        every, folder = self.config.metrics_every, self.folder
        run_hooks = [hooks.stop_if_not_finite(every=every, order=order)]
        if is_first_process():
            logs = folder.path / "tensorboard"
            run_hooks += [
                hooks.write_metrics(folder.metrics, every=every),
                hooks.tensorboard(logs, every=every, start=start),
                self._write_frames(),
            ]
        schedule = schedule_scores(self.experiment, self.config)
        if schedule is not None:
            run_hooks.append(self._score(schedule))
        # Last, because training resumes after everything that precedes a checkpoint.
        every = self.config.checkpoint_every
        return [*run_hooks, hooks.checkpoint(self.newest, every=every)]

    def _restore_best(self, state: State, like: State) -> None:
        """Save `state` if it is the best one and the file of the best is lost.

        Raises:
          ValueError: If the best states belong to another run.
        """
        best, step = self.best.restore(like, required=False), int(state.step)
        history = [pair for pair in self.folder.read_scores() if pair[0] <= step]
        if not history:
            return
        best_step = hooks.best_of(history)[0]
        if best is not None and int(best.step) == best_step:
            return
        if best_step == step:
            self.best.save(state)
            self.best.wait()
            return
        warnings.warn(
            f"{self.folder.best} lacks the best state, of step {best_step}: it is "
            "chosen from the other states.",
            stacklevel=2,
        )

    def _write_frames(self) -> Callable:
        """Return a hook that draws samples of one noise during training."""
        self.folder.frames.mkdir(exist_ok=True)

        def write_frame(step: int, state: State, metrics: Metrics) -> None:
            samples = self.experiment.draw(state, _FRAME_SAMPLES)
            write_array(self.folder.frames / f"{step:08d}.npy", samples)

        every = self.round_to_calls(self.experiment.num_steps // _NUM_FRAMES)
        return hooks.periodic(every, write_frame)

    def _score(self, schedule: Schedule) -> hooks.Best:
        """Return a hook that scores the state and keeps the best."""
        experiment = self.experiment
        score_samples = make_score(experiment, self.config)

        def score(state: State) -> float:
            score = score_samples(experiment.draw(state, schedule.num_samples))
            row = {"step": int(state.step), "score": score.value, **score.details}
            if is_first_process():
                append_json(self.folder.scores, row)
            return score.value

        hook = hooks.Best(
            score,
            every=self.round_to_calls(schedule.every),
            patience=self.config.patience,
            keep=self.keep_best,
        )
        hook.history += self.folder.read_scores()
        return hook
