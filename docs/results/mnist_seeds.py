"""MNIST at the paper's scale, several seeds as one program: minutes on a GPU.

    python docs/results/mnist_seeds.py --data-dir DIR --recipe mnist_2014
    python docs/results/mnist_seeds.py --data-dir DIR --recipe mnist --epochs 300
    python docs/results/mnist_seeds.py --data-dir DIR --recipe mnist --penalty 0.3

Now and then each seed is scored by the paper's protocol: 10,000 samples as centers,
sigma by 1,000 validation images, then all test images. The reported epoch is the one of
the best validation score. Beside each generator an average of it is kept and scored
too: of today's recipe it is a part, and that of 2014 never sees it.
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


def with_average(train: np.ndarray):
    recipe = recipes.mnist_2014(train)
    return recipe._replace(algorithm=advnet.averaged(recipe.algorithm, decay=0.9995))


RECIPES = {"mnist_2014": with_average, "mnist": recipes.mnist}
KINDS = {"as it is": False, "averaged": True}
SAMPLE_KEY, BLOCK = jax.random.key(2), 1000


def samplers(game) -> dict:
    """By kind, a compiled function from a state and a key to samples [BLOCK, ...]."""

    def sampler(average: bool):
        return jax.jit(
            lambda state, key: advnet.sample(game, state, key, BLOCK, average=average)
        )

    return {kind: sampler(average) for kind, average in KINDS.items()}


def draw(sampler, state, num: int) -> np.ndarray:
    keys = jax.random.split(SAMPLE_KEY, -(-num // BLOCK))
    return np.concatenate([sampler(state, key) for key in keys])[:num]


def score(draws, valid, test, state, which: tuple[int, str]) -> dict:
    seed, kind = which
    one = dynamics.select_member(state, seed)
    samples = draw(draws[kind], one, 10_000)
    bandwidth = parzen.select_bandwidth(samples, valid[:1000])
    mean, error, _ = parzen.log_likelihood(samples, test, bandwidth.sigma)
    row = {"step": int(one.step), "seed": seed, "kind": kind}
    row |= {"valid": float(bandwidth.log_likelihoods.max())}
    return row | {"test": mean, "error": error, "sigma": bandwidth.sigma}


def summary(rows: list[dict], seeds: int) -> None:
    for kind in KINDS:
        best = [
            max(
                (row for row in rows if (row["seed"], row["kind"]) == (seed, kind)),
                key=lambda row: row["valid"],
            )
            for seed in range(seeds)
        ]
        left = [row for row in best if row["test"] > 0]  # the start lies far below
        scores = np.array([row["test"] for row in left])
        error = np.mean([row["error"] for row in left])
        spread = f", sd {scores.std(ddof=1):.1f}" if len(left) > 1 else ""
        print(f"{kind}: {scores.mean():.1f} ± {error:.1f} nats{spread}")
        print(f"  over the {len(left)} of {seeds} seeds that left the start")
        for row in best:
            print("  " + json.dumps(row))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--recipe", choices=list(RECIPES), default="mnist_2014")
    parser.add_argument("--penalty", type=float, help="weight of R1 in today's recipe")
    parser.add_argument("--epochs", type=int, default=500)
    parser.add_argument("--every", type=int, default=50, help="epochs between scores")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, help="mnist_seeds/RECIPE by default")
    options = parser.parse_args()
    if options.penalty is not None and options.recipe != "mnist":
        parser.error("--penalty is of today's recipe: --recipe mnist")
    out = options.out or Path("mnist_seeds", options.recipe)
    out.mkdir(parents=True, exist_ok=True)
    (out / "scores.jsonl").write_text("")
    train, valid, test = (part.x for part in data.mnist(options.data_dir)[:3])

    given = {} if options.penalty is None else {"penalty": options.penalty}
    game, algorithm, size, *_ = RECIPES[options.recipe](train, **given)
    algorithm = dynamics.population(algorithm, options.seeds)
    batches = data.on_device(data.minibatches(train, size, key=jax.random.key(1)))
    state = jax.jit(algorithm.init)(jax.random.key(0), batches(0))
    draws, rows = samplers(game), []
    wanted = [(seed, kind) for seed in range(options.seeds) for kind in KINDS]

    def scores(step, state, metrics):
        one = functools.partial(score, draws, valid, test, state)
        with ThreadPoolExecutor() as pool:
            new = list(pool.map(one, wanted))
        rows.extend(new)
        with (out / "scores.jsonl").open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in new)
        print(step, *(f"{row['test']:.1f}" for row in new), flush=True)

    per_epoch = round(batches.steps_per_epoch)
    state = fit(
        algorithm,
        state,
        batches,
        num_steps=options.epochs * per_epoch,
        hooks=[hooks.periodic(options.every * per_epoch, scores)],
        steps_per_call=20,
    )
    for kind, sampler in draws.items():
        samples = draw(sampler, dynamics.select_member(state, 0), 100)
        grid = reporting.image_grid(samples, columns=10)
        reporting.save_image(out / f"{kind.replace(' ', '_')}.png", grid)
    summary(rows, options.seeds)


if __name__ == "__main__":
    main()
