"""Logits of a critic: one array, a map of patches, or several maps."""

from collections.abc import Callable, Sequence

import jax

from advnet.types import PyTree


def read_logits(output: PyTree) -> PyTree:
    """Return the logits in a critic's output.

    Args:
      output: Logits [m] or [m, 1]; a map of patches [m, ...positions] with at least
        three axes; a list or dict of these; or a tuple whose first element is one of
        these.

    Returns:
      Logits [m], a map, or a list or dict of such arrays.

    Raises:
      ValueError: If an array holds something else, such as class logits [m, K].
    """
    logits = output[0] if isinstance(output, tuple) else output
    if isinstance(logits, list | dict):
        return jax.tree.map(_read_array, logits)
    return _read_array(logits)


def single_logits(output: PyTree) -> jax.Array:
    """Return the logits [m] in a critic's output.

    Raises:
      ValueError: If the output does not hold one logit per example.
    """
    logits = read_logits(output)
    if not isinstance(logits, jax.Array) or logits.ndim != 1:
        raise ValueError(
            "Expected one logit per example, [m] or [m, 1], from the critic; got "
            f"{jax.tree.map(lambda x: x.shape, logits)}. Average the logits first."
        )
    return logits


def logit_maps(logits: PyTree) -> list[jax.Array]:
    """Return the arrays of logits as a list."""
    return jax.tree.leaves(logits)


def position_means(x: jax.Array) -> jax.Array:
    """Average a map [m, ...positions] over its positions, [m]."""
    return x if x.ndim == 1 else x.reshape(x.shape[0], -1).mean(axis=1)


def map_means(
    fn: Callable[..., jax.Array], *logits: PyTree, weights: Sequence[float] = ()
) -> jax.Array:
    """Average `fn(map, ...)` over positions and maps, [m].

    Args:
      fn: Function of the same map of every argument that returns [m, ...positions].
      *logits: Logits of one structure.
      weights: Weight of each map; equal by default.
    """
    maps = zip(*map(logit_maps, logits), strict=True)
    return weighted_mean([position_means(fn(*arrays)) for arrays in maps], weights)


def weighted_mean(values: Sequence[jax.Array], weights: Sequence[float]) -> jax.Array:
    """Average arrays of one shape; the weights are equal by default."""
    if len(values) == 1:
        return values[0]
    if not weights:
        return sum(values[1:], values[0]) / len(values)
    if len(weights) != len(values):
        raise ValueError(
            f"Expected one weight for each of {len(values)} maps of logits, got "
            f"{len(weights)}."
        )
    terms = [weight * value for weight, value in zip(weights, values, strict=True)]
    return sum(terms[1:], terms[0]) / sum(weights)


def _read_array(logits: jax.Array) -> jax.Array:
    shape = getattr(logits, "shape", None)
    if shape is None or len(shape) == 0 or (len(shape) == 2 and shape[1] != 1):
        description = type(logits).__name__ if shape is None else f"shape {shape}"
        raise ValueError(
            "Expected logits from the critic: one per example, [m] or [m, 1], a map of "
            "patches [m, h, w] or [m, h, w, 1], or a list or dict of maps; got "
            f"{description}. Patches along one axis are [m, L, 1]; for class logits "
            "[m, K] pass readout=..., such as logsumexp over the classes."
        )
    return logits.reshape(shape[0]) if len(shape) == 2 else logits
