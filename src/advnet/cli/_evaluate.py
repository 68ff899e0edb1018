"""`advnet evaluate`: a table of numbers with error bars, and the same as JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tyro

from advnet import reporting
from advnet._extras import require
from advnet._files import write_array, write_json
from advnet.cli._data import examples
from advnet.cli._experiment import Experiment, finished
from advnet.cli._folder import Folder
from advnet.evaluation import (
    diagnosis,
    distances,
    manifolds,
    memorization,
    parzen,
    two_sample,
)
from advnet.evaluation.distances import Features, MetricResult
from advnet.types import State

_MAX_EXAMPLES = 5_000  # of each side, for metrics that compare all pairs
_MAX_DIMENSION = 1_000  # values an example, beyond which covariances take minutes
_MIN_EXAMPLES = 20  # of each side, for a standard error


@dataclass(frozen=True)
class Evaluate:
    """Prints a table of metrics with error bars, and writes it as JSON.

    Of a run, on the test data it has not seen:

        advnet evaluate runs/mnist-1

    Of any samples, beside any reference, whoever made them:

        advnet evaluate --samples a.npy --reference b.npy --json table.json
    """

    run: tyro.conf.Positional[Path | None] = None
    """A run folder; its table goes to evaluation.json there."""
    samples: Path | None = None
    """A .npy, .npz or image folder of samples, in place of a run."""
    reference: Path | None = None
    """Data to compare them with."""
    train: Path | None = None
    """What the samples' model was trained on, to look for copies."""
    metrics: tuple[str, ...] = ()
    """Which, by name; all by default."""
    json: Path | None = None
    """Where else to write the table."""


def evaluate(options: Evaluate) -> int:
    """Runs `advnet evaluate`."""
    console = require("rich.console", "cli").Console()
    if options.run is not None:
        for name in ("samples", "reference", "train"):
            if getattr(options, name) is not None:
                raise ValueError(
                    f"A run is compared with its own data: leave out --{name}, or the "
                    "run folder."
                )
        folder = Folder(options.run)
        evaluate_run(console, folder, *finished(options.run), options)
        return 0
    if options.samples is None or options.reference is None:
        raise ValueError("Give a run folder, or --samples FILE and --reference FILE.")
    samples = examples(options.samples, None)
    reference = examples(options.reference, None)
    train = None if options.train is None else examples(options.train, None)
    for path, x in ((options.samples, samples), (options.train, train)):
        if x is not None and x.shape[1:] != reference.shape[1:]:
            raise ValueError(
                f"Expected examples of shape {reference.shape[1:]}, as in "
                f"{options.reference}; those of {path} are {x.shape[1:]}."
            )
    rows = measures(samples, reference, train, options.metrics)
    _print_measures(console, rows)
    if options.json is not None:
        write_json(options.json, {"measures": [row._asdict() for row in rows]})
    return 0


def evaluate_run(
    console,
    folder: Folder,
    made: Experiment,
    state: State,
    options: Evaluate | None = None,
) -> None:
    """Draws samples, writes them, and everything known about them."""
    options = options or Evaluate()
    samples = made.draw(state, made.num_samples)
    if not np.isfinite(samples).all():
        raise FloatingPointError("The samples are not finite; nothing was evaluated.")
    write_array(folder.samples, samples[:_MAX_EXAMPLES])
    if made.is_images():
        grid = reporting.image_grid(made.shown(samples[:100]), columns=10)
        reporting.save_image(folder.path / "samples.png", grid)
    result: dict[str, Any] = {"step": int(state.step)}
    if made.is_pixels():
        table = window(made, samples)
        _print_window(console, made, table)
        result["parzen"] = {name: _as_row(row) for name, row in table.rows.items()}
        result["notes"] = list(table.notes)
    train, test = made.seen, made.dataset.test.x
    rows = measures(samples, test, train, options.metrics)
    some = np.random.default_rng(0).permutation(len(train))[: len(samples)]
    names = tuple(name for name in options.metrics if name != "copying")
    wanted = names or not options.metrics  # none named: all there are
    beside = measures(train[some], test, None, names) if wanted else []
    _print_measures(console, rows, {row.name: row for row in beside})
    result["measures"] = [row._asdict() for row in rows]
    result["true data"] = [row._asdict() for row in beside]
    result["diagnosis"] = _diagnosed(console, folder, made, samples)
    write_json(folder.evaluation, result)
    if options.json is not None:
        write_json(options.json, result)
    console.print(f"{result['step']} steps. Written:")
    for file in sorted(folder.path.iterdir()):
        console.print(f"  {file}", highlight=False, soft_wrap=True)


def _diagnosed(
    console, folder: Folder, made: Experiment, samples: np.ndarray
) -> dict[str, Any]:
    """What is wrong with the run, in words, printed and returned."""
    data, metrics = made.dataset, folder.read_metrics()
    found = diagnosis.diagnose(
        metrics,
        samples=samples if metrics else None,  # not one row: too early to tell
        data=made.seen,
        held_out=data.test.x,
        output_range=made.recipe.game.players["generator"].output_range,
    )
    for verdict in found.verdicts:
        console.print(f"Diagnosis: {verdict}", style="yellow", highlight=False)
    count = len({verdict.name for verdict in found.verdicts})
    summary = f"{len(found.applied)} rules applied, {count or 'none'} fired."
    console.print(f"Diagnosis: {summary}", highlight=False)
    for name, why in found.not_applied.items():
        console.print(f"  not applied: {name} ({why})", highlight=False)
    verdicts = [verdict._asdict() for verdict in found.verdicts]
    return {"summary": summary, "verdicts": verdicts, "not applied": found.not_applied}


def window(made: Experiment, samples: np.ndarray) -> parzen.Table:
    """The paper's protocol: sigma by 1,000 validation examples, then the test set."""
    valid, test = made.dataset.valid.x, made.dataset.test.x
    return parzen.table(samples, made.seen, valid[:1000], test)


def score(made: Experiment, samples: np.ndarray) -> tuple[float, dict[str, float]]:
    """How good samples are by validation data, the larger the better, and details."""
    valid = made.dataset.valid.x[:1000]
    if made.is_pixels():
        best = parzen.refine_bandwidth(
            samples, valid, parzen.select_bandwidth(samples, valid, _WIDE)
        )
        value = float(best.log_likelihoods.max())
        return value, {"log_likelihood": value, "sigma": best.sigma}
    features = standardized(made.dataset.train.x)
    measure = distances.sliced_wasserstein(valid, samples, features=features)
    return -measure.value, {"sliced_wasserstein": measure.value}


_WIDE = np.logspace(-1.5, 0.5, 12)


def standardized(x: np.ndarray) -> Features | None:
    """Values less their mean, over their deviation; None for pixels in [0, 1]."""
    if x.ndim == 4 and x.min() >= 0 and x.max() <= 1:
        return None
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 0, scale, 1)

    def standardised_values(x: np.ndarray) -> np.ndarray:
        return (x - mean) / scale

    return standardised_values


def measures(
    samples: np.ndarray,
    reference: np.ndarray,
    train: np.ndarray | None,
    names: tuple[str, ...] = (),
) -> list[MetricResult]:
    """The metrics of these names, or all, in order; none for too few examples.

    Unless asked for, the Fréchet distance is left out where a covariance has less
    examples than dimensions, when it tells their number, and where it takes minutes.
    """
    features = standardized(reference)
    fake, real = samples[:_MAX_EXAMPLES], reference[:_MAX_EXAMPLES]
    if min(len(fake), len(real)) < _MIN_EXAMPLES:
        return []
    fidelity = lambda: list(manifolds.prdc(real, fake, features=features))
    known: Mapping[str, Callable[[], MetricResult | list[MetricResult]]] = {
        "frechet": lambda: distances.frechet(real, fake, features=features),
        "kernel": lambda: distances.kernel(real, fake, features=features),
        "mmd": lambda: distances.mmd(real, fake, features=features),
        "sliced_wasserstein": lambda: distances.sliced_wasserstein(
            real, fake, features=features
        ),
        "fidelity": fidelity,
        "classifier": lambda: two_sample.c2st(real, fake, features=features),
    }
    if train is not None:
        known = {
            **known,
            "copying": lambda: memorization.data_copying(
                train, real, fake, features=features
            ),
        }
    size = real[0].size
    if not names and (min(len(real), len(fake)) <= size or size > _MAX_DIMENSION):
        known = {name: run for name, run in known.items() if name != "frechet"}
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ValueError(f"No metric named {unknown}; known: {sorted(known)}.")
    found = [known[name]() for name in names or known]
    return [
        row for each in found for row in (each if isinstance(each, list) else [each])
    ]


def _print_window(console, made: Experiment, scores: parzen.Table) -> None:
    table = require("rich.table", "cli").Table(
        "centers",
        "log-likelihood, nats",
        "sigma, and its place",
        title=f"Parzen window of {made.num_samples:,} centers on "
        f"{len(made.dataset.test.x):,} test examples",
        caption="True data: as many training examples as centers.\n"
        "Above it, a score rewards blur.",
    )
    for name, (likelihood, bandwidth) in scores.rows.items():
        mean = f"{likelihood.mean:.1f} ± {likelihood.standard_error:.1f}"
        table.add_row(name, mean, str(bandwidth))
    console.print(table)
    for note in scores.notes:
        console.print(f"Note: {note}", style="yellow", highlight=False)


def _print_measures(
    console, rows: list[MetricResult], beside: Mapping[str, MetricResult] | None = None
) -> None:
    heading = ["metric", "samples", "n"]
    if beside is not None:
        heading.insert(2, "true data")
    if not rows:
        console.print(
            f"Note: fewer than {_MIN_EXAMPLES} examples to compare: no metrics."
        )
        return
    table = require("rich.table", "cli").Table(
        *heading, title=f"Against data not trained on, on {rows[0].features}"
    )
    for row in rows:
        cells = [row.name, as_text(row), f"{row.num_real:,}, {row.num_fake:,}"]
        if beside is not None:
            own = beside.get(row.name)
            cells.insert(2, as_text(own) if own else "")
        table.add_row(*cells)
    console.print(table)


def as_text(row: MetricResult) -> str:
    """A value with its error, and its p."""
    chance = "" if row.p_value is None else f", p {row.p_value:.1g}"
    return f"{row.value:.3g} ± {row.standard_error:.1g}{chance}"


def _as_row(row: parzen.Score) -> dict[str, float]:
    (mean, error, num), bandwidth = row
    return {
        "log_likelihood": mean,
        "standard_error": error,
        "num_test": num,
        "sigma": bandwidth.sigma,
        "sigma_index": bandwidth.index,
    }
