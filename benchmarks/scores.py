"""Share of the training time that the scores of a run take by default.

    python benchmarks/scores.py

Each row is one run on random data of a shape, with the networks that `runs` chooses:
process seconds of a training step, of a score, and the share of the scores in the time
of the whole run. Compilation is left out on both sides.
"""

import argparse
import json
import tempfile
import time

import jax
import numpy as np

from advnet import runs
from advnet.runs._scoring import make_score, schedule_scores

CASES = {
    "mnist, the paper's pair": {"recipe": "mnist"},
    "gray 28 x 28": {"shape": (28, 28, 1)},
    "color 32 x 32": {"shape": (32, 32, 3)},
    "color 64 x 64": {"shape": (64, 64, 3)},
    "points in 8 dimensions": {"shape": (8,)},
    "series of 64 times": {"shape": (64, 2)},
}


def measure(name: str, num_steps: int, num_scores: int) -> dict:
    """Return the seconds of a step and of a score, and the share of all scores."""
    case = dict(CASES[name])
    if (shape := case.pop("shape", None)) is not None:
        rng = np.random.default_rng(0)
        case["data"] = rng.uniform(size=(2_000, *shape)).astype(np.float32)
    config = runs.Config(**case, run=f"{tempfile.mkdtemp()}/run", devices=1)
    experiment = runs.start(config).experiment
    state = experiment.initial_state()
    step = jax.jit(experiment.recipe.algorithm.train_step, donate_argnums=0)
    state, _ = step(state, experiment.feed(0))
    start = time.process_time()
    for index in range(num_steps):
        state, metrics = step(state, experiment.feed(index))
    jax.block_until_ready(metrics)
    per_step = (time.process_time() - start) / num_steps
    schedule = schedule_scores(experiment, config)
    score = make_score(experiment, config)
    score(experiment.draw(state, schedule.num_samples))
    start = time.process_time()
    for _ in range(num_scores):
        score(experiment.draw(state, schedule.num_samples))
    per_score = (time.process_time() - start) / num_scores
    return {
        "run": name,
        "steps": experiment.num_steps,
        "seconds_per_step": round(per_step, 4),
        "scores": experiment.num_steps // schedule.every,
        "samples_per_score": schedule.num_samples,
        "seconds_per_score": round(per_score, 3),
        "share": round(per_score / (per_step * schedule.every), 4),
    }


def main() -> None:
    """Print one row of JSON for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--scores", type=int, default=3)
    options = parser.parse_args()
    for name in CASES:
        row = measure(name, options.steps, options.scores)
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
