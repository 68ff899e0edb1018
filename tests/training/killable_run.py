"""A run that can be killed at any time: `python killable_run.py PAIR FOLDER STEPS`.

It starts from the newest undamaged checkpoint, saves every few steps, and writes the
SHA-256 of the final state to FOLDER/digest.
"""

import hashlib
import sys
from pathlib import Path

import flax.linen as nn
import jax
import numpy as np
import optax

import advnet
from advnet import games, losses, modules, priors, terms
from advnet.training import Checkpoints

EVERY = 5


def mlp():
    """Return a game with dropout and a penalty, and the shape of its data."""
    game = games.gan(
        modules.MLPGenerator(shape=(6,), hidden=(16,), output=lambda x: x),
        modules.MaxoutDiscriminator(units=(8,)),
        priors.normal(4),
        loss=losses.non_saturating(),
        terms=[terms.r1(1.0)],
    )
    return game, (6,)


def conv():
    """Return a game whose players both have batch statistics, and its data's shape."""

    class Critic(nn.Module):
        @nn.compact
        def __call__(self, x, *, train):
            x = modules.DCGANDiscriminator(channels=(4, 8), features=True)(
                x, train=train
            )[1]
            x = nn.Dropout(0.3, deterministic=not train)(x)
            return nn.Dense(1)(x)[:, 0]

    game = games.gan(
        modules.DCGANGenerator(shape=(8, 8, 1), channels=(8, 4)),
        Critic(),
        priors.normal(4),
        loss=losses.hinge(),
    )
    return game, (8, 8, 1)


def adaptive():
    """Return a game with a pool of past samples and ADA, and the shape of its data."""
    game = games.gan(
        modules.MLPGenerator(shape=(6,), hidden=(16,), output=lambda x: x),
        advnet.augment.augmented(modules.MLPDiscriminator(), advnet.augment.noise(1.0)),
        priors.normal(4),
        loss=losses.hinge(),
        history=32,
    )
    return game, (6,)


def digest(state) -> str:
    """Compute the SHA-256 of all arrays of a state."""
    total = hashlib.sha256()
    for leaf in jax.tree.leaves(state):
        if jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            leaf = jax.random.key_data(leaf)
        total.update(np.ascontiguousarray(leaf).tobytes())
    return total.hexdigest()


def main(pair: str, folder: Path, num_steps: int) -> None:
    game, shape = {"mlp": mlp, "conv": conv, "adaptive": adaptive}[pair]()
    algorithm = advnet.averaged(advnet.alternating(game, optax.adam(1e-3), k=3))
    if pair == "adaptive":
        algorithm = advnet.dynamics.adaptive(algorithm, images=500)
    x = np.random.default_rng(0).uniform(size=(50, *shape)).astype(np.float32)
    batches = advnet.data.minibatches(x, 12, key=jax.random.key(1))
    metrics = folder / "metrics.jsonl"
    init = jax.jit(algorithm.init)
    with Checkpoints(folder / "checkpoints") as checkpoints:
        state = checkpoints.restore(jax.eval_shape(init, jax.random.key(0), batches(0)))
        if state is None:
            state = init(jax.random.key(0), batches(0))
        advnet.hooks.truncate_metrics(metrics, int(state.step))
        hooks = [
            advnet.hooks.write_metrics(metrics, every=1),
            advnet.hooks.checkpoint(checkpoints, every=EVERY),
        ]
        state = advnet.fit(algorithm, state, batches, num_steps=num_steps, hooks=hooks)
    (folder / "digest").write_text(digest(state))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
