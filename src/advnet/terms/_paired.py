"""Distances between a sample and the example that it should equal."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from advnet.terms._validation import require_second_output
from advnet.types import PyTree, Term, View, Weight


def absolute_error(a: jax.Array, b: jax.Array) -> jax.Array:
    """Compute the mean absolute difference of each pair of examples (L1).

    Args:
      a: Examples [m, ...].
      b: Examples [m, ...].

    Returns:
      Mean absolute errors per value, [m].

    Examples:
      >>> absolute_error(jnp.ones((2, 3)), jnp.zeros((2, 3))).tolist()
      [1.0, 1.0]
    """
    return jnp.abs(a - b).reshape(a.shape[0], -1).mean(axis=1)


def paired(
    target: Callable[[PyTree], PyTree],
    weight: Weight = 1.0,
    *,
    cost: Callable[[jax.Array, jax.Array], jax.Array] = absolute_error,
    features: str | Callable[[View, PyTree], PyTree] | None = None,
    player: str = "generator",
    critic: str = "discriminator",
    name: str = "paired",
) -> Term:
    """Penalize the distance between samples and the examples that they should equal.

    Args:
      target: Function that maps a batch to the examples [m, ...], in the order of the
        samples.
      weight: Factor of the distance; a number or a schedule.
      cost: `cost(sample, example) -> [m]`; the mean absolute error by default.
      features: Space in which the distance is taken (perceptual distance). The name of
        a frozen player whose output is an array or a list of layers; or of the critic,
        whose second output is taken; or `features(view, x) -> layers`. By default the
        values themselves. The costs of several layers are averaged.
      player: Name of the player to train.
      critic: Name of the critic; its features also depend on the labels or masks that
        it receives.
      name: Name of the term among the metrics.

    Returns:
      A term whose value is per example, [m].

    Examples:
      >>> paired(lambda batch: batch[1], 100.0).weight
      100.0

    References:
      Isola et al. 2017, eq. 3 (L1); Johnson et al. 2016, eq. 2 (perceptual distance).
    """

    def fn(view: View) -> jax.Array:
        (sample, *_) = view.comparison.fake
        example = jax.lax.stop_gradient(target(view.batch))
        pairs = zip(
            jax.tree.leaves(_features(features, critic, view, sample)),
            jax.tree.leaves(_features(features, critic, view, example)),
            strict=True,
        )
        costs = [cost(a, b) for a, b in pairs]
        return sum(costs[1:], costs[0]) / len(costs)

    return Term(name, player, fn, weight)


def _features(
    features: str | Callable[[View, PyTree], PyTree] | None,
    critic: str,
    view: View,
    x: PyTree,
) -> PyTree:
    """Return the features of examples or samples."""
    if features is None:
        return x
    if callable(features):
        return features(view, x)
    view.play.ensure_initialized(features, x)
    further_inputs = view.comparison.given if features == critic else ()
    output = view.play.pure(features)(x, *further_inputs)
    if not isinstance(output, tuple):
        return output
    advice = "Return (logits, layers), or pass features=... as a function."
    return require_second_output(output, "paired", advice)
