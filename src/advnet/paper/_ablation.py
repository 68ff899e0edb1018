"""The authors' code compared with Algorithm 1, one difference at a time."""

import json
import math
from pathlib import Path
from typing import Any

import jax
import numpy as np

from advnet import data, games, losses, recipes, reporting
from advnet._files import append_json, read_json_lines, write_text
from advnet.data import Dataset
from advnet.evaluation import parzen
from advnet.paper._result import Result
from advnet.paper._settings import Settings
from advnet.training import fit

VARIANTS: dict[str, dict[str, Any]] = {
    "simultaneous, as the authors ran it": {},
    "... each player with its own noise and masks": {"shared_draws": False},
    "... G minimizes log(1 - D)": {"loss": losses.minimax()},
    "alternating, k = 1": {"updates": "alternating"},
    "alternating, k = 2": {"updates": "alternating", "k": 2},
    "alternating, k = 5": {"updates": "alternating", "k": 5},
    "Algorithm 1: alternating, k = 1, G minimizes log(1 - D)": {
        "updates": "alternating",
        "loss": losses.minimax(),
    },
}
_TINY_STEPS, _PAPER_EPOCHS = 100, 50
_NUM_SAMPLES, _NUM_VALID = 10_000, 1_000

Scores = dict[tuple[str, int], float]
"""Log-likelihood in nats by variant and seed."""


def ablation(settings: Settings) -> Result:
    """Score every variant with every seed; scores of an earlier command are kept."""
    path = settings.mnist
    dataset = data.mnist_5k() if path is None else data.mnist(path)
    name = f"ablation-{settings.scale}-{dataset.name}.jsonl"
    log = settings.out / "runs" / name
    log.parent.mkdir(parents=True, exist_ok=True)
    scores = _read(log)
    for variant in VARIANTS:
        for seed in range(settings.seeds):
            if (variant, seed) not in scores:
                nats = _score(settings, dataset, variant, seed)
                scores[variant, seed] = nats
                row = {"variant": variant, "seed": seed, "nats": nats}
                append_json(log, row)
    by_variant = {
        variant: [scores[variant, seed] for seed in range(settings.seeds)]
        for variant in VARIANTS
    }
    steps = _num_steps(settings, dataset)
    numbers = {
        "data": dataset.name,
        "generator steps": steps,
        "nats": by_variant,
    }
    return Result(numbers, text=_as_markdown(by_variant, dataset.name, steps))


def _read(log: Path) -> Scores:
    """Read the scores so far, and delete a last line that a kill has cut."""
    rows = read_json_lines(log)
    write_text(log, "".join(json.dumps(row) + "\n" for row in rows))
    scores = {(row["variant"], row["seed"]): row["nats"] for row in rows}
    return {key: math.nan if nats is None else nats for key, nats in scores.items()}


def _num_steps(settings: Settings, dataset: Dataset) -> int:
    """Return the steps of the generator, equal for all variants."""
    if settings.scale == "tiny":
        return _TINY_STEPS
    return _PAPER_EPOCHS * len(dataset.train.x) // 100


def _score(settings: Settings, dataset: Dataset, variant: str, seed: int) -> float:
    """Train a variant and return its Parzen score in nats."""
    train, valid, test = (part.x for part in dataset[:3])
    game, algorithm, size, *_ = recipes.mnist_2014(train, **VARIANTS[variant])
    init_key, data_key, sample_key = jax.random.split(jax.random.key(seed), 3)
    batches = data.minibatches(train, size, key=data_key)
    num_steps = _num_steps(settings, dataset)
    state = jax.jit(algorithm.init)(init_key, batches(0))
    with reporting.progress(num_steps) as advance:
        state = fit(algorithm, state, batches, num_steps=num_steps, hooks=[advance])
    samples = games.sample(game, state, sample_key, min(_NUM_SAMPLES, len(train)))
    score = parzen.score(np.asarray(samples), valid[:_NUM_VALID], test)
    return score.log_likelihood.value


def _as_markdown(by_variant: dict[str, list[float]], data_name: str, steps: int) -> str:
    lines = ["| variant | nats | of each seed |", "|---|---|---|"]
    for variant, scores in by_variant.items():
        spread = f" ± {np.std(scores, ddof=1):.1f}" if len(scores) > 1 else ""
        listed = ", ".join(f"{score:.1f}" for score in scores)
        lines.append(f"| {variant} | {np.mean(scores):.1f}{spread} | {listed} |")
    caption = (
        f"{data_name}, {steps:,} steps of the generator; mean test log-likelihood "
        "under the Parzen window, ± standard deviation over seeds."
    )
    return "\n".join([*lines, "", caption]) + "\n"
