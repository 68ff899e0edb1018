"""`advnet train`, `advnet fit` and `advnet resume`."""

import dataclasses
import signal
import sys
from pathlib import Path
from typing import Any

import tyro

from advnet import runs
from advnet.cli._console import console, print_evaluation, print_files, print_plan
from advnet.cli._options import Fit, Train
from advnet.cli._output import write_error
from advnet.cli._processes import Processes, connect
from advnet.runs import Run
from advnet.training import hooks

# As in sendmail: a temporary failure, which the same command continues.
EXIT_INTERRUPTED = 75


@dataclasses.dataclass(frozen=True)
class Resume(Processes):
    """Resume a run from its newest whole checkpoint.

    It does what the same `advnet train` or `advnet fit` command would do. With --steps
    it trains longer:

        advnet resume runs/mnist-1 --steps 30000
    """

    run: Path
    """The run folder."""
    steps: int | None = None
    """Training steps in all; the default is the length of the original run."""
    devices: int | None = None
    """Local devices to train on; as the original command by default."""


def train(options: Train | Fit) -> int:
    """Run `advnet train` or `advnet fit`; return the exit code."""
    connect(options)
    if isinstance(options, Fit) and options.config is not None:
        options = _parse_with_config(options.config)
    config = options.to_config()
    if options.dry_run:
        print_plan(runs.plan(config))
        return 0
    return _train(runs.start(config))


def _parse_with_config(path: Path) -> Fit:
    """Parse the command line again, with the options of another run as defaults."""
    folder = runs.RunFolder(path if path.is_dir() else path.parent)
    if path.is_file() and path.name != folder.config.name:
        raise ValueError(
            f"Expected a run folder or its config.json after --config, got {path}."
        )
    config = folder.read_config(folder.read_record())
    defaults = Fit(data=Path()).with_defaults_from(config)
    options = tyro.cli(
        Fit,
        args=sys.argv[2:],
        default=defaults,
        config=(tyro.conf.PositionalRequiredArgs,),
    )
    # A length in steps replaces one in epochs, and the other way round.
    if options.steps != defaults.steps and options.epochs == defaults.epochs:
        return dataclasses.replace(options, epochs=None)
    if options.epochs != defaults.epochs and options.steps == defaults.steps:
        return dataclasses.replace(options, steps=None)
    return options


def resume(options: Resume) -> int:
    """Run `advnet resume`; return the exit code."""
    connect(options)
    changes: dict[str, Any] = {"steps": options.steps, "devices": options.devices}
    changes = {name: value for name, value in changes.items() if value is not None}
    return _train(runs.open(options.run, **changes))


def _train(run: Run) -> int:
    """Train, evaluate and print in the only or the first of several processes."""
    if runs.is_first_process():
        try:
            return _train_and_print(run)
        finally:
            runs.wait_for_processes("evaluation")
    run.train()
    runs.wait_for_processes("evaluation")
    return 0


def _train_and_print(run: Run) -> int:
    out = console()
    out.print(f"{run.about}; run folder {run.folder.path}", highlight=False)
    for note in run.notes:
        out.print(f"Note: {note}", highlight=False)
    with hooks.interruptible() as stop:
        state = run.train(hooks=[stop], log=out.print, progress=True)
    if stop.signal not in (None, signal.SIGINT):
        name = signal.Signals(stop.signal).name
        write_error(f"{name}; saved step {int(state.step)}.")
        return EXIT_INTERRUPTED
    if int(state.step) < run.num_steps:
        out.print(f"Stopped at step {int(state.step)}; evaluating what there is.")
    print_evaluation(run.evaluate())
    print_files(run)
    return 0
