"""A table of real rows: quality of samples of `recipes.table`, seed by seed.

Rows are shuffled by one seed; the first 10,000 train, the next 10,000 test. It prints
and writes the table of docs/results/tables.md:

    OMP_NUM_THREADS=2 python benchmarks/tables.py diamonds.csv --seeds 0 1 2

The first line of that table is computed by SDMetrics, which needs an environment of its
own, because of its dependencies:

    python benchmarks/tables.py diamonds.csv --score

A table of few rows, judged for gaps and copies with one row in five held out:

    python benchmarks/tables.py penguins.csv --target species --num-train 275
"""

import argparse
import json
import time
from pathlib import Path


def main():
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.score:
        score(options)
        return
    train, test = split(options)
    results = {"real rows": evaluate(options, train, train, test)}
    for seed in options.seeds:
        samples, seconds = sample(options, train, seed, max(len(test), 2_000))
        samples.to_csv(options.out / f"{options.data.stem}_{seed}.csv", index=False)
        values = evaluate(options, train, samples, test) | {"seconds": seconds}
        results[f"seed {seed}"] = values
        write(options, results)
        print(f"seed {seed}", json.dumps(values, indent=1), flush=True)
    write(options, results)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("build/tables"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--steps", type=int, default=3_000)
    parser.add_argument("--num-train", type=int, default=10_000)
    parser.add_argument("--target", default="price")
    parser.add_argument("--score", action="store_true", help="only run SDMetrics")
    return parser.parse_args()


def split(options):
    import pandas as pd

    frame = pd.read_csv(options.data).sample(frac=1, random_state=0)
    frame = frame.reset_index(drop=True)
    num = options.num_train
    return frame[:num], frame[num : 2 * num].reset_index(drop=True)


def sample(options, train, seed, num):
    """Train on a frame; return samples and the seconds of training."""
    import jax
    import numpy as np

    import advnet
    from advnet import data, recipes

    start = time.perf_counter()
    table = data.Table.from_rows(train)
    x = table.encode(train)
    recipe = recipes.table(x, table)
    batches = data.minibatches(x, recipe.batch_size, key=jax.random.key(seed))
    state = recipe.algorithm.init(jax.random.key(100 + seed), batches(0))
    state = advnet.training.fit(
        recipe.algorithm, state, batches, num_steps=options.steps, steps_per_call=100
    )
    x, draws = (
        np.asarray(advnet.sample(recipe.game, state, key, size, average=True))
        for key, size in (
            (jax.random.key(200 + seed), num),
            (jax.random.key(1), 10_000),
        )
    )
    samples = table.decode(table.calibrate(x, draws))
    return samples, time.perf_counter() - start


def evaluate(options, train, samples, test):
    """Return the numbers of one row of the table."""
    import numpy as np

    from advnet.evaluation import tables

    def with_log(frame):
        values = frame[options.target]
        if values.dtype.kind in "if":
            return frame.assign(**{options.target: np.log(values)})
        return frame

    shapes = {(r.name, r.features): r for r in tables.column_shapes(test, samples)}
    numbers = [c for c in train.columns if train[c].dtype.kind in "if"]
    beyond = (samples[numbers] < train[numbers].min()) | (
        samples[numbers] > train[numbers].max()
    )
    learned = tables.usefulness(
        with_log(test), with_log(samples), target=options.target
    )
    gaps = [samples[c].isna().mean() - train[c].isna().mean() for c in train]
    return {
        "column shapes": shapes["column shapes", "all columns"].value,
        "total variation": shapes["total variation", "all categories (mean)"].value,
        "Kolmogorov": shapes["Kolmogorov distance", "all numbers (mean)"].value,
        "pair trends": tables.pair_trends(test, samples)[-1].value,
        "detection accuracy": tables.detection(test, samples).value,
        learned.name: learned.value,
        "values beyond the range": int(beyond.to_numpy().sum()),
        "largest difference of a share of gaps": float(np.abs(gaps).max()),
        **{
            f"{r.name}, {r.features}": r.value
            for r in tables.closest_records(train, test, samples)
        },
    }


def write(options, results):
    path = options.out / f"{options.data.stem}.json"
    path.write_text(json.dumps(results, indent=1) + "\n")


def score(options):
    """Add the quality report of SDMetrics to the results."""
    import pandas as pd
    from sdmetrics.reports.single_table import QualityReport

    path = options.out / f"{options.data.stem}.json"
    results = json.loads(path.read_text())
    train, test = split(options)
    columns = {
        name: {"sdtype": "numerical" if kind.kind in "iuf" else "categorical"}
        for name, kind in train.dtypes.items()
    }
    for name, values in results.items():
        file = options.out / f"{options.data.stem}_{name.removeprefix('seed ')}.csv"
        samples = train if name == "real rows" else pd.read_csv(file)
        report = QualityReport()
        report.generate(test, samples, {"columns": columns}, verbose=False)
        parts = report.get_properties().set_index("Property")["Score"]
        values["SDMetrics"] = [report.get_score(), *map(float, parts)]
        print(name, values["SDMetrics"])
    write(options, results)


if __name__ == "__main__":
    main()
