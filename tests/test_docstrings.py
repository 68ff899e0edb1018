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


# Their examples train or draw for seconds; CI runs them.
LONG = {
    "advnet.dynamics._lookahead",
    "advnet.dynamics._population",
    "advnet.evaluation.ais._ais",
    "advnet.games._accumulate_gradients",
    "advnet.games._semi_supervised",
    "advnet.paper._reproduce",
    "advnet.runs._start",
    "advnet.training._export",
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
