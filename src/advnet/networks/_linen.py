"""Networks from flax Linen modules."""

import inspect
from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax

from advnet.types import Network, PyTree, Variables


def from_linen(module: nn.Module) -> Network:
    """Wrap a flax Linen module.

    Collections other than "params" become the network's state. The key seeds every
    random stream of the module ("dropout", "noise", ...). If `__call__` has an argument
    `train` or `deterministic`, the network sets it.

    Args:
      module: A module instance. The network keeps its attribute `output_range`, if the
        module has this attribute.

    Returns:
      The network.

    Raises:
      TypeError: If `module` is not a Linen module instance.

    Examples:
      >>> network = from_linen(nn.Dense(3))
      >>> network.init(jax.random.key(0), jnp.zeros((2, 4))).params["bias"].shape
      (3,)
    """
    if not isinstance(module, nn.Module):
        raise TypeError(
            "from_linen expects a flax.linen module instance, such as nn.Dense(3); got "
            f"{module!r}."
        )
    mode = mode_argument(module)

    def init(key: jax.Array, *inputs) -> Variables:
        collections = dict(module.init(key, *inputs, **mode(True)))
        return Variables(collections.pop("params", {}), collections)

    def apply(
        variables: Variables, *inputs, key: jax.Array, train: bool
    ) -> tuple[PyTree, PyTree]:
        params, state = variables
        state = state or {}  # Variables(params) alone
        output, new_state = module.apply(
            {"params": params, **state},
            *inputs,
            **mode(train),
            # Linen derives every stream that is not listed from "params".
            rngs={"params": key},
            mutable=list(state) if train else [],
        )
        return output, {**state, **new_state} or variables.state

    return Network(init, apply, getattr(module, "output_range", None), module)


def mode_argument(module: nn.Module) -> Callable[[bool], dict[str, Any]]:
    """Return a function that makes the `train` or `deterministic` argument of a module.

    Args:
      module: A module instance.

    Returns:
      `mode(train) -> keyword arguments` of `module.__call__`; empty if the module has
      neither argument.

    Examples:
      >>> mode_argument(nn.Dropout(0.5))(True)
      {'deterministic': False}
      >>> mode_argument(nn.Dense(1))(True)
      {}
    """
    parameters = inspect.signature(module.__call__).parameters
    if "train" in parameters:
        return lambda train: {"train": train}
    if "deterministic" in parameters:
        return lambda train: {"deterministic": not train}
    return lambda train: {}
