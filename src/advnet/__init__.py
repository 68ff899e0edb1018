"""Adversarial training for JAX.

A training run takes five lines::

    game = advnet.games.gan(generator, discriminator, prior, loss=loss)
    algorithm = advnet.alternating(game, optimizer, k=1)
    state = algorithm.init(key, batches(0))
    state = advnet.fit(algorithm, state, batches, num_steps=10_000)
    samples = advnet.sample(game, state, key, 64)

The first line defines the players and their losses. The second line returns two pure
functions, `init` and `train_step`, which can also be called without `fit`.
"""

from advnet import (
    _startup,  # noqa: F401 - first, as it handles Ctrl-C in the imports below
    augment,
    data,
    dynamics,
    evaluation,
    games,
    losses,
    modules,
    networks,
    paper,
    priors,
    recipes,
    reporting,
    runs,
    sharding,
    terms,
    theory,
    training,
    types,
)
from advnet.dynamics import alternating, averaged, simultaneous, transfer
from advnet.evaluation import parzen
from advnet.games import apply, classify, encode, impute, sample
from advnet.training import export, fit, hooks

__version__ = "0.1.0"

__all__ = [
    "alternating",
    "apply",
    "augment",
    "averaged",
    "classify",
    "data",
    "dynamics",
    "encode",
    "evaluation",
    "export",
    "fit",
    "games",
    "hooks",
    "impute",
    "losses",
    "modules",
    "networks",
    "paper",
    "parzen",
    "priors",
    "recipes",
    "reporting",
    "runs",
    "sample",
    "sharding",
    "simultaneous",
    "terms",
    "theory",
    "training",
    "transfer",
    "types",
]
