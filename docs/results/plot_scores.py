"""Draws the Parzen scores of a run over its epochs.

python docs/results/plot_scores.py docs/results/mnist_2014.png \
    "2014 recipe"=docs/results/mnist_2014.jsonl "modern recipe"=docs/results/mnist.jsonl
"""

import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt

STEPS_PER_EPOCH = 500
PAPER, TRUE_DATA = 225.0, 241.2


def main(out: str, *runs: str) -> None:
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for run in runs:
        label, path = run.split("=")
        rows = [json.loads(line) for line in Path(path).read_text().splitlines()]
        axes.errorbar(
            [row["step"] / STEPS_PER_EPOCH for row in rows],
            [row["log_likelihood"] for row in rows],
            [row["standard_error"] for row in rows],
            label=label,
        )
    axes.axhline(TRUE_DATA, color="gray", label=f"true data, {TRUE_DATA}")
    axes.axhline(PAPER, color="gray", linestyle="--", label="the paper, 225 ± 2")
    axes.set(xlabel="epochs", ylabel="test log-likelihood, nats", ylim=(0, 260))
    axes.legend(loc="lower right")
    figure.savefig(out, dpi=120)


if __name__ == "__main__":
    main(*sys.argv[1:])
