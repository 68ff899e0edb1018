"""Adversarial training for JAX: networks trained against each other.

game      = games.gan(generator, discriminator, prior, loss=...)
algorithm = alternating(game, optimizer, k=1)      # init and train_step, pure
state     = fit(algorithm, algorithm.init(key, batch), batches, num_steps=...)
samples   = sample(game, state, key, 10_000)
"""

from advnet import (
    data,
    dynamics,
    evaluation,
    games,
    losses,
    modules,
    networks,
    priors,
    recipes,
    reporting,
    sharding,
    terms,
    theory,
    training,
    types,
)
from advnet.dynamics import alternating, averaged, simultaneous, transfer
from advnet.evaluation import parzen
from advnet.games import apply, classify, encode, impute, sample
from advnet.training import fit, hooks

__version__ = "0.1.0"

__all__ = [
    "alternating",
    "apply",
    "averaged",
    "classify",
    "data",
    "dynamics",
    "encode",
    "evaluation",
    "fit",
    "games",
    "hooks",
    "impute",
    "transfer",
    "losses",
    "modules",
    "networks",
    "parzen",
    "priors",
    "recipes",
    "reporting",
    "sample",
    "sharding",
    "simultaneous",
    "terms",
    "theory",
    "training",
    "types",
]
