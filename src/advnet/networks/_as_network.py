"""Conversion of any supported source to a `Network`."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn

from advnet.networks._linen import from_linen
from advnet.networks._nnx import from_nnx
from advnet.types import Network, PyTree, Variables


def as_network(source: Any) -> Network:
    """Convert a flax module, an NNX factory or a pair of functions to a `Network`.

    Args:
      source: A `Network` (returned unchanged), a flax Linen module instance, a flax NNX
        factory (a module class or a function of `rngs`), or a pair of plain functions
        `(init, apply)` as in `plain`.

    Returns:
      The network.

    Raises:
      TypeError: If `source` has another type. The message says how to convert an NNX
        instance or a Linen class.

    Examples:
      >>> network = as_network(nn.Dense(3))
      >>> variables = network.init(jax.random.key(0), jnp.zeros((2, 4)))
      >>> variables.params["kernel"].shape
      (4, 3)
    """
    match source:
        case Network():
            return source
        case nn.Module():
            return from_linen(source)
        case type() if issubclass(source, nn.Module):
            name = source.__name__
            raise TypeError(
                f"Expected a network, got the class {name}. Create an instance: "
                f"{name}(...)."
            )
        case (init, apply) if callable(init) and callable(apply):
            return plain(init, apply)
        case _:
            return from_nnx(source)


def plain(
    init: Callable[..., PyTree],
    apply: Callable[..., PyTree],
    *,
    output_range: tuple[float, float] | None = None,
) -> Network:
    """Wrap two plain functions that use neither module state nor randomness.

    For batch statistics or dropout, build a `Network` of two functions directly.

    Args:
      init: `init(key, *inputs) -> params`.
      apply: `apply(params, *inputs) -> output`.
      output_range: Interval (low, high) that contains every output, if known.

    Returns:
      The network.

    Examples:
      >>> shift = plain(
      ...     lambda key, z: jnp.zeros((1, 2)), lambda params, z: z + params
      ... )
      >>> variables = shift.init(jax.random.key(0), jnp.ones((3, 2)))
      >>> output, state = shift.apply(
      ...     variables, jnp.ones((3, 2)), key=jax.random.key(1), train=True
      ... )
      >>> output.shape
      (3, 2)
    """

    def apply_network(variables: Variables, *inputs, key, train: bool):
        del key, train
        return apply(variables.params, *inputs), variables.state

    return Network(
        lambda key, *inputs: Variables(init(key, *inputs)),
        apply_network,
        output_range,
        (init, apply),
    )
