"""Accuracy of simple classifiers on a representation."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.typing import ArrayLike

from advnet._examples import require_floats
from advnet._moments import compute_moments
from advnet.evaluation._neighbors import nearest_distances
from advnet.evaluation._result import MetricResult
from advnet.evaluation._statistics import proportion_error

__all__ = ["accuracy", "linear_probe", "nearest_neighbor"]


def accuracy(predicted: ArrayLike, labels: ArrayLike) -> MetricResult:
    """Compute the share of correct predictions.

    Args:
      predicted: Predicted classes [n], integers.
      labels: True classes [n].

    Returns:
      The accuracy in [0, 1]; `num_real` counts the predictions.

    Raises:
      ValueError: If the lengths differ or are 0.

    Examples:
      >>> print(accuracy(np.array([1, 2, 3, 3]), np.array([1, 2, 3, 4])))
      accuracy: 0.75 ± 0.22 (n = 4)
    """
    predicted, labels = np.asarray(predicted), np.asarray(labels)
    if predicted.shape != labels.shape or labels.ndim != 1 or not len(labels):
        raise ValueError(
            f"Expected predictions [n] and labels [n], n >= 1; got {predicted.shape} "
            f"and {labels.shape}."
        )
    num = len(labels)
    share = float(np.mean(predicted == labels))
    return MetricResult(
        "accuracy", share, proportion_error(share, num), num_real=num, features=""
    )


def nearest_neighbor(
    train: ArrayLike,
    labels: ArrayLike,
    test: ArrayLike,
    test_labels: ArrayLike,
) -> MetricResult:
    """Compute the accuracy of the label of the nearest training example.

    Args:
      train: Representations with known labels [n, ...], for example pixels or codes.
      labels: Classes [n].
      test: Representations [m, ...].
      test_labels: Classes [m].

    Returns:
      The accuracy on the test examples. Distances are Euclidean. Memory is `500 * n`
      floats.

    Raises:
      ValueError: If shapes disagree or a value is not finite.

    Examples:
      >>> x, y = np.array([[0.0], [1.0]]), np.array([3, 7])
      >>> print(nearest_neighbor(x, y, x + 0.1, y))
      nearest-neighbor accuracy: 1 ± 0 (n = 2)

    References:
      Donahue et al. 2017, table 1, for its use on E(x).
    """
    train = _require_labeled(train, labels, "train")
    test = _require_labeled(test, test_labels, "test")
    indices, _ = nearest_distances(train, test)
    result = accuracy(np.asarray(labels)[indices], test_labels)
    return result._replace(name="nearest-neighbor accuracy")


def linear_probe(
    train: ArrayLike,
    labels: ArrayLike,
    test: ArrayLike,
    test_labels: ArrayLike,
    *,
    decay: float = 1e-4,
    num_steps: int = 200,
) -> MetricResult:
    """Compute the accuracy of logistic regression on a frozen representation.

    Features are standardized by the training set. L-BFGS fits the regression to
    convergence on all training examples together.

    Args:
      train: Representations [n, ...].
      labels: Classes [n], integers from 0.
      test: Representations [m, ...].
      test_labels: Classes [m].
      decay: Weight of half the squared norm of the weights; the cross-entropy is a mean
        in nats.
      num_steps: Number of L-BFGS steps.

    Returns:
      The accuracy on the test examples.

    Raises:
      ValueError: If shapes disagree or a value is not finite.

    Examples:
      >>> x, y = np.array([[-1.0], [1.0]]), np.array([0, 1])
      >>> print(linear_probe(x, y, 2 * x, y))
      linear-probe accuracy: 1 ± 0 (n = 2)

    References:
      Goodfellow et al. 2014, section 7.4: features of D or of the inference network.
    """
    train = _require_labeled(train, labels, "train")
    test = _require_labeled(test, test_labels, "test")
    standardize = compute_moments(train).standardize
    inputs = jnp.asarray(standardize(train), jnp.float32)
    targets = jnp.asarray(labels, jnp.int32)
    num_classes = int(np.max(labels)) + 1

    def objective(params):
        weights, bias = params
        # The default precision of a GPU would round the products to 10 bits.
        exact = jax.lax.Precision.HIGHEST
        logits = jnp.matmul(inputs, weights, precision=exact) + bias[None]
        costs = optax.softmax_cross_entropy_with_integer_labels(logits, targets)
        return costs.mean() + decay / 2 * jnp.sum(weights**2)

    start = jnp.zeros((inputs.shape[1], num_classes)), jnp.zeros(num_classes)
    weights, bias = map(
        np.asarray, jax.tree.leaves(_minimize(objective, start, num_steps))
    )
    logits = standardize(test) @ weights + bias
    result = accuracy(logits.argmax(axis=1), test_labels)
    return result._replace(name="linear-probe accuracy")


def _minimize(objective, start, num_steps: int):
    """Return the parameters after `num_steps` steps of L-BFGS."""
    solver = optax.lbfgs()
    value_and_grad = optax.value_and_grad_from_state(objective)

    def step(carry, _):
        params, state = carry
        value, gradients = value_and_grad(params, state=state)
        updates, state = solver.update(
            gradients, state, params, value=value, grad=gradients, value_fn=objective
        )
        return (optax.apply_updates(params, updates), state), None

    with jax.numpy_dtype_promotion("standard"):  # the line search of optax mixes dtypes
        (params, _), _ = jax.lax.scan(
            step, (start, solver.init(start)), length=num_steps
        )
    return params


def _require_labeled(x: ArrayLike, labels: ArrayLike, name: str) -> np.ndarray:
    """Return examples as a matrix [n, d], or raise if they do not match the labels."""
    x = require_floats(x, name=name)
    if np.shape(labels) != x.shape[:1]:
        raise ValueError(
            f"Expected {name} [n, ...] with labels [n]; got {x.shape} with "
            f"{np.shape(labels)}."
        )
    return x.reshape(len(x), -1)
