"""Checks of the batches, players and states of a game."""

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from advnet._validation import check_players_exist, is_floating, is_traced
from advnet.types import Comparison, Loss, PyTree, State, Term

LABELED = "(x [m, ...], condition), as from minibatches((images, labels), ...)"


def array_shape(x: Any) -> tuple[int, ...] | None:
    """Return the shape of an array, or None if `x` is not an array."""
    return x.shape if isinstance(x, jax.Array | np.ndarray) else None


def require_num_examples(batch: PyTree, game: str) -> int:
    """Return the number of examples in a batch, a pytree of arrays [m, ...]."""
    shapes = [array_shape(leaf) for leaf in jax.tree.leaves(batch)]
    lengths = {shape[0] if shape else 0 for shape in shapes}
    if len(lengths) != 1 or 0 in lengths:
        raise TypeError(
            f"games.{game} expects examples with leaves [m, ...] of one length, got "
            f"{jax.tree.map(array_shape, batch)}."
        )
    return lengths.pop()


def check_single_array(batch: Any, game: str) -> None:
    """Raise TypeError if a batch is not one array, for example because of labels."""
    if array_shape(batch) is None:
        raise TypeError(
            f"games.{game} expects a batch that is one array [m, ...], got "
            f"{type(batch).__name__}. Pass the examples without their labels."
        )


def require_pair(batch: Any, game: str, expected: str = LABELED) -> tuple[Any, Any]:
    """Return a batch of two parts, or raise TypeError if it is something else."""
    if not isinstance(batch, tuple) or len(batch) != 2 or batch[1] is None:
        raise TypeError(
            f"games.{game} expects batches {expected}; got {type(batch).__name__}."
        )
    return batch


def check_mask_shape(mask: jax.Array, x: jax.Array) -> None:
    """Raise ValueError if a mask does not have the shape of the examples."""
    if mask.shape != x.shape:
        raise ValueError(
            f"Expected a mask of the examples' shape {x.shape}, 1 where a value is "
            f"known; got {mask.shape}. Give the mask prior the shape of one example."
        )


def require_class_logits(output: Any, name: str) -> jax.Array:
    """Return the class logits [m, K] of an output, or raise ValueError.

    An output is the logits alone, or a tuple whose first element they are.
    """
    logits = output[0] if isinstance(output, tuple) else output
    shape = array_shape(logits)
    if shape is None or len(shape) != 2 or shape[1] < 2:
        raise ValueError(
            f"Expected class logits [m, K], K >= 2, from {name}; got "
            f"{type(logits).__name__ if shape is None else shape}. Build it with "
            "MaxoutDiscriminator(outputs=K) or MLPDiscriminator(outputs=K)."
        )
    return logits


def check_comparison(comparison: Any) -> None:
    """Raise if `comparison` is not a Comparison of examples and samples that match."""
    if not isinstance(comparison, Comparison):
        raise TypeError(
            "Expected compare to return Comparison(real=(x,), fake=(samples,)), got "
            f"{type(comparison).__name__}."
        )
    for name in ("real", "fake", "given"):
        side = getattr(comparison, name)
        if not isinstance(side, tuple):
            raise TypeError(
                f"Expected {name} of a Comparison to be a tuple of the critic's "
                f"inputs, got {type(side).__name__}. Write {name}=(x,)."
            )
    _check_same_shapes(comparison.real, comparison.fake)
    sides = map(jax.tree.leaves, (comparison.real, comparison.fake))
    for real, fake in zip(*sides, strict=True):
        if real.size == 0:
            raise ValueError(f"Expected at least one example, got shape {real.shape}.")
        if is_floating(fake) and not is_floating(real):
            raise TypeError(
                f"Examples are {real.dtype}, samples {fake.dtype}: the critic would "
                "tell them apart by that. Convert the data: x.astype(np.float32)."
            )


def _check_same_shapes(real: PyTree, fake: PyTree) -> None:
    """Raise ValueError if examples and samples differ in shape."""
    shapes = [jax.tree.map(lambda leaf: leaf.shape, side) for side in (real, fake)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"The critic receives real {shapes[0]} and fake {shapes[1]}; expected "
            "equal shapes. Reshape the data or give the generator its shape, as in "
            "MLPGenerator(shape=(28, 28, 1)). If the batch has labels, pass the "
            "examples without them, or use games.conditional."
        )


def check_loss(loss: Any) -> None:
    """Raise TypeError if `loss` is not a Loss, but for example a name or a function."""
    if not isinstance(loss, Loss):
        raise TypeError(
            f"Expected a types.Loss, such as loss=advnet.losses.hinge(); got {loss!r}. "
            "By name: advnet.losses.get(name)."
        )


def check_single_run(state: State) -> None:
    """Raise ValueError if a state holds several runs."""
    typed = jnp.issubdtype(state.key.dtype, jax.dtypes.prng_key)
    if state.key.ndim > (0 if typed else 1):
        raise ValueError(
            f"Expected the state of one run, got {state.key.shape[0]} runs. Select one "
            "with dynamics.select_member(state, i), or evaluate all of them with "
            "dynamics.map_members(fn, state)."
        )


def check_state_has_players(players: Iterable[str], known: Iterable[str]) -> None:
    """Raise ValueError if a state lacks one of the players of a game."""
    missing = sorted(set(players) - set(known))
    if missing:
        raise ValueError(
            f"The state has no player {missing[0]!r}, only {sorted(known)}: it belongs "
            "to another game. Train this game; dynamics.transfer copies players from "
            "another state."
        )


def check_reachable(examples: PyTree, output_range: tuple[float, float] | None) -> None:
    """Raise ValueError if examples lie outside the range of the generator's output.

    Traced arrays have no values yet and are not checked, so the check costs nothing in
    a compiled step.
    """
    leaves = jax.tree.leaves(examples)
    if output_range is None or any(map(is_traced, leaves)):
        return
    low, high = output_range
    smallest = min(float(np.asarray(leaf).min()) for leaf in leaves)
    largest = max(float(np.asarray(leaf).max()) for leaf in leaves)
    if smallest < low or largest > high:
        raise ValueError(
            f"The generator's output lies in [{low:g}, {high:g}], but the data lie in "
            f"[{smallest:g}, {largest:g}]. Scale the data (pixels: x / 255) or change "
            "the generator's output activation."
        )


def check_terms(terms: Any, players: Iterable[str]) -> None:
    """Raise if `terms` is not a list of Terms with known players and unique names."""
    if isinstance(terms, Term) or not all(isinstance(term, Term) for term in terms):
        raise TypeError(
            f"Expected terms=[...] of terms, got {terms!r}. Put a single term in a "
            "list, and unpack pairs: [terms.r1(), *auxiliary_classifier()]."
        )
    check_players_exist([term.player for term in terms], players, "a term's player")
    names = set()
    for term in terms:
        if (term.player, term.name) in names or term.name == "loss":
            raise ValueError(
                f"The name {term.name!r} is taken among the terms of {term.player}; "
                "give the second term its own name: term._replace(name=...)."
            )
        names.add((term.player, term.name))


def check_initialized(name: str, variables: Iterable[str]) -> None:
    """Raise ValueError if a player is read before its first call."""
    if name not in variables:
        raise ValueError(
            f"play.pure({name!r}) needs a player that has variables: call "
            f"play({name!r}, ...) or play.ensure_initialized({name!r}, ...) first, "
            "with the same inputs."
        )


def check_can_record(name: str, *, is_fork: bool) -> None:
    """Raise ValueError if a memory is recorded where its new value would be lost."""
    if is_fork:
        raise ValueError(
            f"The memory {name!r} is recorded inside terms.every, terms.starting_at or "
            "games.accumulate_gradients, which would lose it. Give the term a schedule "
            "as its weight; record outside of loops."
        )


def check_same_trace(name: str, outer: Any, current: Any) -> None:
    """Raise ValueError if a player is initialized inside a loop of an objective."""
    if current is not outer:
        raise ValueError(
            f"The first call of {name!r} is inside jax.lax.scan, cond or a similar "
            "function, which its new variables cannot leave. Call "
            f"play.ensure_initialized({name!r}, ...) before, with the same inputs."
        )


def check_has_objective(
    players: Iterable[str], minimizers: Iterable[str], terms: Iterable[Term]
) -> None:
    """Raise ValueError if a player has neither the adversarial loss nor a term."""
    trained = {*minimizers, *(term.player for term in terms)}
    for name in players:
        if name not in trained:
            raise ValueError(
                f"The player {name!r} has nothing to minimize: name it in against=..., "
                "give it a term, or freeze it with frozen=[...]."
            )


def check_average_exists(name: str, variables: Iterable[str]) -> None:
    """Raise ValueError if a player's average is needed but not maintained."""
    if name not in variables:
        raise ValueError(
            f"The state has no average of {name!r}: train with "
            f"dynamics.averaged(algorithm, players=[{name!r}, ...]), or pass "
            "average=False."
        )


def check_log_densities(values: jax.Array, x: jax.Array) -> None:
    """Raise ValueError if log-densities are not one number per example."""
    if values.shape != x.shape[:1]:
        raise ValueError(
            f"Expected log-densities {x.shape[:1]}, one per example, got "
            f"{values.shape}. Sum over the values of an example: .sum(axis=1)."
        )
