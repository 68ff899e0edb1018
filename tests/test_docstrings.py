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


@pytest.mark.usefixtures("memory_bounded_by_test")
@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, extraglobs=NAMES, optionflags=FLAGS)
    assert result.failed == 0, f"Mend the examples printed above, in {module.__file__}"
