"""Errors at the edge: what was expected, what came, what to do."""

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from advnet.types import Algorithm

T = TypeVar("T")


def is_traced(x) -> bool:
    """Whether `x` is a symbol inside a transformation, with no values to look at."""
    return isinstance(x, Tracer)


def require_known(table: Mapping[str, T], name: str, what: str) -> T:
    """`table[name]`, or an error that names the nearest and lists the known."""
    if name in table:
        return table[name]
    near = difflib.get_close_matches(str(name), table, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"No {what} named {name!r}.{hint} Known: {sorted(table)}.")


def check_players_exist(
    names: Iterable[str], players: Iterable[str], where: str
) -> None:
    """Refuses a player's name the game does not have."""
    known = sorted(players)
    for name in names:
        if name not in known:
            raise KeyError(f"No player {name!r} ({where}); this game has {known}.")


def check_at_least(least: int, **numbers: int) -> None:
    """Refuses a count that is too small, or no whole number."""
    for name, number in numbers.items():
        if not isinstance(number, int | np.integer):
            raise TypeError(f"Expected {name} to be an integer, got {number!r}.")
        if number < least:
            raise ValueError(f"Expected {name} >= {least}, got {number}.")


def check_divisible(batch, k: int) -> None:
    """Refuses a batch that cannot be dealt out to k steps."""
    for leaf in jax.tree.leaves(batch):
        if leaf.shape[0] % k:
            raise ValueError(
                f"A step with k={k} needs a batch of k * m examples, "
                f"got {leaf.shape[0]}. Draw batches of a multiple of {k}."
            )


def check_no_condition(condition, game: str) -> None:
    """Refuses to sample from p(x | c) where only p(x) was learned."""
    if condition is not None:
        raise ValueError(
            f"A game made by games.{game} takes no condition; train games.conditional "
            "or games.inpainting to draw under one."
        )


def is_floating(x) -> bool:
    """Whether values are floats, bfloat16 among them."""
    return jnp.issubdtype(x.dtype, jnp.floating)


def check_key(key) -> None:
    """Refuses a number where a key is wanted."""
    if not isinstance(key, jax.Array):
        raise TypeError(
            f"Expected a key, got {key!r}. Make one with jax.random.key(seed)."
        )


def check_trainable(algorithm, batches, hooks) -> None:
    """Refuses what `fit` cannot run."""
    if not isinstance(algorithm, Algorithm):
        raise TypeError(
            "Expected an algorithm, such as advnet.alternating(game, optimizer); got "
            f"{type(algorithm).__name__}."
        )
    if not callable(batches):
        raise TypeError(
            "Expected batches(step) -> batch, such as data.minibatches(x, 64, key=key) "
            f"gives; got {type(batches).__name__}."
        )
    if callable(hooks):
        raise TypeError(
            f"Expected hooks=[...] of hooks, got {hooks!r}. Put it in a list."
        )


def check_optimizer(given) -> None:
    """Refuses what is no optimizer."""
    if not (hasattr(given, "init") and hasattr(given, "update")):
        raise TypeError(
            f"Expected an optimizer, such as optax.adam(1e-3); got {given!r}."
        )


def check_optimizers(given, movers: Iterable[str], players: Iterable[str]) -> None:
    """Refuses a missing optimizer, and one for a player that is not there."""
    check_players_exist(given, players, "an optimizer's player")
    missing = sorted(set(movers) - set(given))
    if missing:
        raise ValueError(
            f"No optimizer for {missing}; got optimizers for {sorted(given)}. Pass one "
            "for every player that moves, or a single one for all."
        )


def check_image_shape(shape) -> None:
    """Refuses the shape of anything but one image."""
    if len(shape) != 3:
        raise ValueError(f"Expected the shape of one image, (h, w, c), got {shape}.")


def check_integers(labels) -> None:
    """Refuses labels that are not integers."""
    if not jnp.issubdtype(labels.dtype, jnp.integer):
        raise TypeError(
            f"Expected labels as integers [m], got {labels.dtype}{list(labels.shape)}. "
            "One-hot vectors: labels.argmax(axis=1); floats: labels.astype(np.int32)."
        )


def check_classes(labels, num_classes: int) -> None:
    """Refuses a class there is no one-hot vector for, where values can be seen."""
    if is_traced(labels) or not np.size(labels):
        return
    values = np.asarray(labels)  # inside jit, np.min of a jax array would be traced
    least, most = int(values.min()), int(values.max())
    if least < 0 or most >= num_classes:
        raise ValueError(
            f"Expected classes 0 to {num_classes - 1}, got {least} to {most}. Count "
            "them from 0, or raise the number of classes."
        )


def check_same_structure(name: str, expected, got) -> None:
    """Refuses the variables of another network."""
    shapes = [jax.tree.map(lambda leaf: leaf.shape, tree) for tree in (expected, got)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"The two runs have different networks for {name!r}: expected "
            f"{shapes[0]}, got {shapes[1]}."
        )


def check_all_initialized(variables, players: Iterable[str]) -> None:
    """Refuses a game in which a player is never called."""
    missing = sorted(set(players) - set(variables))
    if missing:
        raise ValueError(
            f"No objective ever calls {missing}; use or remove these players."
        )


def require_second_output(output, term: str, advice: str):
    """The second thing a critic says beside its logits, or an error."""
    if not isinstance(output, tuple) or len(output) < 2:
        raise TypeError(
            f"{term} expects a critic that returns a pair, logits first; got "
            f"{type(output).__name__}. {advice}"
        )
    return output[1]
