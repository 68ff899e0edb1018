"""What the authors ran and what they printed, one difference at a time."""

import json
from pathlib import Path
from typing import Any

import jax
import numpy as np

from advnet import data, games, losses, recipes, reporting
from advnet._files import append_line
from advnet.cli._reproduce._options import Reproduce
from advnet.cli._reproduce._result import Result
from advnet.evaluation import parzen
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


def ablation(options: Reproduce) -> Result:
    """Every variant and seed once; what is done is kept and not done again."""
    dataset = data.mnist_5k() if options.mnist is None else data.mnist(options.mnist)
    kept = options.out / "runs" / f"ablation-{options.scale}-{dataset.name}.jsonl"
    kept.parent.mkdir(parents=True, exist_ok=True)
    scores = _read(kept)
    for name in VARIANTS:
        for seed in range(options.seeds):
            if (name, seed) not in scores:
                scores[name, seed] = _score(options, dataset, name, seed)
                row = {"variant": name, "seed": seed, "nats": scores[name, seed]}
                append_line(kept, json.dumps(row))
    by_name = {
        name: [scores[name, seed] for seed in range(options.seeds)] for name in VARIANTS
    }
    numbers = {"data": dataset.name, "generator steps": _steps(options, dataset)}
    numbers |= {"nats": by_name}
    return Result(numbers, text=_as_text(by_name, numbers))


def _read(kept: Path) -> dict[tuple[str, int], float]:
    lines = kept.read_text().splitlines() if kept.exists() else []
    rows = map(json.loads, lines)
    return {(row["variant"], row["seed"]): row["nats"] for row in rows}


def _steps(options: Reproduce, dataset: data.Dataset) -> int:
    """Steps of the generator: the same for all, whatever the critic takes."""
    if options.scale == "tiny":
        return _TINY_STEPS
    return _PAPER_EPOCHS * len(dataset.train.x) // 100


def _score(options: Reproduce, dataset, name: str, seed: int) -> float:
    """The paper's Parzen score of one run."""
    train, valid, test = (part.x for part in dataset[:3])
    game, algorithm, size, *_ = recipes.mnist_2014(train, **VARIANTS[name])
    init_key, data_key, sample_key = jax.random.split(jax.random.key(seed), 3)
    batches = data.minibatches(train, size, key=data_key)
    num_steps = _steps(options, dataset)
    state = jax.jit(algorithm.init)(init_key, batches(0))
    with reporting.progress(num_steps) as advance:
        state = fit(algorithm, state, batches, num_steps=num_steps, hooks=[advance])
    samples = games.sample(game, state, sample_key, min(10_000, len(train)))
    return parzen.score(np.asarray(samples), valid[:1000], test).log_likelihood.mean


def _as_text(by_name: dict[str, list[float]], numbers: dict[str, Any]) -> str:
    lines = ["| variant | nats | of each seed |", "|---|---|---|"]
    for name, scores in by_name.items():
        spread = f" ± {np.std(scores, ddof=1):.1f}" if len(scores) > 1 else ""
        each = ", ".join(f"{score:.1f}" for score in scores)
        lines.append(f"| {name} | {np.mean(scores):.1f}{spread} | {each} |")
    said = (
        f"{numbers['data']}, {numbers['generator steps']:,} steps of the generator; "
        "mean test log-likelihood under the Parzen window, ± standard deviation over "
        "seeds."
    )
    return "\n".join([*lines, "", said]) + "\n"
