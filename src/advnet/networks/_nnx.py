"""Networks from flax NNX modules."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax import nnx

from advnet.types import Network, PyTree, Variables


def from_nnx(factory: Callable[..., nnx.Module]) -> Network:
    """Wrap a flax NNX module.

    `nnx.Param` variables become the parameters; all other variables, such as batch
    statistics, become the network's state. Random streams are reseeded from the key of
    each call, so the state contains no counters.

    Args:
      factory: Function that builds the module from `rngs`: its class, a
        `functools.partial` of the class, or any function of `rngs`. A module instance
        is not enough, because `init(key)` builds a new module.

    Returns:
      The network.

    Raises:
      TypeError: If `factory` is a module instance or is not callable.

    Examples:
      >>> network = from_nnx(lambda rngs: nnx.Linear(4, 3, rngs=rngs))
      >>> network.init(jax.random.key(0)).params["kernel"].shape
      (4, 3)
    """
    _check_factory(factory)
    abstract = nnx.eval_shape(lambda: factory(rngs=nnx.Rngs(0)))
    apply = _make_apply(abstract)

    def init(key: jax.Array, *inputs) -> Variables:
        del inputs
        _, params, _, state = nnx.split(
            factory(rngs=nnx.Rngs(key)), nnx.Param, nnx.RngState, ...
        )
        return Variables(nnx.to_pure_dict(params), nnx.to_pure_dict(state))

    return Network(init, apply, getattr(abstract, "output_range", None), factory)


def split_instance(module: nnx.Module) -> tuple[Network, Variables]:
    """Split an NNX module instance into a network and its variables."""
    _, params, _, state = nnx.split(module, nnx.Param, nnx.RngState, ...)
    variables = Variables(nnx.to_pure_dict(params), nnx.to_pure_dict(state))
    output_range = getattr(module, "output_range", None)
    init = lambda key, *inputs: variables
    return Network(init, _make_apply(module), output_range, module), variables


def _make_apply(module: nnx.Module) -> Callable[..., tuple[PyTree, PyTree]]:
    """Return the function `Network.apply` of a module, abstract or not."""
    graph, _, streams, _ = nnx.split(module, nnx.Param, nnx.RngState, ...)

    def apply(
        variables: Variables, *inputs, key: jax.Array, train: bool
    ) -> tuple[PyTree, PyTree]:
        parts = (variables.params, _seed_streams(nnx.to_pure_dict(streams), key))
        module = nnx.merge(graph, *map(nnx.State, (*parts, variables.state)))
        (module.train if train else module.eval)()
        output = module(*inputs)
        _, _, _, state = nnx.split(module, nnx.Param, nnx.RngState, ...)
        return output, nnx.to_pure_dict(state)

    return apply


def _seed_streams(streams: PyTree, key: jax.Array) -> PyTree:
    """Set every random stream to its own key and its counter to 0."""
    leaves, structure = jax.tree.flatten(streams)
    return structure.unflatten(
        jax.random.fold_in(key, index)
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        else jnp.zeros(leaf.shape, leaf.dtype)
        for index, leaf in enumerate(leaves)
    )


def _check_factory(factory: Any) -> None:
    """Raise TypeError if the argument is a module instance or is not callable."""
    if isinstance(factory, nnx.Module | nn.Module):
        name = type(factory).__name__
        raise TypeError(
            f"from_nnx expects a factory (a class, or a function of `rngs`), got an "
            f"instance of {name}. Pass `lambda rngs: {name}(..., rngs=rngs)`; for a "
            "Linen instance use from_linen."
        )
    if not callable(factory):
        raise TypeError(
            "Expected a Network, a flax Linen module instance, a flax NNX factory or a "
            f"pair of functions (init, apply); got {factory!r}."
        )
