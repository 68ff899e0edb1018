"""Checks of arguments that more than one package uses.

An error says what was expected, what was received and what to do. `check_*` functions
return None; `require_*` functions return the value they check.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

T = TypeVar("T")


def is_traced(x: Any) -> bool:
    """Return whether `x` is traced by a JAX transformation and has no values yet."""
    return isinstance(x, Tracer)


def is_floating(x: Any) -> bool:
    """Return whether an array holds floating-point values, including bfloat16."""
    return jnp.issubdtype(x.dtype, jnp.floating)


def require_known(table: Mapping[str, T], name: str, kind: str) -> T:
    """Return `table[name]`, or raise if the table has no such name.

    Args:
      table: Values by name.
      name: Name to look up.
      kind: Noun for the values of the table, used in the error.

    Returns:
      The value.

    Raises:
      ValueError: If the name is unknown; the message suggests the closest name and
        lists all of them.
    """
    if name in table:
        return table[name]
    close = difflib.get_close_matches(str(name), table, n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(f"No {kind} named {name!r}.{hint} Known: {sorted(table)}.")


def check_one_of(known: Sequence[str], **values: str) -> None:
    """Raise ValueError if one of `values` is not among `known`."""
    for name, value in values.items():
        if value not in known:
            raise ValueError(
                f"Expected {name} to be one of {list(known)}, got {value!r}."
            )


def check_players_exist(
    names: Iterable[str], players: Iterable[str], where: str
) -> None:
    """Raise KeyError if one of `names` is not a player of the game."""
    known = sorted(players)
    for name in names:
        if name not in known:
            raise KeyError(f"No player {name!r} ({where}); this game has {known}.")


def check_at_least(minimum: int, **values: int) -> None:
    """Raise if one of `values` is not an integer or is smaller than `minimum`."""
    for name, value in values.items():
        if not isinstance(value, int | np.integer):
            raise TypeError(f"Expected {name} to be an integer, got {value!r}.")
        if value < minimum:
            raise ValueError(f"Expected {name} >= {minimum}, got {value}.")


def check_key(key: Any) -> None:
    """Raise TypeError if `key` is not a JAX random key."""
    if not isinstance(key, jax.Array):
        raise TypeError(
            f"Expected a key, got {key!r}. Make one with jax.random.key(seed)."
        )


def check_classes(labels: Any, num_classes: int) -> None:
    """Raise ValueError if a label is not in 0 to `num_classes` - 1.

    Traced labels have no values yet and are not checked.
    """
    if is_traced(labels) or not np.size(labels):
        return
    # NumPy, because the minimum of a jax.Array would be traced inside jit.
    values = np.asarray(labels)
    lowest, highest = int(values.min()), int(values.max())
    if lowest < 0 or highest >= num_classes:
        raise ValueError(
            f"Expected classes 0 to {num_classes - 1}, got {lowest} to {highest}. "
            "Number the classes from 0, or increase the number of classes."
        )
