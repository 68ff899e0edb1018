from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike

from advnet.networks._as_network import as_network
from advnet.types import Network, PyTree, Variables


def in_bfloat16(source: Any) -> Network:
    """A network that computes in bfloat16 and keeps everything in float32.

    Parameters and inputs are rounded to 8 significant bits at each call, so products
    run at the speed of the hardware's matrix units and activations take half the
    memory. Parameters, gradients, optimizer states and outputs, hence losses, stay
    float32; bfloat16 has float32's range, so no loss is scaled. Module state (running
    means) is handed over as it is: its small increments would be rounded away.

    Args:
      source: A network in any form `as_network` takes. A layer that sets a `dtype` of
        its own computes in that.

    Returns:
      A network of the same variables, which may also be used without this wrapper.

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
        variables: Variables, *inputs, key: jax.Array, train: bool
    ) -> tuple[PyTree, PyTree]:
        rounded = Variables(_to(jnp.bfloat16, variables.params), variables.state)
        inputs = _to(jnp.bfloat16, inputs)
        output, state = network.apply(rounded, *inputs, key=key, train=train)
        kept = jax.tree.map(lambda x, old: x.astype(old.dtype), state, variables.state)
        return _to(jnp.float32, output), kept

    return Network(network.init, apply, network.output_range)


def _to(dtype: DTypeLike, tree: PyTree) -> PyTree:
    """Casts what is float32 or bfloat16; labels and masks are left alone."""
    floating = (jnp.float32, jnp.bfloat16)
    return jax.tree.map(
        lambda x: x.astype(dtype) if jnp.result_type(x) in floating else x, tree
    )
