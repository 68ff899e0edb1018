"""A training run as one page that needs nothing else: no network, no other file."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from advnet._extras import require
from advnet._files import write_text
from advnet.reporting import _shown
from advnet.reporting._chart import finite_or_nan
from advnet.reporting._curves import curves
from advnet.reporting._images import is_images

_SMALL_PRINT = ("features", "n")  # of a number: told below its name


class Report(NamedTuple):
    """What there is to say of a training run.

    Samples are images [n, h, w, c] with one or three channels, or arrays of any other
    shape, shown as vectors of their values; so are the other examples. Images are
    clipped to [0, 1], and the page says so.

    Attributes:
      title: Such as "mnist, 12,546 steps".
      provenance: What made it: versions, seed, device, dates, configuration. The value
        of "command" is shown apart, to be copied.
      metrics: Columns "step" [t] and "player/what" [t], possibly with NaN.
      samples: Drawn at random [n, ...].
      neighbors: The nearest training example of the first p samples [p, ...].
      interpolations: Samples along lines in z [rows, steps, ...].
      data: Real examples [m, ...]; where samples are vectors they are drawn together.
      evaluation: Rows of words: "metric", "samples", "true data" and any others;
        "features" and "n" go below the metric's name.
      notes: Sentences to read with the evaluation.
      diagnosis: What is wrong, and what to try.
      diagnosis_summary: Such as "11 rules applied, none fired."
      frames: Samples on the way, in order: [n, ...] as `samples`, or images of them
        [h, w, c]. All of one kind.
      frame_steps: When each was drawn.
      events: What happened: resumed, rolled back.
    """

    title: str
    provenance: Mapping[str, str]
    metrics: Mapping[str, np.ndarray]
    samples: np.ndarray
    neighbors: np.ndarray | None = None
    interpolations: np.ndarray | None = None
    data: np.ndarray | None = None
    evaluation: Sequence[Mapping[str, str]] = ()
    notes: Sequence[str] = ()
    diagnosis: Sequence[tuple[str, str]] = ()
    diagnosis_summary: str = ""
    frames: Sequence[np.ndarray] = ()
    frame_steps: Sequence[int] = ()
    events: Sequence[str] = ()


class _Evaluation(NamedTuple):
    """The table's columns, and for each row its name, small print and values."""

    columns: list[str]
    rows: list[tuple[str, str, list[str]]]


def html(report: Report) -> str:
    """Writes a training run up as one self-contained page.

    It loads nothing from anywhere and its policy forbids it to; it reads without
    scripts, on a phone, in the dark and aloud.

    Args:
      report: What there is to say; parts that are empty are left out.

    Returns:
      The page. The same report gives the same page.

    Raises:
      ImportError: Without `pip install "advnet[report]"`.
      ValueError: If there are no samples, or the shape of neighbors, interpolations,
        data, frames or metrics does not fit.

    Examples:
      >>> metrics = {"step": np.arange(3), "generator/loss": np.ones(3)}
      >>> page = html(Report("points", {"seed": "0"}, metrics, np.zeros((9, 2))))
      >>> page[:15], "generator" in page
      ('<!doctype html>', True)
    """
    jinja2 = require("jinja2", "report")
    report = _checked(report)
    x, data = report.samples, report.data  # images, or vectors
    drawn = {
        "samples": _shown.samples(x, data),
        "pairs": (
            None if report.neighbors is None else _shown.pairs(x, report.neighbors)
        ),
        "interpolations": (
            None
            if report.interpolations is None
            else _shown.interpolations(report.interpolations, x, data)
        ),
        "frames": _shown.frames(report.frames, report.frame_steps, data),
        "curves": curves(report.metrics),
        "evaluation": _evaluation(report.evaluation),
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["thousands"] = "{:,.0f}".format
    template = environment.get_template("report.html.jinja")
    return template.render(report=report, is_image=x.ndim == 4, **drawn)


def write_html(path: str | os.PathLike, report: Report) -> Path:
    """Writes the page of `html` to a file, whole or not at all.

    Args:
      path: The file; its folder must exist.
      report: What there is to say.

    Returns:
      The path.

    Raises:
      ImportError: Without `pip install "advnet[report]"`.
      ValueError: If a shape does not fit.

    Examples:
      >>> folder = pathlib.Path(tempfile.mkdtemp())
      >>> report = Report("points", {}, {}, np.zeros((9, 1)))
      >>> write_html(folder / "report.html", report).name
      'report.html'
    """
    return write_text(path, html(report))


def _checked(report: Report) -> Report:
    """The report with arrays of floats whose shapes fit, vectors if not images."""
    x = finite_or_nan(report.samples)
    if x.ndim < 1 or not x.size:
        raise ValueError(f"Expected samples [n, ...], not empty; got shape {x.shape}.")
    others = {}
    for name, ndim in {"neighbors": 1, "interpolations": 2, "data": 1}.items():
        value = getattr(report, name)
        if value is not None:
            value = finite_or_nan(value)
            if value.shape[ndim:] != x.shape[1:] or not value.size:
                raise ValueError(
                    f"Expected {name} of samples' shape {x.shape[1:]} each, got shape "
                    f"{value.shape}."
                )
            others[name] = _laid_out(value, x, ndim)
    if len(others.get("neighbors", ())) > len(x):
        raise ValueError("Expected neighbors of the first samples, got more of them.")
    frames = [_frame(finite_or_nan(frame), x) for frame in report.frames]
    return report._replace(samples=_laid_out(x, x, 1), frames=frames, **others)


def _frame(frame: np.ndarray, x: np.ndarray) -> np.ndarray:
    if frame.shape[1:] == x.shape[1:]:
        return _laid_out(frame, x, 1)
    if frame.ndim != 3:
        raise ValueError(
            f"Expected frames [h, w, c], or of samples' shape {x.shape[1:]} each, "
            f"got shape {frame.shape}."
        )
    return frame


def _laid_out(value: np.ndarray, x: np.ndarray, ndim: int) -> np.ndarray:
    """As it is where samples `x` are images, else an example's values in a row."""
    if is_images(x):
        return value
    return value.reshape(*value.shape[:ndim], -1)


def _evaluation(rows: Sequence[Mapping[str, str]]) -> _Evaluation:
    apart = ("metric", *_SMALL_PRINT)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    columns = [name for name in columns if name not in apart]
    return _Evaluation(
        columns,
        [
            (
                row.get("metric", ""),
                " · ".join(
                    _small(name, row[name]) for name in _SMALL_PRINT if row.get(name)
                ),
                [row.get(name, "") for name in columns],
            )
            for row in rows
        ],
    )


def _small(name: str, value: str) -> str:
    return f"n = {value}" if name == "n" else value
