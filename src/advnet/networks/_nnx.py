from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax import nnx

from advnet.types import Network, PyTree, Variables


def from_nnx(factory: Callable[..., nnx.Module]) -> Network:
    """Wraps a flax NNX module, unchanged.

    `nnx.Param` is optimized; every other variable (batch statistics) is the network's
    state. Random streams are seeded anew from the key of each call, so no counter is
    part of the state.

    Args:
      factory: Makes the module from `rngs`: its class, a `functools.partial` of it, or
        any function of `rngs`. Not an instance: `init(key)` must be able to make
        another one.

    Raises:
      TypeError: If `factory` is a module instance or not callable.

    Examples:
      >>> network = from_nnx(lambda rngs: nnx.Linear(4, 3, rngs=rngs))
      >>> network.init(jax.random.key(0)).params["kernel"].shape
      (4, 3)
    """
    _refuse_instances(factory)
    abstract = nnx.eval_shape(lambda: factory(rngs=nnx.Rngs(0)))
    graph, _, streams, _ = nnx.split(abstract, nnx.Param, nnx.RngState, ...)

    def init(key: jax.Array, *inputs) -> Variables:
        del inputs
        _, params, _, state = nnx.split(
            factory(rngs=nnx.Rngs(key)), nnx.Param, nnx.RngState, ...
        )
        return Variables(nnx.to_pure_dict(params), nnx.to_pure_dict(state))

    def apply(
        variables: Variables, *inputs, key: jax.Array, train: bool
    ) -> tuple[PyTree, PyTree]:
        parts = (variables.params, _seeded(nnx.to_pure_dict(streams), key))
        module = nnx.merge(graph, *map(nnx.State, (*parts, variables.state)))
        (module.train if train else module.eval)()
        output = module(*inputs)
        _, _, _, state = nnx.split(module, nnx.Param, nnx.RngState, ...)
        return output, nnx.to_pure_dict(state)

    return Network(init, apply, getattr(abstract, "output_range", None))


def _seeded(streams: PyTree, key: jax.Array) -> PyTree:
    """Gives every random stream a key of its own and sets its counter to 0."""
    leaves, structure = jax.tree.flatten(streams)
    return structure.unflatten(
        jax.random.fold_in(key, index)
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        else jnp.zeros(leaf.shape, leaf.dtype)
        for index, leaf in enumerate(leaves)
    )


def _refuse_instances(factory) -> None:
    if isinstance(factory, nnx.Module | nn.Module):
        kind = type(factory).__name__
        raise TypeError(
            f"from_nnx expects a factory (a class, or a function of `rngs`), got an "
            f"instance of {kind}. Pass `lambda rngs: {kind}(..., rngs=rngs)`; for a "
            "Linen instance use from_linen."
        )
    if not callable(factory):
        raise TypeError(
            "Expected a Network, a flax Linen module instance, a flax NNX factory or a "
            f"pair of functions (init, apply); got {factory!r}."
        )
