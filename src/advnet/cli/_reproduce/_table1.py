"""Table 1: log-likelihoods under a Parzen window, the paper's beside ours."""

from typing import Any

import numpy as np

from advnet.cli._reproduce import _runs
from advnet.cli._reproduce._options import Reproduce
from advnet.cli._reproduce._result import Result
from advnet.evaluation import parzen

# Mean and standard error in nats, MNIST and TFD.
PAPER = {
    "DBN": ((138, 2), (1909, 66)),
    "stacked CAE": ((121, 1.6), (2110, 50)),
    "deep GSN": ((214, 1.1), (1890, 29)),
    "adversarial nets": ((225, 2), (2057, 26)),
}
ROWS = {
    "adversarial nets, here": "samples",
    "true data": "true data",
    "k-means": "k-means",
}
_NUM_FOLDS = 5
_WARNING = (
    "What the score does not mean: a blurry model, such as the centers of k-means, may "
    "score above the data themselves; more samples raise it; and few samples in many "
    "dimensions do not make a density. It is the paper's measure, and shown for that."
)


def table1(options: Reproduce) -> Result:
    """The paper's rows, ours, and what both are to be read beside."""
    seeds = [_runs.mnist(options, seed) for seed in range(options.seeds)]
    numbers: dict[str, Any] = {"MNIST": _of_seeds(seeds)}
    numbers["runs"] = [run.about() for run in seeds]
    said = [f"MNIST here: {seeds[0].data}; the paper's are 50,000."]
    if options.faces is None:
        said.append("TFD was not run: give its file, or other faces, with --faces.")
    else:
        folds = [_runs.faces(options, fold) for fold in range(_NUM_FOLDS)]
        numbers["TFD"] = _of_folds(folds)
        numbers["runs"] += [run.about() for run in folds]
        said.append(
            f"Faces here: {folds[0].data} in fold 0, from {options.faces.name}."
        )
    halved = (event for run in numbers["runs"] for event in run.get("after NaN", ()))
    return Result(numbers, text=_as_text(numbers, [*said, *halved]))


def _of_seeds(seeds: list[_runs.Trained]) -> dict[str, Any]:
    """Means over seeds; the standard error is the paper's, over test examples."""
    found = {}
    for name in seeds[0].evaluation["parzen"]:
        all_rows = [seed.evaluation["parzen"][name] for seed in seeds]
        # A seed that never leaves the start lies far below 0: it is told, not averaged.
        left = [row for row in all_rows if row["log_likelihood"] > 0]
        rows = left or all_rows
        means = [row["log_likelihood"] for row in rows]
        found[name] = {
            "seeds that left the start": len(left),
            "seeds": len(all_rows),
            "mean": float(np.mean(means)),
            "standard error": float(np.mean([row["standard_error"] for row in rows])),
            "of each seed": [row["log_likelihood"] for row in all_rows],
            "sigma of each seed": [row["sigma"] for row in all_rows],
            "sd over seeds": float(np.std(means, ddof=1)) if len(means) > 1 else None,
        }
    return found


def _of_folds(folds: list[_runs.Trained]) -> dict[str, Any]:
    """Means over folds; the standard error is across folds, as in the paper."""
    found = {}
    for name in folds[0].evaluation["parzen"]:
        rows = [fold.evaluation["parzen"][name] for fold in folds]
        scores = [
            parzen.LogLikelihood(
                row["log_likelihood"], row["standard_error"], row["num_test"]
            )
            for row in rows
        ]
        mean, error, _ = parzen.across_folds(scores)
        found[name] = {
            "mean": mean,
            "standard error": error,
            "of each fold": [score.mean for score in scores],
            "sigma of each fold": [row["sigma"] for row in rows],
        }
    return found


def _as_text(numbers: dict[str, Any], said: list[str]) -> str:
    lines = ["| nats | MNIST | TFD |", "|---|---|---|"]
    for name, columns in PAPER.items():
        cells = (f"{mean} ± {error}" for mean, error in columns)
        lines.append(f"| {name}, the paper | {' | '.join(cells)} |")
    for name, key in ROWS.items():
        cells = (_cell(numbers.get(column, {}), key) for column in ("MNIST", "TFD"))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    ours = numbers["MNIST"]["samples"]
    spread, left = ours["sd over seeds"], ours["seeds that left the start"]
    if spread is not None:
        num = left or ours["seeds"]
        said = [*said, f"Standard deviation over {num} seeds: {spread:.1f} nats."]
    if 0 < left < ours["seeds"]:
        said = [
            *said,
            f"The mean is of {left} of {ours['seeds']} seeds: the others never left "
            "the start.",
        ]
    return "\n".join([*lines, "", *said, _WARNING]) + "\n"


def _cell(rows: dict[str, Any], name: str) -> str:
    if name not in rows:
        return "-"
    return f"{rows[name]['mean']:.1f} ± {rows[name]['standard error']:.1f}"
