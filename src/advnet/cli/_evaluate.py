"""`advnet evaluate`: metrics of a run, or of any two files of examples."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro

from advnet import data, runs
from advnet._files import make_parent, write_json
from advnet.cli._console import print_evaluation, print_files, print_results
from advnet.evaluation import Evaluation, evaluate_samples
from advnet.runs import Run


@dataclass(frozen=True)
class Evaluate:
    """Print a table of metrics with standard errors, and write it as JSON.

    For a run, on test data that it was not trained on:

        advnet evaluate runs/mnist-1

    For any samples, against any reference:

        advnet evaluate --samples a.npy --reference b.npy --json table.json
    """

    run: tyro.conf.Positional[Path | None] = None
    """A run folder. With all metrics, the table is written to evaluation.json there."""
    samples: Path | None = None
    """A .npy file, .npz file or image folder of samples, in place of a run."""
    reference: Path | None = None
    """Data to compare the samples with."""
    train: Path | None = None
    """Training data of the model, to look for copies."""
    metrics: tuple[str, ...] = ()
    """Names of metrics; all by default."""
    json: Path | None = None
    """A further file for the table."""


def evaluate(options: Evaluate) -> int:
    """Run `advnet evaluate`; return the exit code."""
    if options.run is not None:
        run = _open_run(options)
        evaluation = run.evaluate(options.metrics)
    else:
        run, evaluation = None, _evaluate_files(options)
    if options.json is not None:  # before printing, which may fail
        write_json(make_parent(options.json), evaluation.to_json())
    if run is None:
        print_results(evaluation.results)
    else:
        print_evaluation(evaluation)
        print_files(run)
    return 0


def _open_run(options: Evaluate) -> Run:
    for name in ("samples", "reference", "train"):
        if getattr(options, name) is not None:
            raise ValueError(
                f"A run is compared with its own data: leave out --{name}, or the run "
                "folder."
            )
    assert options.run is not None  # checked by the caller
    return runs.open(options.run)


def _evaluate_files(options: Evaluate) -> Evaluation:
    if options.samples is None or options.reference is None:
        raise ValueError("Give a run folder, or --samples FILE and --reference FILE.")
    reference = data.load_examples(options.reference)
    samples = _load_like(options.samples, reference, options.reference)
    train = None
    if options.train is not None:
        train = _load_like(options.train, reference, options.reference)
    results = evaluate_samples(reference, samples, train=train, metrics=options.metrics)
    return Evaluation(step=None, results=results)


def _load_like(path: Path, reference: np.ndarray, reference_path: Path) -> np.ndarray:
    """Load examples of the shape of a reference; gray images may lack their channel."""
    x = data.load_examples(path)
    if _without_gray(x.shape[1:]) != _without_gray(reference.shape[1:]):
        raise ValueError(
            f"Expected examples of shape {_stored_shape(reference_path, reference)}, "
            f"as in {reference_path}; those of {path} are {_stored_shape(path, x)}."
        )
    return x.reshape(len(x), *reference.shape[1:])


def _without_gray(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of an image without a channel axis of length 1."""
    return shape[:2] if len(shape) == 3 and shape[2] == 1 else shape


def _stored_shape(path: Path, x: np.ndarray) -> tuple[int, ...]:
    """Return the shape of an example in a file, to which loading may add an axis."""
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return np.load(path, mmap_mode="r").shape[1:]
    if suffix == ".npz":
        with np.load(path) as archive:
            return archive[archive.files[0]].shape[1:]
    return x.shape[1:]
