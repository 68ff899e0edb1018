"""A training run as one HTML page that loads nothing else."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from advnet._files import write_text
from advnet.evaluation import Evaluation
from advnet.reporting import _samples
from advnet.reporting._charts import Chart, bokeh_script, document_json, finite_or_nan
from advnet.reporting._columns import Column
from advnet.reporting._curves import curves
from advnet.reporting._images import is_images
from advnet.reporting._pictures import draw_classes
from advnet.reporting._scores import draw_scores
from advnet.reporting._tables import tables
from advnet.reporting._template import hash_script, page_script, template


class Report(NamedTuple):
    """Contents of the report of a training run.

    Samples are images [n, h, w, c] with 1, 3 or 4 channels, or arrays of any other
    shape, which are shown as vectors of their values. The same holds for the other
    examples. Images are clipped to [0, 1], and the page says how much that changed.

    Attributes:
      title: Title of the page, such as "mnist, 12,546 steps".
      provenance: Facts about the run by name: versions, seed, device, configuration.
        The value of "command" is shown apart, with a button that copies it.
      metrics: Columns "step" [t] and "player/name" [t], possibly with NaN.
      samples: Random samples [n, ...].
      neighbors: Nearest training examples of the first p samples [p, ...].
      interpolations: Samples along lines in z [rows, steps, ...].
      data: Real examples [m, ...], drawn beside samples that are vectors.
      classes: Images of each class [k, h, w, c], by its name, of a conditional model.
      evaluation: Metrics, Parzen-window log-likelihoods and diagnosis of the run. Its
        verdict opens the page.
      scores: Pairs (step, score) on validation data; larger is better.
      frames: Samples during training, in order: [n, ...] as `samples`, or finished
        images [h, w, c]. All of one kind.
      frame_steps: Training step of each frame.
      events: Sentences on events of the run, such as a return to a checkpoint.
      columns: Columns of a table, if examples are its rows [d]: numbers, NaN where one
        is missing, and indices of categories. The page then shows the distribution of
        each column and the dependence of every two, which needs pandas.
      channels: Names of the channels, if examples are series [t, c]. The page then
        shows windows, autocorrelations and spectra.
    """

    title: str
    provenance: Mapping[str, str]
    metrics: Mapping[str, np.ndarray]
    samples: np.ndarray
    neighbors: np.ndarray | None = None
    interpolations: np.ndarray | None = None
    data: np.ndarray | None = None
    classes: Mapping[str, np.ndarray] = MappingProxyType({})
    evaluation: Evaluation | None = None
    scores: Sequence[tuple[int, float]] = ()
    frames: Sequence[np.ndarray] = ()
    frame_steps: Sequence[int] = ()
    events: Sequence[str] = ()
    columns: Sequence[Column] = ()
    channels: Sequence[str] = ()


def html(report: Report) -> str:
    """Build the report of a training run as one self-contained HTML page.

    The page loads nothing, and its content security policy forbids it to. It follows
    the light or dark scheme of the reader and fits a phone. Charts can be zoomed and
    are drawn by a script. Without scripts, their descriptions take their place.

    Args:
      report: Contents of the page; empty parts are left out.

    Returns:
      The page. The same report gives the same page.

    Raises:
      ImportError: Without `pip install "advnet[report]"`.
      TypeError: If `evaluation` is not an Evaluation.
      ValueError: If there are no samples, or if the shape of neighbors,
        interpolations, data, frames or metrics does not fit.

    Examples:
      >>> metrics = {"step": np.arange(3), "generator/loss": np.ones(3)}
      >>> page = html(Report("points", {"seed": "0"}, metrics, np.zeros((9, 2))))
      >>> page[:15], "generator" in page
      ('<!doctype html>', True)
    """
    page = template("report.html.jinja")
    report = _require_fitting(report)
    x, data = report.samples, report.data
    neighbors, interpolations = report.neighbors, report.interpolations
    names = _samples.Names(report.columns, report.channels)
    samples = _samples.draw_samples(x, data, names)
    dependence = _samples.draw_dependence(x, data, report.columns)
    pairs = None if neighbors is None else _samples.draw_pairs(x, neighbors, names)
    lines = None
    if interpolations is not None:
        lines = _samples.draw_interpolations(interpolations, x, data, names)
    frames = _samples.draw_frames(report.frames, data, names)
    plots, scores = curves(report.metrics), draw_scores(report.scores)
    groups = [samples, frames, dependence, lines, pairs]
    charts: list[Chart] = [
        chart
        for group in groups
        if isinstance(group, _samples.Group)
        for chart in group.charts
    ]
    charts += [] if scores is None else [scores]
    charts += (
        [] if plots is None else [x for row in plots.players.values() for x in row]
    )
    document = document_json(charts) if charts else ""
    scripts = [bokeh_script()] if charts else []
    scripts.append(page_script())
    return page.render(
        report=report,
        is_image=x.ndim == 4,
        samples=samples,
        dependence=dependence,
        classes=draw_classes(report.classes),
        pairs=pairs,
        interpolations=lines,
        frames=frames,
        frame_labels=[f"step {step:,}" for step in report.frame_steps],
        curves=plots,
        scores=scores,
        tables=tables(report.evaluation),
        document=document,
        scripts=scripts,
        script_hashes=[hash_script(script) for script in scripts],
    )


def write_html(path: str | os.PathLike, report: Report) -> Path:
    """Write the page of `html` to a file, completely or not at all.

    Args:
      path: The file; its folder must exist.
      report: Contents of the page.

    Returns:
      The path.

    Raises:
      ImportError: Without `pip install "advnet[report]"`.
      TypeError: As `html`.
      ValueError: As `html`.

    Examples:
      >>> folder = pathlib.Path(tempfile.mkdtemp())
      >>> report = Report("points", {}, {}, np.zeros((9, 1)))
      >>> write_html(folder / "report.html", report).name
      'report.html'
    """
    return write_text(path, html(report))


def _require_fitting(report: Report) -> Report:
    """Return the report with arrays of floats; raise unless their shapes fit.

    Examples that are not images become vectors.
    """
    if not isinstance(report.evaluation, Evaluation | None):
        raise TypeError(
            "Expected an evaluation.Evaluation, as Run.evaluate returns it, got "
            f"{type(report.evaluation).__name__}."
        )
    x = finite_or_nan(report.samples)
    if x.ndim < 1 or not x.size:
        raise ValueError(f"Expected samples [n, ...], not empty; got shape {x.shape}.")
    _check_names(report, x)
    is_flat = not is_images(x) and not report.channels
    arrays = {}
    for name, ndim in {"neighbors": 1, "interpolations": 2, "data": 1}.items():
        value = getattr(report, name)
        if value is not None:
            value = finite_or_nan(value)
            if value.shape[ndim:] != x.shape[1:] or not value.size:
                raise ValueError(
                    f"Expected {name} of the samples' shape {x.shape[1:]} each, got "
                    f"shape {value.shape}."
                )
            arrays[name] = _flatten(value, ndim) if is_flat else value
    if len(arrays.get("neighbors", ())) > len(x):
        raise ValueError(
            f"Expected at most {len(x)} neighbors, one per sample, got "
            f"{len(arrays['neighbors'])}."
        )
    if len(report.frames) != len(report.frame_steps):
        raise ValueError(
            f"Expected a step for each frame, got {len(report.frames)} frames and "
            f"{len(report.frame_steps)} steps."
        )
    frames = [_require_frame(finite_or_nan(frame), x) for frame in report.frames]
    if is_flat:
        frames = [
            _flatten(frame, 1) if frame.shape[1:] == x.shape[1:] else frame
            for frame in frames
        ]
        x = _flatten(x, 1)
    if len({frame.ndim for frame in frames}) > 1:
        shapes = [frame.shape for frame in frames]
        raise ValueError(f"Expected frames of one kind, got shapes {shapes}.")
    return report._replace(samples=x, frames=frames, **arrays)


def _check_names(report: Report, x: np.ndarray) -> None:
    """Raise unless samples have the columns or the channels that are named."""
    if report.columns and x.shape[1:] != (len(report.columns),):
        raise ValueError(
            f"Expected samples [n, {len(report.columns)}] for as many columns, got "
            f"shape {x.shape}."
        )
    if report.channels and (x.ndim != 3 or x.shape[2] != len(report.channels)):
        raise ValueError(
            f"Expected samples [n, t, {len(report.channels)}] for as many channels, "
            f"got shape {x.shape}."
        )


def _require_frame(frame: np.ndarray, x: np.ndarray) -> np.ndarray:
    if frame.shape[1:] != x.shape[1:] and frame.ndim != 3:
        raise ValueError(
            f"Expected frames [h, w, c], or of the samples' shape {x.shape[1:]} each, "
            f"got shape {frame.shape}."
        )
    return frame


def _flatten(value: np.ndarray, ndim: int) -> np.ndarray:
    """Flatten each example of `value` to a vector."""
    return value.reshape(*value.shape[:ndim], -1)
