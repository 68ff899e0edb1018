"""Frozen and pretrained networks."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from advnet.networks._as_network import as_network
from advnet.networks._nnx import split_instance
from advnet.types import Network, PyTree, Variables


def frozen(source: Any) -> Network:
    """Return a network that is always in inference mode and keeps its state.

    Args:
      source: A network in any form that `as_network` accepts, or an NNX module
        instance with its weights.

    Returns:
      The network. A game that has it as a player without a turn never changes it.

    Examples:
      >>> network = frozen(nn.Dropout(0.5))
      >>> variables = network.init(jax.random.key(0), jnp.ones((1, 4)))
      >>> network.apply(variables, jnp.ones((1, 4)), key=jax.random.key(1), train=True)
      (Array([[1., 1., 1., 1.]], dtype=float32), {})

    """
    network = (
        pretrained(source) if isinstance(source, nnx.Module) else as_network(source)
    )

    def apply(
        variables: Variables, *inputs, train: bool, **keys: jax.Array
    ) -> tuple[PyTree, PyTree]:
        del train
        output, _ = network.apply(variables, *inputs, train=False, **keys)
        return output, variables.state

    return network._replace(apply=apply, source=source)


def pretrained(source: Any, variables: Variables | PyTree | None = None) -> Network:
    """Return a network whose initial variables are given instead of drawn.

    The arrays are copied by `init`, so donating a state never deletes them. The state
    holds the copies: they are arguments of the compiled step, not constants in it.

    Args:
      source: A network in any form that `as_network` accepts, or an NNX module
        instance.
      variables: Its `Variables(params, state)`, or the parameters alone. None for an
        NNX instance, which holds its own.

    Returns:
      The network.

    Raises:
      TypeError: If `variables` are missing.

    Examples:
      >>> params = {"kernel": jnp.ones((4, 1)), "bias": jnp.zeros(1)}
      >>> network = pretrained(nn.Dense(1), params)
      >>> float(network.init(jax.random.key(0)).params["kernel"].sum())
      4.0
    """
    if isinstance(source, nnx.Module):
        network, own = split_instance(source)
        variables = own if variables is None else variables
    else:
        network = as_network(source)
    if variables is None:
        raise TypeError(
            "Expected variables=Variables(params, state), got None. Pass the trained "
            "variables, or an NNX module instance that holds them."
        )
    if not isinstance(variables, Variables):
        variables = Variables(variables)
    return network._replace(
        init=lambda key, *inputs: jax.tree.map(jnp.array, variables), source=source
    )
