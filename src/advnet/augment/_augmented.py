"""A critic that sees transformed inputs."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from advnet.augment._transforms import Transform
from advnet.networks import as_network
from advnet.types import Network, PyTree, Variables


def augmented(
    critic: Any,
    transform: Transform,
    *,
    inputs: Sequence[int] = (0,),
    p: float = 1.0,
) -> Network:
    """Transform the inputs of a critic in training, in the turns of all players.

    Penalties differentiate with respect to the original examples. One draw serves all
    inputs, examples and samples, loss and penalties of an objective, so a penalty needs
    no second forward pass. Outside training the critic sees its inputs as they are.

    Args:
      critic: The critic, in any form that `networks.as_network` accepts.
      transform: `transform(x, key, p) -> x`, such as `diff_augment()`; the same draw
        is used for every input.
      inputs: Positions of the inputs that are transformed; labels, masks and codes
        stay as they are.
      p: Initial probability, which `dynamics.adaptive` changes. It is part of the
        critic's module state.

    Returns:
      The critic with the transform in front.

    Raises:
      ValueError: If `p` is outside [0, 1].

    Examples:
      >>> transform = advnet.augment.diff_augment("translation")
      >>> critic = augmented(advnet.modules.MaxoutDiscriminator(), transform)
      >>> variables = critic.init(jax.random.key(0), jnp.zeros((2, 8, 8, 1)))
      >>> float(variables.state["p"])
      1.0

    References:
      Zhao et al. 2020; Karras et al. 2020 (ADA), section 2.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"Expected p in [0, 1], got {p}.")
    network = as_network(critic)

    def init(key: jax.Array, *args: PyTree) -> Variables:
        variables = network.init(key, *args)
        state = {
            "critic": variables.state,
            "p": jnp.full((), p, jnp.float32),
            "sign_sum": jnp.zeros((), jnp.float32),
        }
        return Variables(variables.params, state)

    def apply(
        variables: Variables,
        *args: PyTree,
        key: jax.Array,
        train: bool,
        shared_key: jax.Array,
    ) -> tuple[PyTree, PyTree]:
        params, state = variables
        if train:
            change = lambda x: transform(x, shared_key, state["p"])
            args = tuple(
                jax.tree.map(change, x) if index in inputs else x
                for index, x in enumerate(args)
            )
        keys = {"key": key}
        if network.takes_shared_key:
            keys["shared_key"] = shared_key
        output, critic_state = network.apply(
            Variables(params, state["critic"]), *args, train=train, **keys
        )
        return output, {**state, "critic": critic_state}

    return Network(init, apply, source=network.source, takes_shared_key=True)
