"""`advnet report`: a run as one page; `advnet recipes`: what there is to train."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tyro

from advnet import reporting
from advnet._extras import require
from advnet.cli._evaluate import as_text, evaluate_run, standardized
from advnet.cli._experiment import RECIPES, Experiment, finished
from advnet.cli._folder import Folder
from advnet.evaluation import memorization
from advnet.evaluation.distances import MetricResult
from advnet.reporting import Report

_NUM_PAIRS = 12
_NUM_LINES, _NUM_POINTS = 6, 10


@dataclass(frozen=True, kw_only=True)
class Page:
    """Writes a run as one HTML page that needs nothing else, to look at and to send.

    advnet report runs/mnist-1
    """

    run: tyro.conf.Positional[Path]
    """The run folder; it is evaluated first if it was not yet."""
    out: Path | None = None
    """The file; report.html in the run folder by default."""


@dataclass(frozen=True, kw_only=True)
class Recipes:
    """Lists what `advnet train` can train.

    advnet recipes
    """


def list_recipes(options: Recipes) -> int:
    """Runs `advnet recipes`."""
    console = require("rich.console", "cli").Console()
    for name, make in RECIPES.items():
        said = (make.__doc__ or "").splitlines()[0]
        console.print(f"{name:12} {said}", highlight=False)
    return 0


def report(options: Page) -> int:
    """Runs `advnet report`."""
    console = require("rich.console", "cli").Console()
    folder = Folder(options.run)
    made, state = finished(options.run)
    if not folder.evaluation.exists():
        evaluate_run(console, folder, made, state)
    evaluation = json.loads(folder.evaluation.read_text())
    samples = np.load(folder.samples)
    features = standardized(made.dataset.train.x)
    train = made.seen
    nearest = memorization.nearest(train, samples[:_NUM_PAIRS], features=features)
    frames = sorted(folder.frames.glob("*.npy"))
    page = Report(
        title=f"{made.name}, {evaluation['step']:,} steps",
        provenance=_provenance(folder, made),
        metrics=folder.read_metrics(),
        samples=made.shown(samples),
        neighbors=made.shown(train[nearest.indices]),
        interpolations=made.shown(made.interpolate(state, _NUM_LINES, _NUM_POINTS)),
        data=made.shown(train[:5_000]),
        evaluation=list(_rows(evaluation)),
        notes=evaluation.get("notes", []),
        diagnosis=[
            (verdict["says"], verdict["advice"])
            for verdict in evaluation["diagnosis"]["verdicts"]
        ],
        diagnosis_summary=evaluation["diagnosis"]["summary"],
        frames=[made.shown(np.load(frame)) for frame in frames],
        frame_steps=[int(frame.stem) for frame in frames],
        events=[
            f"Went back to step {event.step}: {event.cause}"
            for event in folder.past_events()
        ],
    )
    written = reporting.write_html(options.out or folder.path / "report.html", page)
    console.print(f"Written: {written}", highlight=False, soft_wrap=True)
    return 0


def _provenance(folder: Folder, made: Experiment) -> dict[str, str]:
    config = folder.read_config()
    flat = {"command": config["command"], "networks": made.recipe.about}
    flat |= {"data": made.dataset.name or made.name, "device": config["device"]}
    given = {
        name.replace("_", " "): value
        for name, value in config["options"].items()
        if value is not None
    }
    return {
        name: str(value)
        for name, value in {**flat, **config["versions"], **given}.items()
    }


def _rows(evaluation: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Rows of the page's table, from what `evaluate` wrote."""
    window = evaluation.get("parzen")
    if window:
        cells = {
            name: f"{row['log_likelihood']:.1f} ± {row['standard_error']:.1f}"
            for name, row in window.items()
        }
        num = f"{window['samples']['num_test']:,} test examples"
        yield {"metric": "Parzen log-likelihood, nats", **cells, "n": num}
    beside = {row["name"]: MetricResult(**row) for row in evaluation["true data"]}
    for row in evaluation["measures"]:
        measure = MetricResult(**row)
        own = beside.get(measure.name)
        yield {
            "metric": measure.name,
            "samples": as_text(measure),
            "true data": as_text(own) if own else "",
            "features": measure.features,
            "n": f"{measure.num_real:,}, {measure.num_fake:,}",
        }
