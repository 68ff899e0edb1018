"""Modules for rows of a table: codes of numbers, then one-hot vectors."""

from collections.abc import Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax.scipy.special import ndtr

from advnet.modules._layers import Activation
from advnet.networks import mode_argument


class TabularGenerator(nn.Module):
    """Residual perceptron from noise to rows: numbers [k], then one-hot vectors.

    A one-hot vector is drawn by the Gumbel-max trick from the logits of its block. Its
    gradient is that of the softmax with the same noise (straight-through). The noise of
    the draws is a part of z, so that a row is a function of z alone.

    Attributes:
      numbers: Number of unbounded values at the start of a row, k.
      blocks: Lengths of the one-hot vectors.
      hidden: Number of units of each hidden layer.
      activation: Activation of the hidden layers.
      temperature: Temperature of the softmax.
      hard: Whether rows hold one-hot vectors, or the softmax itself.
      condition: Position in `blocks` of a block that is given as an integer [m] instead
        of drawn.

    Examples:
      >>> generator = TabularGenerator(numbers=2, blocks=(3, 2))
      >>> z = jax.random.normal(jax.random.key(0), (4, 16 + 5))
      >>> variables = generator.init(jax.random.key(1), z)
      >>> row = generator.apply(variables, z)[0]
      >>> row.shape, float(row[2:5].sum()), float(row[2:5].max())
      ((7,), 1.0, 1.0)

    References:
      Jang et al. 2017, section 2.2; Xu et al. 2019 (CTGAN), section 4.4.
    """

    numbers: int
    blocks: Sequence[int] = ()
    hidden: Sequence[int] = (256, 256)
    activation: Activation = nn.relu
    temperature: float = 1.0
    hard: bool = True
    condition: int | None = None

    @nn.compact
    def __call__(self, z: jax.Array, label: jax.Array | None = None) -> jax.Array:
        """Map noise [m, n + sum(blocks)] to rows [m, numbers + sum(blocks)]."""
        num_draws = sum(self.blocks)
        x, noise = z[:, : z.shape[1] - num_draws], z[:, z.shape[1] - num_draws :]
        fixed = None
        if self.condition is not None:
            fixed = jax.nn.one_hot(label, self.blocks[self.condition], dtype=z.dtype)
            x = jnp.concatenate([x, fixed], axis=1)
        for units in self.hidden:
            y = self.activation(nn.Dense(units)(x))
            x = jnp.concatenate([x, y], axis=1)
        x = nn.Dense(self.numbers + num_draws)(x)
        parts, start = [x[:, : self.numbers]], 0
        for index, size in enumerate(self.blocks):
            logits = x[:, self.numbers + start : self.numbers + start + size]
            draw = self._draw(logits, noise[:, start : start + size])
            parts.append(fixed if index == self.condition else draw)
            start += size
        return jnp.concatenate(parts, axis=1)

    def _draw(self, logits: jax.Array, noise: jax.Array) -> jax.Array:
        """Draw one-hot vectors [m, size], given standard normal noise [m, size]."""
        uniform = jnp.clip(ndtr(noise), 1e-6, 1 - 1e-6)
        gumbel = -jnp.log(-jnp.log(uniform))
        soft = jax.nn.softmax((logits + gumbel) / self.temperature)
        if not self.hard:
            return soft
        hard = jax.nn.one_hot(soft.argmax(axis=1), soft.shape[1], dtype=soft.dtype)
        return soft + jax.lax.stop_gradient(hard - soft)


class Packed(nn.Module):
    """Critic of groups of examples, which sees a lack of variety (PacGAN).

    Attributes:
      network: Module of one input [m, d].
      size: Number of examples of a group, which has one logit. The batch size has to
        be a multiple of it.

    Raises:
      ValueError: At a call, if `size` does not divide the batch.

    Examples:
      >>> critic = Packed(nn.Dense(1), size=2)
      >>> x = jnp.zeros((6, 3))
      >>> variables = critic.init(jax.random.key(0), x)
      >>> variables["params"]["network"]["kernel"].shape
      (6, 1)
      >>> critic.apply(variables, x).shape
      (3, 1)

    References:
      Lin et al. 2018, section 3.
    """

    network: nn.Module
    size: int = 10

    def __call__(self, *inputs: jax.Array, train: bool = False) -> jax.Array:
        """Map inputs [m, ...] to the output of the network for [m / size, d]."""
        num = inputs[0].shape[0]
        if num % self.size:
            raise ValueError(
                f"Expected a batch that is a multiple of {self.size}, got {num} "
                "examples. Change the batch size, or the size of a group."
            )
        packed = [x.reshape(num // self.size, -1) for x in inputs]
        mode = mode_argument(self.network)(train)
        return self.network(jnp.concatenate(packed, axis=1), **mode)
