"""Plot the Parzen scores that mnist_seeds.py has written, over epochs.

python docs/results/plot_scores.py docs/results/mnist.png \
    "mnist_2014"=docs/results/mnist_2014.jsonl "mnist"=docs/results/mnist.jsonl \
    "mnist, R1 0.3"=docs/results/mnist_r1_0.3.jsonl
"""

import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt

STEPS_PER_EPOCH = 500
PAPER, TRUE_DATA = 225.0, 241.2
STYLES = {"parameters": ":", "average": "-"}


def main(out: str, *runs: str) -> None:
    figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
    for color, run in enumerate(runs):
        label, path = run.split("=")
        rows = [json.loads(line) for line in Path(path).read_text().splitlines()]
        for (seed, kind), curve in group_by_curve(rows).items():
            is_labeled = seed == first_visible_seed(rows, kind)
            axes.plot(
                [row["step"] / STEPS_PER_EPOCH for row in curve],
                [row["test"] for row in curve],
                STYLES[kind],
                color=f"C{color}",
                label=f"{label}, {kind}" if is_labeled else None,
            )
    axes.axhline(TRUE_DATA, color="gray", label=f"true data, {TRUE_DATA}")
    axes.axhline(PAPER, color="gray", linestyle="--", label="the paper, 225 ± 2")
    axes.set(xlabel="epochs", ylabel="test log-likelihood, nats", ylim=(130, 250))
    figure.legend(loc="outside right center")
    figure.savefig(out, dpi=120)


def group_by_curve(rows: list[dict]) -> dict[tuple[int, str], list[dict]]:
    """Return the rows of each seed and kind."""
    curves = {}
    for row in rows:
        curves.setdefault((row["seed"], row["kind"]), []).append(row)
    return curves


def first_visible_seed(rows: list[dict], kind: str) -> int:
    """Return the first seed whose curve lies within the axes."""
    return min(row["seed"] for row in rows if row["kind"] == kind and row["test"] > 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
