"""A run of a tiny game whose program is compiled once for a whole module of tests."""

import functools
import hashlib

import jax
import numpy as np
import optax

import advnet
from advnet import recipes, runs
from advnet.evaluation import Evaluation
from advnet.runs import Config, _evaluation, _scoring, _trainer
from advnet.runs._scoring import Score

X = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
NUM_STEPS = 12


@functools.cache
def _recipe():
    init = lambda key, x: {"w": 0.1 * jax.random.normal(key, (x.shape[1], 2))}
    generate = lambda params, z: z @ params["w"]
    judge = lambda params, x: (x @ params["w"]).sum(1)
    prior = advnet.priors.normal(2)
    game = advnet.games.gan(
        (init, generate), (init, judge), prior, loss=advnet.losses.non_saturating()
    )
    algorithm = advnet.alternating(game, optax.sgd(0.1, momentum=0.9))
    return recipes.Recipe(game, algorithm, batch_size=8, prior=prior, about="tiny")


def install(monkeypatch):
    """Let data of the user's own train the tiny game, scored and evaluated cheaply."""
    spec = recipes.USER_DATA._replace(make=lambda train: _recipe())
    monkeypatch.setattr(Config, "spec", spec)

    def score(samples):
        # The best state is not the last one.
        return Score(-abs(float(samples.std()) - 0.12), {})

    def evaluate(experiment, samples, folder, step, metrics):
        folder.read_metrics()
        return Evaluation(step=step, results=())

    monkeypatch.setattr(_trainer, "make_score", lambda experiment, config: score)
    monkeypatch.setattr(_scoring, "_MIN_VALID", 1)
    monkeypatch.setattr(_trainer, "_NUM_FRAMES", 4)
    monkeypatch.setattr(_evaluation, "_evaluate", evaluate)


def config(folder, **changes):
    """Return the configuration of a tiny run with every kind of file."""
    options = {
        "data": X,
        "steps": NUM_STEPS,
        "run": folder,
        "samples": 16,
        "metrics_every": 2,
        "checkpoint_every": 4,
        "score_every": 0.5,  # every 2 steps
    }
    return Config(**options | changes)


def complete(folder, hooks=(), **changes):
    """Train a run to its end and evaluate it, as a repeated command does."""
    run = runs.start(config(folder, **changes))
    run.train(hooks=hooks)
    run.evaluate()
    return run


def digest(state) -> str:
    """Compute the SHA-256 of all arrays of a state."""
    total = hashlib.sha256()
    for leaf in jax.tree.leaves(state):
        if jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            leaf = jax.random.key_data(leaf)
        total.update(np.ascontiguousarray(leaf).tobytes())
    return total.hexdigest()


def content(run):
    """Return everything that a run stores, in a form that can be compared."""
    like, files = run.experiment.abstract_state(), {}
    for name in ("metrics.jsonl", "scores.jsonl", "samples.npy", "evaluation.json"):
        files[name] = (run.folder.path / name).read_bytes()
    for step, path in run.folder.frame_files().items():
        files[f"frame {step}"] = path.read_bytes()
    for open_ in (run.folder.open_newest, run.folder.open_best):
        with open_(run.id, read_only=True) as checkpoints:
            files[open_.__name__] = digest(checkpoints.restore(like))
    with run.folder.open_newest(run.id, read_only=True) as checkpoints:
        files["steps"] = checkpoints.steps
    return files
