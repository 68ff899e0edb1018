"""Multilayer perceptrons, including the paper's."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import flax.linen as nn
import jax
import numpy as np
from flax.typing import Initializer

from advnet.modules._initializers import symmetric_uniform
from advnet.modules._layers import Activation, Dropout, Maxout, output_range


class MLPGenerator(nn.Module):
    """Multilayer perceptron from noise to an example.

    The defaults are the paper's MNIST generator.

    Attributes:
      shape: Shape of an example, of any rank.
      hidden: Number of units of each hidden layer.
      activations: Activation of all hidden layers, or a sequence with one for each.
      output: Activation of the output: sigmoid for data in [0, 1], tanh for [-1, 1],
        `lambda x: x` for unbounded data.
      kernel_init: Initializer of all kernels of hidden layers.
      bias_init: Initializer of all biases of hidden layers, or a sequence with one for
        each.
      output_kernel_init: Initializer of the output kernel; by default `kernel_init`.
      output_bias_init: Initializer of the output bias; see `bias_from_marginals`.
      batch_norm: Whether to apply batch normalization in each hidden layer.

    Examples:
      >>> generator = MLPGenerator(shape=(28, 28, 1))
      >>> variables = generator.init(jax.random.key(0), jnp.zeros((2, 100)))
      >>> generator.apply(variables, jnp.zeros((2, 100))).shape
      (2, 28, 28, 1)

    References:
      Goodfellow et al. 2014, section 5 and its published configuration.
    """

    shape: tuple[int, ...] = (784,)
    hidden: Sequence[int] = (1200, 1200)
    activations: Activation | Sequence[Activation] = nn.relu
    output: Activation = nn.sigmoid
    kernel_init: Initializer = symmetric_uniform(0.05)
    bias_init: Initializer | Sequence[Initializer] = nn.initializers.zeros
    output_kernel_init: Initializer | None = None
    output_bias_init: Initializer = nn.initializers.zeros
    batch_norm: bool = False

    @property
    def output_range(self) -> tuple[float, float] | None:
        """The interval (low, high) of the output's activation, None if unknown."""
        return output_range(self.output)

    @nn.compact
    def __call__(self, z: jax.Array, *, train: bool = False) -> jax.Array:
        """Map noise [m, ...] to examples [m, *shape]; `train` is for batch_norm."""
        x = z.reshape(z.shape[0], -1)
        activations, biases = map(self._per_layer, (self.activations, self.bias_init))
        for units, activation, bias_init in zip(
            self.hidden, activations, biases, strict=True
        ):
            x = nn.Dense(units, kernel_init=self.kernel_init, bias_init=bias_init)(x)
            if self.batch_norm:
                x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
            x = activation(x)
        x = nn.Dense(
            math.prod(self.shape),
            kernel_init=self.output_kernel_init or self.kernel_init,
            bias_init=self.output_bias_init,
        )(x)
        return self.output(x).reshape(-1, *self.shape)

    def _per_layer(self, setting: Any) -> Sequence[Any]:
        """Return a setting of the hidden layers as a sequence with one entry each."""
        return [setting] * len(self.hidden) if callable(setting) else setting


class MaxoutDiscriminator(nn.Module):
    """Multilayer perceptron of maxout layers with dropout, from an example to a logit.

    The defaults are the paper's MNIST discriminator.

    Attributes:
      units: Number of units of each maxout layer.
      pieces: Number of affine functions per unit.
      keep_input: Probability to keep an input in dropout.
      keep: Probability to keep a hidden unit in dropout.
      kernel_init: Initializer of all kernels.
      outputs: Number of outputs: 1 logit, or K class logits for
        `games.semi_supervised`.
      features: Whether to return `(logits, features [m, units[-1]])`, for
        `terms.feature_matching`.

    Examples:
      >>> discriminator = MaxoutDiscriminator()
      >>> x = jnp.zeros((2, 28, 28, 1))
      >>> variables = discriminator.init(jax.random.key(0), x, train=False)
      >>> discriminator.apply(variables, x, train=False).shape
      (2,)

    References:
      Goodfellow et al. 2014, section 5 and its published configuration.
    """

    units: Sequence[int] = (240, 240)
    pieces: int = 5
    keep_input: float = 0.8
    keep: float = 0.5
    kernel_init: Initializer = symmetric_uniform(0.005)
    outputs: int = 1
    features: bool = False

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool):
        """Map `x` [m, ...] to logits [m] or [m, outputs], and optional features."""
        x = x.reshape(x.shape[0], -1)
        keep = self.keep_input
        for units in self.units:
            x = Dropout(keep)(x, train=train)
            x = Maxout(units, self.pieces, self.kernel_init)(x)
            keep = self.keep
        logits = nn.Dense(self.outputs, kernel_init=self.kernel_init)(
            Dropout(keep)(x, train=train)
        )
        logits = logits[:, 0] if self.outputs == 1 else logits
        return (logits, x) if self.features else logits


class MLPDiscriminator(nn.Module):
    """Multilayer perceptron from an example to a logit, with Gaussian noise layers.

    With `weight_norm=True` the defaults are the classifier of Salimans et al. for MNIST
    with few labels. For an ordinary critic, set `hidden` and `noise=0.0`.

    Attributes:
      hidden: Number of units of each hidden layer.
      activation: Activation of all hidden layers.
      noise: Standard deviation of the noise added to the input of each layer in
        training: a number, or a pair (first layer, all later layers).
      weight_norm: Whether to apply weight normalization. Gains start at sqrt(2) in
        hidden layers and at 1 in the last layer.
      train_gains: Whether to train the gains of hidden layers. False needs
        `weight_norm=True`; the scale of a layer then stays fixed relative to the noise.
      outputs: Number of outputs: 1 logit, or K class logits for
        `games.semi_supervised`.
      features: Whether to return `(logits, features [m, hidden[-1]])`.

    Examples:
      >>> critic = MLPDiscriminator(hidden=(64, 64), outputs=10, noise=0.0)
      >>> variables = critic.init(jax.random.key(0), jnp.zeros((2, 5)), train=False)
      >>> critic.apply(variables, jnp.zeros((2, 5)), train=False).shape
      (2, 10)

    References:
      Salimans et al. 2016, section 6.1 and its published code.
    """

    hidden: Sequence[int] = (1000, 500, 250, 250, 250)
    activation: Activation = nn.relu
    noise: float | tuple[float, float] = (0.3, 0.5)
    weight_norm: bool = False
    train_gains: bool = True
    outputs: int = 1
    features: bool = False

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool):
        """Map `x` [m, ...] to logits [m] or [m, outputs], and optional features."""
        x = x.reshape(x.shape[0], -1)
        scale, later_scale = np.broadcast_to(self.noise, 2).tolist()
        for units in self.hidden:
            x = self._hidden(units)(self._add_noise(x, scale, train))
            x, scale = self.activation(x), later_scale
        logits = self._dense(self.outputs, 1.0)(self._add_noise(x, scale, train))
        logits = logits[:, 0] if self.outputs == 1 else logits
        return (logits, x) if self.features else logits

    def _hidden(self, units: int) -> Callable[[jax.Array], jax.Array]:
        """Build a hidden layer."""
        # With columns of norm sqrt(2), rectifier layers preserve the mean square of
        # their input (He et al. 2015).
        gain = math.sqrt(2.0)
        if self.train_gains:
            return self._dense(units, gain)
        if not self.weight_norm:
            raise ValueError(
                "train_gains=False needs weight_norm=True, got weight_norm=False. "
                "Layers without weight normalization have no gains."
            )
        normalized = nn.WeightNorm(nn.Dense(units), use_scale=False)
        return lambda x: gain * normalized(x)

    def _dense(self, units: int, gain: float) -> nn.Module:
        """Build a dense layer, weight normalized with a trained gain if chosen."""
        dense = nn.Dense(units)
        if not self.weight_norm:
            return dense
        return nn.WeightNorm(dense, scale_init=nn.initializers.constant(gain))

    def _add_noise(self, x: jax.Array, scale: float, train: bool) -> jax.Array:
        """Add Gaussian noise of standard deviation `scale` in training."""
        if not train or scale == 0:
            return x
        return x + scale * jax.random.normal(self.make_rng("noise"), x.shape, x.dtype)
