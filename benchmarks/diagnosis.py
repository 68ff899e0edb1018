"""Rates of misses and false alarms of the rules of `evaluation.diagnosis`.

Runs are broken on purpose in 19 ways, on images, series and a table. Each row
is one run with its findings; rows are kept in a file, so that the command can be
repeated. The seeds 0 to 2 chose the thresholds, the seeds from 200 give the rates of
docs/results/diagnosis.md:

    python benchmarks/diagnosis.py --table diamonds.csv --seeds 200 201 202

Images are `data.mnist_5k`. Without `--table`, there is no table.
"""

import argparse
import functools
import json
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from scipy import ndimage

import advnet
from advnet import data, dynamics, losses, priors, terms
from advnet.evaluation import distances, features
from advnet.evaluation.diagnosis import diagnose

NUM_TRAIN, NUM_HELD_OUT, NUM_SAMPLES, NUM_SPARE = 3_000, 500, 500, 900


class Sides(NamedTuple):
    """Training data, held-out data, and real data that samples are built from."""

    train: np.ndarray
    labels: np.ndarray
    held_out: np.ndarray
    spare: np.ndarray
    spare_labels: np.ndarray
    features: object
    rng: np.random.Generator


# Data: draw(rng, num) -> examples [num, ...], classes [num].


def series(rng, num, length=64):
    """Draw sines of four frequencies, with any phase, a random amplitude and noise."""
    classes = rng.integers(4, size=num)
    cycles = 2 + classes + 0.3 * rng.normal(size=num)
    phase = 2 * np.pi * rng.random(num)
    amplitude = 1 + 0.2 * rng.normal(size=num)
    time = np.arange(length) / length
    waves = np.sin(2 * np.pi * cycles[:, None] * time + phase[:, None])
    x = amplitude[:, None] * waves + 0.1 * rng.normal(size=(num, length))
    return x[..., None], classes


@functools.cache
def all_digits():
    splits = data.mnist_5k()[:3]
    return tuple(np.concatenate([split[i] for split in splits]) for i in (0, 1))


@functools.cache
def all_rows(path):
    rows = data.read_table(path).sample(frac=1, random_state=0)[:8_000]
    classes = rows.select_dtypes(exclude="number").iloc[:, 0].astype("category")
    return data.Table.from_rows(rows).encode(rows), classes.cat.codes.to_numpy()


def from_pool(pool, rng, num):
    x, classes = pool
    rows = rng.permutation(len(x))[:num]
    return x[rows], classes[rows]


def kinds_of_data(options):
    kinds = {
        "digits": lambda rng, num: from_pool(all_digits(), rng, num),
        "series": series,
    }
    if options.table:
        path = str(options.table)
        kinds["table"] = lambda rng, num: from_pool(all_rows(path), rng, num)
    return kinds


def split(draw, seed):
    rng = np.random.default_rng(seed)
    sizes = np.cumsum([NUM_TRAIN, NUM_HELD_OUT])
    x, classes = draw(rng, NUM_TRAIN + NUM_HELD_OUT + NUM_SPARE)
    train, held_out, spare = np.split(x.astype(np.float32), sizes)
    labels, _, spare_labels = np.split(classes, sizes)
    suitable = features.suitable(train)[0]
    return Sides(train, labels, held_out, spare, spare_labels, suitable, rng)


# Damage: damage(sides) -> arguments of `diagnose`. Real data take the place of samples.


def arguments(sides, samples, **options):
    return {
        "metrics": {},
        "samples": np.asarray(samples[:NUM_SAMPLES], np.float32),
        "data": sides.train,
        "held_out": sides.held_out,
        "features": sides.features,
        **options,
    }


def scale(sides):
    """Return the root mean square of the deviations of all values."""
    return float(np.sqrt(sides.train.var(axis=0).mean()))


def noise(sides, like, share):
    return share * scale(sides) * sides.rng.normal(size=like.shape)


def collapsed(sides):
    """Repeat one example with a little noise."""
    x = np.repeat(sides.spare[:1], NUM_SAMPLES, axis=0)
    return arguments(sides, x + noise(sides, x, 0.01))


def half_of_the_classes(sides):
    classes = np.unique(sides.spare_labels)
    half = sides.rng.permutation(classes)[: len(classes) // 2]
    rows = np.flatnonzero(np.isin(sides.spare_labels, half))
    rows = sides.rng.choice(rows, min(len(rows), NUM_SAMPLES), replace=False)
    return sides.spare[rows]


def half_with_labels(sides):
    return arguments(sides, half_of_the_classes(sides), labels=sides.labels)


def half_without_labels(sides):
    return arguments(sides, half_of_the_classes(sides))


def condition_permuted(sides):
    conditions = sides.rng.permutation(sides.spare_labels)[:NUM_SAMPLES]
    return arguments(sides, sides.spare, labels=sides.labels, conditions=conditions)


def blurred(sides):
    """Blur images and series; average each row of a table with another."""
    if sides.spare.ndim == 4:
        return arguments(sides, ndimage.gaussian_filter(sides.spare, (0, 1.5, 1.5, 0)))
    if sides.spare.ndim == 3:
        return arguments(sides, ndimage.uniform_filter(sides.spare, (0, 11, 0)))
    mixed = (sides.spare + sides.rng.permutation(sides.spare)) / 2
    return arguments(sides, mixed)


def noisy(sides):
    return arguments(sides, sides.spare + noise(sides, sides.spare, 0.5))


def with_pattern(sides):
    """Add one constant pattern to all samples, as a wrong last layer does."""
    pattern = noise(sides, sides.spare[:1], 0.3)
    return arguments(sides, sides.spare + pattern)


def copied(sides):
    rows = sides.rng.integers(len(sides.train), size=NUM_SAMPLES)
    copies = sides.train[rows]
    return arguments(sides, copies + noise(sides, copies, 0.001))


def untrained(sides):
    game = make_game(sides, losses.non_saturating())
    algorithm = advnet.alternating(game, optax.sgd(0.0))
    seed = int(sides.rng.integers(1 << 30))
    state = algorithm.init(jax.random.key(seed), jnp.asarray(sides.train[:64]))
    return arguments(sides, draw_samples(game, state, seed))


def out_of_range(sides):
    """Give data in [-1, 1] to a generator whose output lies in [0, 1]."""
    low, high = sides.train.min(), sides.train.max()
    unit = lambda x: 2 * (x - low) / (high - low) - 1
    samples = (unit(sides.spare) + 1) / 2
    scaled = sides._replace(train=unit(sides.train), held_out=unit(sides.held_out))
    return arguments(scaled, samples, output_range=(0.0, 1.0))


# Training runs: train(sides, seed) -> arguments of `diagnose`.


def mlp(outputs, *, last=None, leak=0.0):
    dense = functools.partial(nn.Dense, kernel_init=nn.initializers.he_normal())
    activation = lambda x: nn.leaky_relu(x, leak)
    layers = [layer for _ in range(2) for layer in (dense(128), activation)]
    return nn.Sequential([*layers, dense(outputs), *([last] if last else [])])


class Reshaped(nn.Module):
    """Network with examples of any shape as input, and as output if it is given."""

    network: nn.Module
    shape: tuple[int, ...] | None = None

    def __call__(self, x):
        y = self.network(x.reshape(len(x), -1))
        return y if self.shape is None else y.reshape(len(x), *self.shape)


def make_game(sides, loss, penalties=(), *, critic=None):
    shape = sides.train.shape[1:]
    last = nn.sigmoid if len(shape) == 3 else None
    generator = Reshaped(mlp(int(np.prod(shape)), last=last), shape)
    critic = Reshaped(mlp(1, leak=0.2)) if critic is None else critic
    return advnet.games.gan(
        generator, critic, priors.normal(16), loss=loss, terms=penalties
    )


def draw_samples(game, state, seed, *, average=False):
    key = jax.random.key(seed + 1)
    return np.asarray(advnet.sample(game, state, key, NUM_SAMPLES, average=average))


def rates(generator, critic):
    adam = functools.partial(optax.adam, b1=0.0, b2=0.99)
    return {"generator": adam(generator), "discriminator": adam(critic)}


def train(sides, game, algorithm, steps, *, batch=64, num_scores=1, average=False):
    """Train on random mini-batches; return arguments of `diagnose`."""
    x = jnp.asarray(sides.train)
    seed = int(sides.rng.integers(1 << 30))
    key = jax.random.key(seed)
    state = algorithm.init(key, x[:batch])

    @jax.jit  # of the data and the key too, so that seeds share a compiled program
    def run(state, x, key):
        def step(state, _):
            index_key = jax.random.fold_in(key, state.step)
            rows = jax.random.randint(index_key, (batch,), 0, len(x))
            return algorithm.train_step(state, x[rows])

        return jax.lax.scan(step, state, length=steps // num_scores)

    parts, scores = [], []
    for _ in range(num_scores):
        state, metrics = run(state, x, key)
        parts.append(metrics)
        samples = draw_samples(game, state, seed, average=average)
        if num_scores > 1:
            distance = distances.sliced_wasserstein(
                sides.held_out, samples, features=sides.features
            )
            scores.append((int(state.step), -distance.value))
    columns = jax.tree.map(lambda *x: np.concatenate(x), *parts)
    reach = game.players["generator"].output_range
    more = {"scores": scores} if scores else {}
    return arguments(sides, samples, metrics=columns, output_range=reach, **more)


def relativistic(sides, generator=1e-3, critic=1e-3, steps=800, **options):
    penalties = [terms.r1(0.05), terms.r2(0.05)]
    game = make_game(sides, losses.relativistic(), penalties)
    algorithm = advnet.alternating(game, rates(generator, critic))
    algorithm = dynamics.averaged(algorithm, decay=0.99)
    return train(sides, game, algorithm, steps, average=True, **options)


def wasserstein(sides, generator=1e-3, critic=1e-3, steps=800):
    game = make_game(sides, losses.wasserstein(), [terms.gradient_penalty(1.0)])
    algorithm = advnet.alternating(game, rates(generator, critic))
    return train(sides, game, algorithm, steps)


def non_saturating(sides):
    game = make_game(sides, losses.non_saturating(), [terms.r1(0.1)])
    algorithm = advnet.alternating(game, rates(1e-3, 1e-3))
    return train(sides, game, algorithm, 1_000)


def strong_critic(sides):
    """Omit the penalty and multiply the critic's learning rate by 100."""
    game = make_game(sides, losses.non_saturating())
    algorithm = advnet.alternating(game, rates(1e-5, 1e-3))
    return train(sides, game, algorithm, 1_000)


def saturated(sides):
    """Play the minimax game with a critic far ahead, far from data without bounds."""
    if sides.train.ndim != 4:
        shift = np.float32(5 * scale(sides))
        sides = sides._replace(
            train=sides.train + shift, held_out=sides.held_out + shift
        )
    game = make_game(sides, losses.minimax())
    algorithm = advnet.alternating(game, rates(1e-5, 1e-3), k=20)
    return train(sides, game, algorithm, 300, batch=640)


def diverging(sides):
    game = make_game(sides, losses.wasserstein())
    algorithm = advnet.alternating(game, optax.sgd(10.0))
    run = train(sides, game, algorithm, 200)
    samples = run.pop("samples")
    return run if not np.isfinite(samples).all() else run | {"samples": samples}


class Linear(nn.Module):
    """Critic without a bias, w · x."""

    @nn.compact
    def __call__(self, x):
        return nn.Dense(1, use_bias=False)(x.reshape(len(x), -1))


class Shift(nn.Module):
    """Generator that adds a constant to its noise."""

    shape: tuple[int, ...]

    @nn.compact
    def __call__(self, z):
        bias = self.param("bias", nn.initializers.ones, self.shape)
        return z.reshape(len(z), *self.shape) + bias[None]


def oscillating(sides):
    """Play the bilinear game of a linear critic and a shift on centered data."""
    mean = sides.train.mean(axis=0)
    sides = sides._replace(train=sides.train - mean, held_out=sides.held_out - mean)
    x = jnp.asarray(sides.train)
    noise = lambda key, num: jax.random.choice(key, x, (num,))
    game = advnet.games.gan(
        Shift(x.shape[1:]), Linear(), noise, loss=losses.wasserstein()
    )
    algorithm = dynamics.alternating(game, optax.sgd(0.03))
    return train(sides, game, algorithm, 1_500)


# Each broken run: the rule that must fire, and others that are as right.
FIDELITY = ("low fidelity", "told apart")
SPREAD = ("mode collapse", "low variety")
BROKEN = {
    "one example repeated": (collapsed, "mode collapse", SPREAD),
    "half of the classes dropped": (half_without_labels, "low variety", SPREAD),
    "the same, with labels": (half_with_labels, "missing classes", SPREAD),
    "condition ignored": (condition_permuted, "condition ignored", ()),
    "blur": (blurred, "low variety", (*FIDELITY, *SPREAD)),
    "noise added": (noisy, "low fidelity", FIDELITY),
    "one pattern added": (with_pattern, "told apart", FIDELITY),
    "copies of training data": (copied, "memorizing", ()),
    "untrained generator": (untrained, "low fidelity", (*FIDELITY, *SPREAD)),
    "data out of range": (out_of_range, "data out of range", ()),
    "too few steps": (
        functools.partial(relativistic, steps=200, num_scores=20),
        "still improving",
        (),
    ),
    "critic too strong": (strong_critic, "critic too strong", ()),
    "saturating loss": (saturated, "vanishing gradient", ()),
    "generator frozen, relativistic": (
        functools.partial(relativistic, generator=0.0),
        "stalled",
        ("critic too strong",),
    ),
    "generator frozen, Wasserstein": (
        functools.partial(wasserstein, generator=0.0),
        "stalled",
        ("critic too strong",),
    ),
    "critic frozen, relativistic": (
        functools.partial(relativistic, critic=0.0),
        "critic not learning",
        (),
    ),
    "critic frozen, Wasserstein": (
        functools.partial(wasserstein, critic=0.0),
        "critic not learning",
        (),
    ),
    "learning rate too high": (diverging, "not finite", ()),
    "players circle": (oscillating, "oscillation", ()),
}


def real(sides):
    return arguments(
        sides,
        sides.spare,
        labels=sides.labels,
        conditions=sides.spare_labels[:NUM_SAMPLES],
    )


def few_real(sides):
    few = real(sides)
    return few | {
        name: few[name][:100] for name in ("samples", "conditions", "held_out")
    }


def slightly_noisy(sides):
    return arguments(sides, sides.spare + noise(sides, sides.spare, 0.01))


def long_run(sides):
    return relativistic(sides, steps=2_000)


def converged(sides, number):
    """Simulate 20 scores that converged early, with correlated noise."""
    rng = np.random.default_rng([int(sides.rng.integers(1 << 30)), number])
    time = np.arange(1, 21) / 20
    scores = 1 - np.exp(-time * rng.uniform(8, 20))
    noise = rng.normal(size=20)
    for i in range(1, 20):
        noise[i] = 0.5 * noise[i - 1] + np.sqrt(0.75) * noise[i]
    scores += 10 ** rng.uniform(-2, -1) * noise
    return {"metrics": {}, "scores": list(zip(1_000 * time, scores, strict=True))}


HEALTHY = {
    "real data": real,
    "100 real examples": few_real,
    "real data and 1 % of noise": slightly_noisy,
    "relativistic": long_run,
    "Wasserstein": wasserstein,
    "non-saturating": non_saturating,
} | {
    f"converged scores {number}": functools.partial(converged, number=number)
    for number in range(20)
}
TRAINED = ("relativistic", "Wasserstein", "non-saturating")
# Samples of small networks may be poor, so that only rules for training count.
RULES_FOR_TRAINING = (
    *("not finite", "data out of range", "memorizing", "critic too strong"),
    *("vanishing gradient", "critic not learning", "oscillation", "stalled"),
)


def main():
    options = parse()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    rows = read(options.out)
    for name, draw in kinds_of_data(options).items():
        for seed in options.seeds:
            sides = split(draw, seed)
            for case in cases(options, name):
                key = case, name, seed
                if key not in rows:
                    rows[key] = diagnose_case(case, sides, seed)
                    write(options.out, key, rows[key])
    report({key: row for key, row in rows.items() if key[2] in options.seeds})


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--table", type=Path, help="a CSV file with a column of text")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=Path("build/diagnosis.jsonl"))
    parser.add_argument("--only", nargs="+", help="cases to run")
    return parser.parse_args()


def cases(options, kind):
    """Return the names of cases; scores do not depend on the kind of data."""
    names = options.only or [*BROKEN, *HEALTHY]
    return [name for name in names if kind == "series" or "scores" not in name]


def read(path):
    lines = path.read_text().splitlines() if path.exists() else []
    rows = map(json.loads, lines)
    return {(row["case"], row["kind"], row["seed"]): row for row in rows}


def diagnose_case(case, sides, seed):
    build = BROKEN[case][0] if case in BROKEN else HEALTHY[case]
    sides = sides._replace(rng=np.random.default_rng([seed, 1]))
    start = time.process_time()
    run = build(sides)
    diagnosis = diagnose(run.pop("metrics"), **run)
    return {
        "findings": {x.name: round(float(x.value), 4) for x in diagnosis.findings},
        "applied": list(diagnosis.applied),
        "seconds": round(time.process_time() - start, 1),
    }


def write(path, key, row):
    row |= dict(zip(("case", "kind", "seed"), key, strict=True))
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")
    print(*key, row["seconds"], row["findings"], flush=True)


def report(rows):
    """Print the share of broken runs that are found, and the rates of each rule."""
    kinds = sorted({kind for _, kind, _ in rows})
    print("| broken run | " + " | ".join(kinds) + " |")
    for case, (_, rule, also) in BROKEN.items():
        hits = {kind: [] for kind in kinds}
        for (name, kind, _), row in rows.items():
            if name == case:
                hits[kind].append(bool(set(row["findings"]) & {rule, *also}))
        shares = (f"{sum(hits[kind])} of {len(hits[kind])}" for kind in kinds)
        print(f"| {case} | " + " | ".join(shares) + " |")
    tried, missed = defaultdict(int), defaultdict(int)
    applied, alarms = defaultdict(int), defaultdict(int)
    for (case, _, _), row in rows.items():
        findings = set(row["findings"])
        if case in BROKEN:
            _, rule, also = BROKEN[case]
            tried[rule] += 1
            missed[rule] += not findings & {rule, *also}
        else:
            for rule in row["applied"]:
                if case in TRAINED and rule not in RULES_FOR_TRAINING:
                    continue
                applied[rule] += 1
                alarms[rule] += rule in findings
    print("| rule | missed | false alarms |")
    for rule in sorted({*tried, *applied}):
        print(
            f"| {rule} | {missed[rule]} of {tried[rule]} | {alarms[rule]} of "
            f"{applied[rule]} |"
        )
    print(
        f"missed {sum(missed.values())} of {sum(tried.values())}; false alarms "
        f"{sum(alarms.values())} of {sum(applied.values())} applications"
    )


if __name__ == "__main__":
    main()
