"""A perceptron with hidden layers, the classifier of the metrics that need one."""

import functools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from advnet.evaluation._neighbors import over_blocks

Layers = Any
"""A list of weights [in, out] and biases [out]."""


class Perceptron(NamedTuple):
    """A fitted network: standardized inputs, rectified layers, class logits.

    Attributes:
      layers: The last one gives the logits.
      mean: Of the training inputs [d].
      scale: What inputs are divided by [d].
    """

    layers: Layers
    mean: np.ndarray
    scale: np.ndarray

    def __call__(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Penultimate features [m, f] and class logits [m, k] of inputs [m, d]."""
        inputs = _inputs(x, self.mean, self.scale)
        return over_blocks(_outputs, self.layers, inputs)[1]


class Recipe(NamedTuple):
    """How one is fitted: Adam with decoupled decay, its rate falling along a cosine."""

    hidden: tuple[int, ...]
    num_steps: int
    batch_size: int = 256
    learning_rate: float = 1e-3
    decay: float = 1e-4
    dropout: float = 0.0


def fit(
    x: np.ndarray, labels: np.ndarray, num_classes: int, recipe: Recipe, seed: int
) -> Perceptron:
    """Fits classes [n], integers from 0, to inputs [n, d], float32."""
    mean, scale = (
        side.astype(np.float32)
        for side in (x.mean(axis=0, dtype=float), x.std(axis=0, dtype=float))
    )
    scale = np.where(scale > 0, scale, np.float32(1))
    first, key = jax.random.split(jax.random.key(seed))
    layers = _start(first, (x.shape[1], *recipe.hidden, num_classes))
    data = (jnp.asarray(_inputs(x, mean, scale)), jnp.asarray(labels, jnp.int32))
    carry = (layers, _optimizer(recipe).init(layers), data)
    keys = jax.random.split(key, recipe.num_steps)
    with jax.numpy_dtype_promotion("standard"):  # optax mixes dtypes
        (layers, *_), _ = jax.lax.scan(_step(recipe), carry, keys)
    return Perceptron(layers, mean, scale)


def _inputs(x: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Standardized; what hardly ever moves would be huge the one time it does."""
    return np.arcsinh((x - mean) / scale)


def _start(key: jax.Array, sizes: tuple[int, ...]) -> Layers:
    """Normal weights of variance 2 / inputs."""
    keys = jax.random.split(key, len(sizes) - 1)
    return [
        (jax.random.normal(key, (n, m)) * math.sqrt(2 / n), jnp.zeros(m))
        for key, n, m in zip(keys, sizes[:-1], sizes[1:], strict=True)
    ]


def _optimizer(recipe: Recipe) -> optax.GradientTransformation:
    rate = optax.cosine_decay_schedule(recipe.learning_rate, recipe.num_steps)
    return optax.adamw(rate, weight_decay=recipe.decay)


@functools.cache  # one function for each recipe, so that scan compiles it once
def _step(recipe: Recipe):
    optimizer = _optimizer(recipe)

    def loss(layers: Layers, x, labels, key):
        for index, layer in enumerate(layers[:-1]):
            x = _rectified(layer, x)
            x = _dropped(jax.random.fold_in(key, index), x, recipe.dropout)
        logits = _affine(layers[-1], x)
        costs = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
        return costs.mean()

    def step(carry, key):
        layers, state, (x, labels) = carry
        which, dropping = jax.random.split(key)
        batch = jax.random.randint(which, (recipe.batch_size,), 0, len(x))
        _, slope = jax.value_and_grad(loss)(layers, x[batch], labels[batch], dropping)
        updates, state = optimizer.update(slope, state, layers)
        return (optax.apply_updates(layers, updates), state, (x, labels)), None

    return step


def _outputs(layers: Layers, x: jax.Array):
    for layer in layers[:-1]:
        x = _rectified(layer, x)
    return layers, (x, _affine(layers[-1], x))


def _affine(layer: tuple[jax.Array, jax.Array], x: jax.Array) -> jax.Array:
    weights, bias = layer
    # HIGHEST: a GPU's default would round the products to 10 bits.
    return jnp.matmul(x, weights, precision=jax.lax.Precision.HIGHEST) + bias[None]


def _rectified(layer: tuple[jax.Array, jax.Array], x: jax.Array) -> jax.Array:
    return jax.nn.relu(_affine(layer, x))


def _dropped(key: jax.Array, x: jax.Array, rate: float) -> jax.Array:
    if rate == 0:
        return x
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)
