"""Every example in a docstring runs, under the settings of the tests."""

import doctest
import importlib
import pathlib
import pkgutil
import tempfile

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import advnet

MODULES = ["advnet"] + [
    module.name for module in pkgutil.walk_packages(advnet.__path__, "advnet.")
]
# Names that the examples use without an import.
NAMES = {
    "advnet": advnet,
    "jax": jax,
    "jnp": jnp,
    "nn": nn,
    "nnx": nnx,
    "np": np,
    "optax": optax,
    "pathlib": pathlib,
    "tempfile": tempfile,
}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


# Their examples compile, train or draw for seconds; CI runs them.
LONG = {
    "advnet.augment._ada",
    "advnet.augment._augmented",
    "advnet.augment._transforms",
    "advnet.dynamics._adaptive",
    "advnet.dynamics._alternating",
    "advnet.dynamics._lookahead",
    "advnet.dynamics._population",
    "advnet.dynamics._scheduled",
    "advnet.evaluation._classifier",
    "advnet.evaluation._pretrained",
    "advnet.evaluation._suitable",
    "advnet.evaluation.ais._ais",
    "advnet.evaluation.distances",
    "advnet.evaluation.features",
    "advnet.evaluation.parzen._bandwidth",
    "advnet.evaluation.probes",
    "advnet.evaluation.two_sample",
    "advnet.games._accumulate_gradients",
    "advnet.games._conditional",
    "advnet.games._inference",
    "advnet.games._inpainting",
    "advnet.games._latent_optimized",
    "advnet.games._sample",
    "advnet.games._semi_supervised",
    "advnet.modules._concatenate",
    "advnet.modules._convolution",
    "advnet.modules._dcgan",
    "advnet.modules._initializers",
    "advnet.modules._layers",
    "advnet.modules._mlp",
    "advnet.modules._paper_conv",
    "advnet.modules._patch",
    "advnet.modules._projected",
    "advnet.modules._residual",
    "advnet.modules._spectral_residual",
    "advnet.modules._tabular",
    "advnet.modules._unet",
    "advnet.paper._reproduce",
    "advnet.priors._compound",
    "advnet.priors._masks",
    "advnet.runs._start",
    "advnet.theory._optimum",
    "advnet.training._export",
    "advnet.training._fit",
    "advnet.training._recovery",
}
PARAMETERS = [
    pytest.param(name, marks=pytest.mark.ci if name in LONG else ()) for name in MODULES
]


@pytest.mark.usefixtures("memory_bounded_by_test")
@pytest.mark.parametrize("name", PARAMETERS)
def test_examples_run(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, extraglobs=NAMES, optionflags=FLAGS)
    assert result.failed == 0, f"Mend the examples printed above, in {module.__file__}"
