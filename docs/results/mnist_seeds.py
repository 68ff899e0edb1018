"""Train several seeds of an MNIST recipe as one program, and score them.

    python docs/results/mnist_seeds.py --data-dir DIR --recipe mnist_2014
    python docs/results/mnist_seeds.py --data-dir DIR --recipe mnist --epochs 300
    python docs/results/mnist_seeds.py --data-dir DIR --recipe mnist --penalty 0.3

At the paper's scale this takes minutes on a GPU. Every `--every` epochs each seed is
scored by the paper's protocol: 10,000 samples as centers, sigma chosen on 1,000
validation images, all test images. The summary reports each seed at its epoch of the
best validation score. The average of the generator is scored too; the recipe of 2014
does not use it in training.
"""

import argparse
import functools
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jax
import numpy as np

import advnet
from advnet import data, dynamics, hooks, parzen, recipes, reporting
from advnet.training import fit


def mnist_2014_averaged(train: np.ndarray) -> recipes.Recipe:
    recipe = recipes.mnist_2014(train)
    return recipe._replace(algorithm=advnet.averaged(recipe.algorithm, decay=0.9995))


RECIPES = {"mnist_2014": mnist_2014_averaged, "mnist": recipes.mnist}
KINDS = {"parameters": False, "average": True}
SAMPLE_KEY, BLOCK_SIZE = jax.random.key(2), 1000


def build_samplers(game) -> dict:
    """Return, for each kind, a compiled `sampler(state, key) -> [BLOCK_SIZE, ...]`."""

    def sampler(average: bool):
        return jax.jit(
            lambda state, key: advnet.sample(
                game, state, key, BLOCK_SIZE, average=average
            )
        )

    return {kind: sampler(average) for kind, average in KINDS.items()}


def draw(sampler, state, num: int) -> np.ndarray:
    """Draw `num` samples in blocks."""
    keys = jax.random.split(SAMPLE_KEY, -(-num // BLOCK_SIZE))
    return np.concatenate([sampler(state, key) for key in keys])[:num]


def score(samplers, valid, test, states, seed_and_kind: tuple[int, str]) -> dict:
    """Return the Parzen scores of one seed and kind as a row."""
    seed, kind = seed_and_kind
    state = dynamics.select_member(states, seed)
    samples = draw(samplers[kind], state, 10_000)
    bandwidth = parzen.select_bandwidth(samples, valid[:1000])
    result = parzen.log_likelihood(samples, test, bandwidth.sigma)
    return {
        "step": int(state.step),
        "seed": seed,
        "kind": kind,
        "valid": float(bandwidth.log_likelihoods.max()),
        "test": result.value,
        "error": result.standard_error,
        "sigma": bandwidth.sigma,
    }


def best_rows(rows: list[dict], kind: str, num_seeds: int) -> list[dict]:
    """Return each seed's row with the best validation score."""
    return [
        max(
            (row for row in rows if (row["seed"], row["kind"]) == (seed, kind)),
            key=lambda row: row["valid"],
        )
        for seed in range(num_seeds)
    ]


def print_summary(rows: list[dict], num_seeds: int) -> None:
    """Print means over the seeds that trained, then the row of each seed."""
    for kind in KINDS:
        best = best_rows(rows, kind, num_seeds)
        trained = [row for row in best if row["test"] > 0]  # the others are below -400
        scores = np.array([row["test"] for row in trained])
        error = np.mean([row["error"] for row in trained])
        spread = f", sd {scores.std(ddof=1):.1f}" if len(trained) > 1 else ""
        print(f"{kind}: {scores.mean():.1f} ± {error:.1f} nats{spread}")
        print(f"  over the {len(trained)} of {num_seeds} seeds that trained")
        for row in best:
            print("  " + json.dumps(row))


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--recipe", choices=list(RECIPES), default="mnist_2014")
    parser.add_argument("--penalty", type=float, help="weight of R1 in recipe mnist")
    parser.add_argument("--epochs", type=int, default=500)
    parser.add_argument("--every", type=int, default=50, help="epochs between scores")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, help="mnist_seeds/RECIPE by default")
    options = parser.parse_args()
    if options.penalty is not None and options.recipe != "mnist":
        parser.error("Expected --recipe mnist with --penalty; leave out --penalty.")
    return options


def main() -> None:
    options = parse_options()
    out = options.out or Path("mnist_seeds", options.recipe)
    out.mkdir(parents=True, exist_ok=True)
    (out / "scores.jsonl").write_text("")
    train, valid, test = (part.x for part in data.mnist(options.data_dir)[:3])

    settings = {} if options.penalty is None else {"penalty": options.penalty}
    recipe = RECIPES[options.recipe](train, **settings)
    algorithm = dynamics.population(recipe.algorithm, options.seeds)
    batches = data.on_device(
        data.minibatches(train, recipe.batch_size, key=jax.random.key(1))
    )
    states = jax.jit(algorithm.init)(jax.random.key(0), batches(0))
    samplers, rows = build_samplers(recipe.game), []
    members = [(seed, kind) for seed in range(options.seeds) for kind in KINDS]

    def score_all(step, states, metrics):
        score_member = functools.partial(score, samplers, valid, test, states)
        with ThreadPoolExecutor() as pool:
            new_rows = list(pool.map(score_member, members))
        rows.extend(new_rows)
        with (out / "scores.jsonl").open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in new_rows)
        print(step, *(f"{row['test']:.1f}" for row in new_rows), flush=True)

    per_epoch = round(batches.steps_per_epoch)
    states = fit(
        algorithm,
        states,
        batches,
        num_steps=options.epochs * per_epoch,
        hooks=[hooks.periodic(options.every * per_epoch, score_all)],
        steps_per_call=20,
    )
    for kind, sampler in samplers.items():
        samples = draw(sampler, dynamics.select_member(states, 0), 100)
        grid = reporting.image_grid(samples, columns=10)
        reporting.save_image(out / f"{kind}.png", grid)
    print_summary(rows, options.seeds)


if __name__ == "__main__":
    main()
