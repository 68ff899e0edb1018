"""The multilayer perceptrons of the paper."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import flax.linen as nn
import jax
import numpy as np
from flax.typing import Initializer

from advnet.modules._activations import Activation, output_range
from advnet.modules._initializers import symmetric_uniform
from advnet.modules._layers import Dropout, Maxout


class MLPGenerator(nn.Module):
    """Fully connected: rectifier and sigmoid layers from z to an example.

    The defaults are the paper's MNIST generator.

    Attributes:
      shape: Shape of one example, of any rank.
      hidden: Units of each hidden layer.
      activations: One for each hidden layer, or one for all.
      output: The output's activation: sigmoid for data in [0, 1], tanh for [-1, 1],
        `lambda x: x` for unbounded data.
      kernel_init: Initializer of every kernel but the last.
      bias_init: Initializer of every bias but the last, or one for each hidden layer.
      output_kernel_init: Initializer of the last one; by default the same.
      output_bias_init: Initializer of the output's bias; see `bias_from_marginals`.
      batch_norm: Whether each hidden layer is normalized over the batch.

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
        """The (low, high) interval of the output's activation, if it has one."""
        return output_range(self.output)

    @nn.compact
    def __call__(self, z: jax.Array, *, train: bool = False) -> jax.Array:
        """Maps noise [m, ...] to examples [m, *shape]; batch norm asks for `train`."""
        x = z.reshape(z.shape[0], -1)
        activations, biases = map(self._each, (self.activations, self.bias_init))
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

    def _each(self, given: Any) -> Sequence[Any]:
        """One for each hidden layer."""
        return [given] * len(self.hidden) if callable(given) else given


class MaxoutDiscriminator(nn.Module):
    """Maxout layers with dropout before each, and one logit.

    The defaults are the paper's MNIST discriminator.

    Attributes:
      units: Units of each maxout layer.
      pieces: Affine pieces per unit.
      keep_input: Probability to keep an input.
      keep: Probability to keep a hidden unit.
      kernel_init: Initializer of every kernel.
      outputs: Numbers it says: 1 logit, or K class logits for `semi_supervised`.
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
        """Maps examples [m, ...] to logits [m] (or [m, outputs]), and features."""
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
    """Fully connected, with Gaussian noise in place of dropout.

    With `weight_norm=True` the defaults are the classifier of Salimans et al. for MNIST
    with few labels; for a plain critic choose `hidden`, and `noise=0.0`.

    Attributes:
      hidden: Units of each hidden layer.
      activation: Of every hidden layer.
      noise: Standard deviation of the noise added to each layer's input at train time:
        one number, or one for the input and one for all others.
      weight_norm: Whether layers are weight normalized, with gains that start at
        sqrt(2), at 1 in the last.
      train_gains: Whether gains of hidden layers are trained. Where they are not, which
        takes `weight_norm`, a layer cannot outgrow the noise on its input.
      outputs: Numbers it says: 1 logit, or K class logits for `semi_supervised`.
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
        """Maps examples [m, ...] to logits [m] (or [m, outputs]), and features."""
        x = x.reshape(x.shape[0], -1)
        first, later = np.broadcast_to(self.noise, 2).tolist()
        noise = first
        for units in self.hidden:
            x = self._hidden(units)(self._noisy(x, noise, train))
            x, noise = self.activation(x), later
        logits = self._dense(self.outputs, 1.0)(self._noisy(x, noise, train))
        logits = logits[:, 0] if self.outputs == 1 else logits
        return (logits, x) if self.features else logits

    def _hidden(self, units: int) -> Callable[[jax.Array], jax.Array]:
        # Columns of norm sqrt(2) pass a rectifier without fading, as in He et al.
        gain = math.sqrt(2.0)
        if self.train_gains:
            return self._dense(units, gain)
        if not self.weight_norm:
            raise ValueError(
                "train_gains=False is for weight_norm=True: no gains here."
            )
        normalized = nn.WeightNorm(nn.Dense(units), use_scale=False)
        return lambda x: gain * normalized(x)

    def _dense(self, units: int, gain: float) -> nn.Module:
        dense = nn.Dense(units)
        if not self.weight_norm:
            return dense
        return nn.WeightNorm(dense, scale_init=nn.initializers.constant(gain))

    def _noisy(self, x: jax.Array, scale: float, train: bool) -> jax.Array:
        if not train or scale == 0:
            return x
        return x + scale * jax.random.normal(self.make_rng("noise"), x.shape, x.dtype)
