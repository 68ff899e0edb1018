"""Checks of the arguments of `fit`."""

from collections.abc import Sequence
from typing import Any

from advnet.types import Algorithm, Batches, Hook, LifecycleHook

_LIFECYCLE = {"every", "begin", "end"}


def require_hooks(hooks: Any) -> tuple[Hook, ...]:
    """Return the hooks of any iterable as a tuple, or raise TypeError."""
    if isinstance(hooks, Hook):
        raise TypeError(
            f"Expected a list of hooks, got {hooks!r}. Put it in a list: hooks=[hook]."
        )
    hooks = tuple(hooks)  # a generator would be empty after the first loop
    for hook in hooks:
        _check_hook(hook)
    return hooks


def check_trainable(algorithm: Any, batches: Any) -> None:
    """Raise TypeError if an argument of `fit` has the wrong type."""
    if not isinstance(algorithm, Algorithm):
        raise TypeError(
            "Expected an algorithm, such as advnet.alternating(game, optimizer); got "
            f"{type(algorithm).__name__}."
        )
    if not isinstance(batches, Batches):
        raise TypeError(
            "Expected a function batches(step) -> batch, such as "
            f"data.minibatches(x, 64, key=key); got {type(batches).__name__}."
        )


def check_periods(hooks: Sequence[Hook], steps_per_call: int) -> None:
    """Raise ValueError if fused steps would pass over a step at which a hook acts."""
    for hook in hooks:
        if isinstance(hook, LifecycleHook) and hook.every % steps_per_call:
            raise ValueError(
                f"A hook acts every {hook.every} steps, which steps_per_call="
                f"{steps_per_call} does not divide. Choose steps_per_call such that it "
                "divides the period of every hook."
            )


def _check_hook(hook: Any) -> None:
    """Raise TypeError for an object that is not a hook, or has part of a lifecycle."""
    if not isinstance(hook, Hook):
        raise TypeError(
            "Expected hooks that are called as hook(step, state, metrics), got "
            f"{hook!r}."
        )
    if isinstance(hook, LifecycleHook):
        return
    present = _LIFECYCLE & set(dir(hook))
    if present:
        raise TypeError(
            f"The hook {hook!r} defines {sorted(present)} but not "
            f"{sorted(_LIFECYCLE - present)}. Define `every`, `begin(step, batches)` "
            "and `end(step, state)`, or none of them; see types.LifecycleHook."
        )
