from collections.abc import Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

import jax

from advnet._validation import check_players_exist
from advnet.types import Memory, PyTree, Variables


@runtime_checkable
class _HasInitAndUpdate(Protocol):
    init: Any
    update: Any


def check_divisible(batch: PyTree, k: int) -> None:
    """Raise if a batch cannot be split into k minibatches of the same size."""
    for leaf in jax.tree.leaves(batch):
        if leaf.shape[0] % k:
            raise ValueError(
                f"A step with k={k} needs a batch of k * m examples, "
                f"got {leaf.shape[0]}. Draw batches of a multiple of {k}."
            )


def check_optimizer(optimizer: Any) -> None:
    """Raise if `optimizer` does not have the methods of an optax optimizer."""
    if not isinstance(optimizer, _HasInitAndUpdate):
        raise TypeError(
            f"Expected an optimizer, such as optax.adam(1e-3); got {optimizer!r}."
        )


def check_optimizers(
    optimizers: Mapping[str, Any], active: Iterable[str], players: Iterable[str]
) -> None:
    """Raise if an active player has no optimizer, or an optimizer has no player."""
    check_players_exist(optimizers, players, "an optimizer's player")
    missing = sorted(set(active) - set(optimizers))
    if missing:
        raise ValueError(
            f"No optimizer for {missing}; got optimizers for {sorted(optimizers)}. "
            "Pass one for every player that has a turn, or a single one for all."
        )


def check_same_structure(name: str, expected: Variables, received: Variables) -> None:
    """Raise if the variables of a player differ in structure or shapes."""
    shapes = [
        jax.tree.map(lambda leaf: leaf.shape, tree) for tree in (expected, received)
    ]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"The two runs have different networks for {name!r}: expected "
            f"{shapes[0]}, got {shapes[1]}."
        )


def check_all_initialized(
    variables: Mapping[str, Variables], players: Iterable[str]
) -> None:
    """Raise if a player was not initialized because no objective calls it."""
    missing = sorted(set(players) - set(variables))
    if missing:
        raise ValueError(
            f"No objective ever calls {missing}; use or remove these players."
        )


def check_all_recorded(recorded: Iterable[str], memories: Mapping[str, Memory]) -> None:
    """Raise ValueError if the writer of a memory never records it."""
    for name in sorted(set(memories) - set(recorded)):
        raise ValueError(
            f"The memory {name!r} is never recorded in the objective of its writer "
            f"{memories[name].writer!r}: call play.record({name!r}, value) there, or "
            "remove the memory."
        )
