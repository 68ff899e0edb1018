"""What a game expects of its batches, players and states, or an error."""

from collections.abc import Iterable

import jax
import jax.numpy as jnp
import numpy as np

from advnet._validation import check_players_exist, is_floating, is_traced
from advnet.types import Comparison, Loss, Term

LABELED = "(x [m, ...], condition), such as minibatches((images, labels), ...) gives"


def check_single_array(batch, game: str) -> None:
    """Refuses a batch with labels where a game wants examples alone."""
    if not hasattr(batch, "shape"):
        raise TypeError(
            f"games.{game} expects a batch that is one array [m, ...], got "
            f"{type(batch).__name__}. Pass the examples without their labels."
        )


def require_pair(batch, game: str, expected: str = LABELED):
    """A batch of two parts, or an error."""
    if not isinstance(batch, tuple) or len(batch) != 2 or batch[1] is None:
        raise TypeError(
            f"games.{game} expects batches {expected}; got {type(batch).__name__}."
        )
    return batch


def check_conditions(condition, num: int, game: str) -> None:
    """Refuses to draw `num` samples under any other number of conditions."""
    if condition is None:
        raise ValueError(
            f"A game made by games.{game} draws under a condition: pass "
            f"condition=..., a pytree of arrays [{num}, ...]."
        )
    lengths = {np.shape(leaf)[:1] for leaf in jax.tree.leaves(condition)}
    if lengths != {(num,)}:
        raise ValueError(
            f"Expected one condition for each of {num} samples, got leading shapes "
            f"{sorted(lengths)}. Repeat the condition: jnp.full({num}, 7)."
        )


def check_mask_shape(mask, x) -> None:
    """Refuses a mask that does not say of every value whether it is known."""
    if mask.shape != x.shape:
        raise ValueError(
            f"Expected a mask of the examples' shape {x.shape}, one where a value is "
            f"known; got {mask.shape}. Give the mask prior the shape of one example."
        )


def require_class_logits(output, name: str):
    """The [m, K] class logits of a critic, alone or first of a tuple, or an error."""
    logits = output[0] if isinstance(output, tuple) else output
    if getattr(logits, "ndim", None) != 2 or logits.shape[1] < 2:
        raise ValueError(
            f"Expected class logits [m, K], K >= 2, from {name}; got "
            f"{getattr(logits, 'shape', type(logits).__name__)}. Build it with "
            "MaxoutDiscriminator(outputs=K) or MLPDiscriminator(outputs=K)."
        )
    return logits


def check_same_shapes(real, fake) -> None:
    """Refuses to compare examples with samples of another shape."""
    shapes = [jax.tree.map(lambda leaf: leaf.shape, side) for side in (real, fake)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"The critic is shown real {shapes[0]} and fake {shapes[1]}; expected "
            "equal shapes. Reshape the data or give the generator its shape, as in "
            "MLPGenerator(shape=(28, 28, 1))."
        )


def check_comparison(shown) -> None:
    """Refuses what is no comparison of examples with samples."""
    if not isinstance(shown, Comparison):
        raise TypeError(
            "Expected compare to return Comparison(real=(x,), fake=(samples,)), got "
            f"{type(shown).__name__}."
        )
    for name in ("real", "fake", "given"):
        side = getattr(shown, name)
        if not isinstance(side, tuple):
            raise TypeError(
                f"Expected {name} of a Comparison to be a tuple of the critic's "
                f"inputs, got {type(side).__name__}. Write {name}=(x,)."
            )
    check_same_shapes(shown.real, shown.fake)
    for real, fake in zip(*map(jax.tree.leaves, (shown.real, shown.fake)), strict=True):
        if real.size == 0:
            raise ValueError(f"Expected at least one example, got shape {real.shape}.")
        if is_floating(fake) and not is_floating(real):
            raise TypeError(
                f"Examples are {real.dtype}, samples {fake.dtype}: the critic would "
                "tell them apart by that. Convert the data: x.astype(np.float32)."
            )


def check_loss(loss) -> None:
    """Refuses a name or a function where a loss is wanted."""
    if not isinstance(loss, Loss):
        raise TypeError(
            f"Expected a types.Loss, such as loss=advnet.losses.hinge(); got {loss!r}. "
            "By name: advnet.losses.get(name)."
        )


def check_single_run(state) -> None:
    """Refuses a state of several runs where one is wanted."""
    typed = jnp.issubdtype(state.key.dtype, jax.dtypes.prng_key)
    if state.key.ndim > (0 if typed else 1):
        raise ValueError(
            f"The state is of {state.key.shape[0]} runs at once. Take one with "
            "dynamics.select_member(state, i), or ask all: dynamics.map_members(fn, state)."
        )


def check_state_has_players(players: Iterable[str], known: Iterable[str]) -> None:
    """Refuses a state without some of a game's players."""
    missing = sorted(set(players) - set(known))
    if missing:
        raise ValueError(
            f"The state has no player {missing[0]!r}, only {sorted(known)}: it is of "
            "another game. Train this one; dynamics.transfer takes players over."
        )


def check_reachable(examples, output_range: tuple[float, float] | None) -> None:
    """Refuses data that no output of the generator can equal.

    Only concrete arrays can be looked at: the check costs a compiled step nothing.
    """
    if output_range is None or is_traced(examples):
        return
    low, high = output_range
    values = np.asarray(examples)
    least, most = float(values.min()), float(values.max())
    if least < low or most > high:
        raise ValueError(
            f"The generator's output lies in [{low:g}, {high:g}], but the data lie in "
            f"[{least:g}, {most:g}]. Scale the data (pixels: x / 255) or change the "
            "generator's output activation."
        )


def check_logits(output) -> None:
    """Refuses a critic's output that is not one logit per example."""
    shape = getattr(output, "shape", None)
    if shape is None or not (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)):
        got = type(output).__name__ if shape is None else f"shape {shape}"
        raise ValueError(
            "Expected one logit per example, [m] or [m, 1], from the critic; got "
            f"{got}. Pass readout=..., a function from the critic's output to [m]: the "
            "mean over a patch critic's map, or logsumexp over class logits."
        )


def check_terms(terms, players: Iterable[str]) -> None:
    """Refuses what is no term, terms of unknown players and two of one name."""
    if isinstance(terms, Term) or not all(isinstance(term, Term) for term in terms):
        raise TypeError(
            f"Expected terms=[...] of terms, got {terms!r}. Put one in a list, and "
            "unpack those that come in pairs: [terms.r1(), *auxiliary_classifier()]."
        )
    check_players_exist([term.player for term in terms], players, "a term's player")
    seen = set()
    for term in terms:
        if (term.player, term.name) in seen or term.name == "loss":
            raise ValueError(
                f"The name {term.name!r} is taken among the terms of {term.player}; "
                "give the second one a name of its own: term._replace(name=...)."
            )
        seen.add((term.player, term.name))


def check_average_kept(name: str, variables: Iterable[str]) -> None:
    """Refuses to ask a player for an average that nobody kept."""
    if name not in variables:
        raise ValueError(
            f"No average of {name!r} was kept: train with dynamics.averaged(algorithm, "
            f"players=[{name!r}, ...]), or pass average=False."
        )


def check_log_densities(values, x) -> None:
    """Refuses log-densities that are not one for each example."""
    if values.shape != x.shape[:1]:
        raise ValueError(
            f"Expected log-densities {x.shape[:1]}, one an example, got "
            f"{values.shape}. Sum over the values of an example: .sum(axis=1)."
        )
