"""The command line: `advnet train mnist`."""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import jax
import numpy as np

from advnet import __version__, data, recipes, reporting
from advnet._extras import require
from advnet.data import Dataset
from advnet.evaluation import parzen
from advnet.games import sample
from advnet.recipes import Recipe
from advnet.training import fit, hooks, new_run_directory, save
from advnet.types import Metrics, State

_RECIPES = {"mnist": recipes.mnist, "mnist_2014": recipes.mnist_2014}


@dataclass(frozen=True)
class Train:
    """Trains the paper's MNIST pair and scores its samples by a Parzen window.

    Without --data-dir it uses 5,000 real digits that a package ships and takes a few
    minutes. The experiment of 2014 is:

        advnet train mnist_2014 --data-dir DIR --epochs 500
    """

    recipe: Literal["mnist", "mnist_2014"]
    """mnist: the paper's networks trained as today; mnist_2014: as its authors did."""
    data_dir: Path | None = None
    """Folder with the four official MNIST files (IDX, gz or not)."""
    epochs: float = 60.0
    """Passes over the training images."""
    steps: int | None = None
    """Training steps, in place of --epochs."""
    seed: int = 0
    """Decides everything random: the same seed gives the same run."""
    run: Path | None = None
    """Folder to write, new or empty; the first free runs/RECIPE-N by default."""
    samples: int = 10_000
    """Samples in the Parzen window, at most as many as there are training images."""
    score_every: float | None = None
    """Epochs between Parzen scores on the way, written to scores.jsonl."""


class _Job(NamedTuple):
    """What `train` was asked for, made."""

    dataset: Dataset
    recipe: Recipe
    batches: data.Minibatches
    num_steps: int
    folder: Path
    sample_key: jax.Array
    num_samples: int

    def draw(self, state: State) -> np.ndarray:
        """Samples [num_samples, 28, 28, 1], of the averaged generator if it is kept."""
        average = any(player.average for player in state.players.values())
        key, num = self.sample_key, self.num_samples
        return np.asarray(sample(self.recipe.game, state, key, num, average=average))

    def score(self, samples: np.ndarray) -> parzen.Score:
        """The paper's protocol: sigma by 1,000 validation images, then the test set."""
        return parzen.score(samples, self.dataset.valid.x[:1000], self.dataset.test.x)

    def table(self, samples: np.ndarray) -> parzen.Table:
        """The same beside the rows that tell what the number means."""
        train, valid, test = (part.x for part in self.dataset[:3])
        return parzen.table(samples, train, valid[:1000], test)


def train(options: Train) -> None:
    """Runs `advnet train`: data in, a folder and a table out."""
    started = time.monotonic()
    init_key, data_key, sample_key = jax.random.split(jax.random.key(options.seed), 3)
    job = _prepare(options, data_key, sample_key)
    _write_json(job.folder / "config.json", _provenance(options))
    state = jax.jit(job.recipe.algorithm.init)(init_key, job.batches(0))
    state = _fit(job, state, options.score_every)
    _report(job, state, started)


def _prepare(options: Train, data_key: jax.Array, sample_key: jax.Array) -> _Job:
    folder = options.data_dir
    dataset = data.mnist_5k() if folder is None else data.mnist(folder)
    images = dataset.train.x
    recipe = _RECIPES[options.recipe](images)
    batches = data.minibatches(images, recipe.batch_size, key=data_key)
    epochs = options.epochs * batches.steps_per_epoch
    return _Job(
        dataset=dataset,
        recipe=recipe,
        batches=batches,
        num_steps=round(epochs) if options.steps is None else options.steps,
        folder=new_run_directory(options.run, options.recipe),
        sample_key=sample_key,
        num_samples=min(options.samples, len(images)),
    )


def _fit(job: _Job, state: State, score_every: float | None) -> State:
    def log_score(step: int, state: State, metrics: Metrics) -> None:
        row = {"step": step} | _as_row(job.score(job.draw(state)))
        with (job.folder / "scores.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")

    watch = [
        hooks.write_metrics(job.folder / "metrics.jsonl", every=20),
        hooks.stop_if_not_finite(every=20),
    ]
    if score_every is not None:
        period = max(1, round(score_every * job.batches.steps_per_epoch))
        watch.append(hooks.periodic(period, log_score))
    with hooks.interruptible() as stop, reporting.progress(job.num_steps) as advance:
        return fit(
            job.recipe.algorithm,
            state,
            job.batches,
            num_steps=job.num_steps,
            hooks=[advance, *watch, stop],
        )


def _report(job: _Job, state: State, started: float) -> None:
    """Writes what was made, and prints the score beside the true data's."""
    console = require("rich.console", "cli").Console()
    if int(state.step) < job.num_steps:
        console.print(f"Stopped at step {int(state.step)}; scoring what there is.")
    samples = job.draw(state)
    # Scored first: samples that are not finite are refused, and no state is written.
    table = job.table(samples)
    save(job.folder / "state", state)
    grid = reporting.image_grid(samples[:100], columns=10)
    reporting.save_image(job.folder / "samples.png", grid)
    rows = {name: _as_row(score) for name, score in table.rows.items()}
    result = {"step": int(state.step), "seconds": time.monotonic() - started} | rows
    _write_json(job.folder / "result.json", result)
    _print_table(console, job, table)
    console.print(f"{result['step']} steps, {result['seconds']:.0f} s. Written:")
    for file in sorted(job.folder.iterdir()):
        console.print(f"  {file}", highlight=False, soft_wrap=True)


def _print_table(console, job: _Job, scores: parzen.Table) -> None:
    table = require("rich.table", "cli").Table(
        "centres",
        "log-likelihood, nats",
        "sigma, and its place",
        title=f"Parzen window of {job.num_samples:,} centres on "
        f"{len(job.dataset.test.x):,} test images",
        caption="The true-data row is as many training images used as centres:\n"
        "above it, a score rewards blur.",
    )
    for name, (likelihood, bandwidth) in scores.rows.items():
        mean = f"{likelihood.mean:.1f} ± {likelihood.standard_error:.1f}"
        table.add_row(name, mean, str(bandwidth))
    console.print(table)
    for note in scores.notes:
        console.print(f"Note: {note}", style="yellow")


def _as_row(score: parzen.Score) -> dict[str, float]:
    (mean, error, num), bandwidth = score
    return {
        "log_likelihood": mean,
        "standard_error": error,
        "num_test": num,
        "sigma": bandwidth.sigma,
        "sigma_index": bandwidth.index,
    }


def _provenance(options: Train) -> dict:
    given = {name: str(value) for name, value in vars(options).items()}
    versions = {"advnet": __version__, "jax": jax.__version__}
    device = jax.devices()[0].device_kind
    return {"command": sys.argv, "device": device, **versions, "options": given}


def _write_json(path: Path, value: dict) -> None:
    """Writes the file whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value, indent=2) + "\n")
    part.replace(path)


def main() -> None:
    """The entry point of the `advnet` command."""
    try:
        tyro = require("tyro", "cli")
        train(
            tyro.extras.subcommand_cli_from_dict(
                {"train": Train},
                prog="advnet",
                config=(tyro.conf.PositionalRequiredArgs,),
            )
        )
    # Missing extras, bad files and folders, bad values, a run that diverged.
    except (ImportError, OSError, ValueError, FloatingPointError) as error:
        sys.stderr.write(f"advnet: {error}\n")
        sys.exit(2)
