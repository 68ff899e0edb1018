"""Errors for inputs whose shapes a player cannot take; they name player and shapes."""

from collections.abc import Iterator
from contextlib import contextmanager

import jax
import numpy as np

from advnet.types import Network, PyTree, Variables


@contextmanager
def named_player(name: str, inputs: tuple[PyTree, ...]) -> Iterator[None]:
    """Name the player and its inputs in an error that its network raises."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if type(error) not in (TypeError, ValueError):  # it may take other arguments
            raise
        raise type(error)(
            f"Player {name!r}, applied to {_shapes_of(inputs)}: {error}"
        ) from error


@contextmanager
def explained_shapes(
    name: str, network: Network, variables: Variables, inputs: tuple[PyTree, ...]
) -> Iterator[None]:
    """Turn an error of the block into one about shapes if these are its cause.

    Raises:
      ValueError: If the block raises, and `inputs` would give the player parameters of
        other shapes than it has.
    """
    try:
        yield
    except Exception as error:
        difference = _first_difference(
            variables.params, _needed_params(network, inputs)
        )
        if difference is None:
            raise
        raise ValueError(
            f"Player {name!r} has the parameter {difference[0]}, but inputs of "
            f"{_shapes_of(inputs)} need {difference[1]}. Pass inputs, such as a "
            "condition, of the shapes and types of training."
        ) from error


def _needed_params(network: Network, inputs: tuple[PyTree, ...]) -> PyTree:
    """Return the shapes of the parameters for some inputs, {} if there are none."""
    try:
        return jax.eval_shape(network.init, jax.random.key(0), *inputs).params
    except Exception:  # noqa: BLE001 - the network's first error is raised in its place
        return {}


def _first_difference(params: PyTree, needed: PyTree) -> tuple[str, str] | None:
    """Return the first parameter in two trees whose shapes differ, in words."""
    trees = [
        dict(jax.tree_util.tree_leaves_with_path(tree)) for tree in (params, needed)
    ]
    for path, leaf in trees[0].items():
        expected = trees[1].get(path)
        if expected is not None and expected.shape != leaf.shape:
            place = jax.tree_util.keystr(path, simple=True, separator="/")
            return f"{place} {list(leaf.shape)}", str(list(expected.shape))
    return None


def _shapes_of(inputs: tuple[PyTree, ...]) -> str:
    """Return the types and shapes of all inputs, in words."""
    return ", ".join(
        f"{getattr(leaf, 'dtype', type(leaf).__name__)} {list(np.shape(leaf))}"
        for leaf in jax.tree.leaves(inputs)
    )
