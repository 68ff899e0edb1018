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
    x = data.load_examples(path)
    if x.shape[1:] != reference.shape[1:]:
        raise ValueError(
            f"Expected examples of shape {reference.shape[1:]}, as in "
            f"{reference_path}; those of {path} are {x.shape[1:]}."
        )
    return x
