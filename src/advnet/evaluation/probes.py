"""How much of the labels a representation holds: a neighbor, or a line, must do."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.typing import ArrayLike

from advnet.evaluation._neighbors import nearest_distances


class Accuracy(NamedTuple):
    """A share of right answers, in [0, 1].

    Attributes:
      mean: The share.
      standard_error: Of the mean, over test examples.
      num_examples: How many were tested.
    """

    mean: float
    standard_error: float
    num_examples: int

    def __str__(self) -> str:
        """Percent, with one standard error."""
        return (
            f"{100 * self.mean:.2f} ± {100 * self.standard_error:.2f} % "
            f"(n = {self.num_examples:,})"
        )


def accuracy(predicted: ArrayLike, labels: ArrayLike) -> Accuracy:
    """The share of predictions that are right.

    Args:
      predicted: Classes [n], integers.
      labels: True classes [n].

    Raises:
      ValueError: If the two differ in length or are empty.

    Examples:
      >>> print(accuracy(np.array([1, 2, 3, 3]), np.array([1, 2, 3, 4])))
      75.00 ± 21.65 % (n = 4)
    """
    said, true = np.asarray(predicted), np.asarray(labels)
    if said.shape != true.shape or said.ndim != 1 or not len(true):
        raise ValueError(
            f"Expected classes and labels [n], n >= 1; got {said.shape} and "
            f"{true.shape}."
        )
    mean = float(np.mean(said == true))
    return Accuracy(mean, float(np.sqrt(mean * (1 - mean) / len(true))), len(true))


def nearest_neighbor(
    train: ArrayLike,
    labels: ArrayLike,
    test: ArrayLike,
    test_labels: ArrayLike,
) -> Accuracy:
    """Accuracy of the label of the nearest training example, in Euclidean distance.

    Args:
      train: Representations [n, ...] whose labels are known; pixels are one.
      labels: Classes [n].
      test: Representations [m, ...].
      test_labels: Classes [m].

    Returns:
      The accuracy. Memory is `500 * n` floats.

    Raises:
      ValueError: If shapes disagree.

    Examples:
      >>> x, y = np.array([[0.0], [1.0]]), np.array([3, 7])
      >>> print(nearest_neighbor(x, y, x + 0.1, y))
      100.00 ± 0.00 % (n = 2)

    References:
      Donahue et al. 2017, table 1, for its use on E(x).
    """
    known, asked = _flat(train, labels, "train"), _flat(test, test_labels, "test")
    indices, _ = nearest_distances(known, asked)
    return accuracy(np.asarray(labels)[indices], test_labels)


def linear_probe(
    train: ArrayLike,
    labels: ArrayLike,
    test: ArrayLike,
    test_labels: ArrayLike,
    *,
    decay: float = 1e-4,
    num_steps: int = 200,
) -> Accuracy:
    """Accuracy of logistic regression on a frozen representation.

    Features are standardized by the training set; the regression is fitted to
    convergence by L-BFGS on all training examples at once.

    Args:
      train: Representations [n, ...].
      labels: Classes [n], integers from 0.
      test: Representations [m, ...].
      test_labels: Classes [m].
      decay: Weight of half the squared norm of the weights, beside the mean
        cross-entropy in nats.
      num_steps: L-BFGS steps.

    Raises:
      ValueError: If shapes disagree.

    Examples:
      >>> x, y = np.array([[-1.0], [1.0]]), np.array([0, 1])
      >>> print(linear_probe(x, y, 2 * x, y))
      100.00 ± 0.00 % (n = 2)

    References:
      Goodfellow et al. 2014, section 7.4: features of D or of the inference network.
    """
    known, asked = _flat(train, labels, "train"), _flat(test, test_labels, "test")
    mean, scale = known.mean(axis=0, keepdims=True), known.std(axis=0, keepdims=True)
    scale = np.where(scale > 0, scale, 1).astype(np.float32)
    inputs, targets = jnp.asarray((known - mean) / scale), jnp.asarray(labels)
    num_classes = int(np.max(labels)) + 1

    def objective(params):
        weights, bias = params
        # HIGHEST: a GPU's default would round the products to 10 bits.
        exact = jax.lax.Precision.HIGHEST
        logits = jnp.matmul(inputs, weights, precision=exact) + bias[None]
        costs = optax.softmax_cross_entropy_with_integer_labels(logits, targets)
        return costs.mean() + decay / 2 * jnp.sum(weights**2)

    start = jnp.zeros((inputs.shape[1], num_classes)), jnp.zeros(num_classes)
    fitted = jax.tree.leaves(_minimize(objective, start, num_steps))
    weights, bias = map(np.asarray, fitted)
    scores = ((asked - mean) / scale) @ weights + bias
    return accuracy(scores.argmax(axis=1), test_labels)


def _minimize(objective, start, num_steps: int):
    solver = optax.lbfgs()
    value_and_grad = optax.value_and_grad_from_state(objective)

    def step(carry, _):
        params, state = carry
        value, slope = value_and_grad(params, state=state)
        updates, state = solver.update(
            slope, state, params, value=value, grad=slope, value_fn=objective
        )
        return (optax.apply_updates(params, updates), state), None

    with jax.numpy_dtype_promotion("standard"):  # optax's line search mixes dtypes
        (params, _), _ = jax.lax.scan(
            step, (start, solver.init(start)), length=num_steps
        )
    return params


def _flat(x: ArrayLike, labels: ArrayLike, name: str) -> np.ndarray:
    flat = np.asarray(x, np.float32)
    if flat.ndim < 2 or np.shape(labels) != flat.shape[:1]:
        raise ValueError(
            f"Expected {name} [n, ...] with labels [n]; got {flat.shape} with "
            f"{np.shape(labels)}."
        )
    if not np.isfinite(flat).all():
        raise ValueError(f"Expected finite {name}, got NaN or infinity.")
    return flat.reshape(len(flat), -1)
