"""Mixed precision: computation in bfloat16, parameters in float32."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike

from advnet.networks._as_network import as_network
from advnet.types import Network, PyTree, Variables


def in_bfloat16(source: Any) -> Network:
    """Build a network that computes in bfloat16 and stores variables in float32.

    Parameters and inputs are rounded to 8 significant bits at each call. Products then
    run at the speed of the hardware's matrix units, and activations take half the
    memory. Parameters, gradients, optimizer states, outputs and losses stay float32.
    The range of bfloat16 equals that of float32, so losses are not scaled. Module state
    such as running means is not rounded, because its small increments would be lost.

    Args:
      source: A network in any form that `as_network` accepts. A layer with its own
        `dtype` computes in that type.

    Returns:
      A network with the same variables as `source`.

    Examples:
      >>> network = in_bfloat16(nn.Dense(3))
      >>> variables = network.init(jax.random.key(0), jnp.ones((2, 4)))
      >>> output, _ = network.apply(
      ...     variables, jnp.ones((2, 4)), key=jax.random.key(1), train=True
      ... )
      >>> variables.params["kernel"].dtype, output.dtype
      (dtype('float32'), dtype('float32'))

    References:
      Micikevicius et al. 2018; Kalamkar et al. 2019.
    """
    network = as_network(source)

    def apply(
        variables: Variables, *inputs, train: bool, **keys: jax.Array
    ) -> tuple[PyTree, PyTree]:
        params = _cast_floats(jnp.bfloat16, variables.params)
        inputs = _cast_floats(jnp.bfloat16, inputs)
        output, state = network.apply(
            Variables(params, variables.state), *inputs, train=train, **keys
        )
        state = jax.tree.map(lambda x, old: x.astype(old.dtype), state, variables.state)
        return _cast_floats(jnp.float32, output), state

    return network._replace(apply=apply, source=source)


def _cast_floats(dtype: DTypeLike, tree: PyTree) -> PyTree:
    """Cast float32 and bfloat16 leaves; labels and masks are unchanged."""
    floating = (jnp.float32, jnp.bfloat16)
    return jax.tree.map(
        lambda x: x.astype(dtype) if jnp.result_type(x) in floating else x, tree
    )
