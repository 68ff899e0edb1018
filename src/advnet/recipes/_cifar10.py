"""The paper's two CIFAR-10 pairs, with the training of 2014 and modern training."""

from collections.abc import Sequence

import jax
import numpy as np

from advnet import games, losses, modules, priors, terms
from advnet.recipes._modern import modern
from advnet.recipes._original import original
from advnet.recipes._recipe import Recipe
from advnet.types import Game, Term

_PRIOR = priors.normal(100)
_R1 = 0.1  # images have a norm of 55, so gradients weigh more than on MNIST
_FULLY_CONNECTED = "the paper's fully connected CIFAR-10 pair"
_CONVOLUTIONAL = "the paper's convolutional CIFAR-10 pair"


def cifar10_fc_2014(
    train: np.ndarray, *, updates: str = "simultaneous", k: int = 1
) -> Recipe:
    """Build the fully connected CIFAR-10 experiment with the authors' training.

    Args:
      train: Training images [n, 32, 32, 3], as `data.contrast_normalized` gives; the
        paper's are the first 40,000.
      updates: "simultaneous", as the authors' code, or "alternating", as Algorithm 1.
      k: Critic steps for each generator step, with alternating updates.

    Returns:
      The game, its algorithm, the batch size (100 * k examples) and the prior.

    Raises:
      ValueError: If `updates` is neither of the two.

    Examples:
      >>> cifar10_fc_2014(np.zeros((200, 32, 32, 3), np.float32)).batch_size
      100

    References:
      Goodfellow et al. 2014, Figure 2c, and the configuration its authors published.
    """
    return original(
        _fully_connected(train),
        _PRIOR,
        about=_FULLY_CONNECTED,
        num_examples=len(train),
        batch_size=100,
        rate=0.025,
        updates=updates,
        k=k,
    )


def cifar10_conv_2014(
    train: np.ndarray, *, updates: str = "simultaneous", k: int = 1
) -> Recipe:
    """Build the convolutional CIFAR-10 experiment with the authors' training.

    Args:
      train: Training images [n, 32, 32, 3], as `data.contrast_normalized` gives; the
        paper's are the first 40,000.
      updates: "simultaneous", as the authors' code, or "alternating", as Algorithm 1.
      k: Critic steps for each generator step, with alternating updates.

    Returns:
      The game, its algorithm, the batch size (128 * k examples) and the prior.

    Raises:
      ValueError: If `updates` is neither of the two.

    Examples:
      >>> cifar10_conv_2014(np.zeros((200, 32, 32, 3), np.float32)).batch_size
      128

    References:
      Goodfellow et al. 2014, Figure 2d, and the configuration its authors published.
    """
    return original(
        _convolutional(),
        _PRIOR,
        about=_CONVOLUTIONAL,
        num_examples=len(train),
        batch_size=128,
        rate=0.004,
        updates=updates,
        k=k,
    )


def cifar10_fc(train: np.ndarray) -> Recipe:
    """Build the fully connected CIFAR-10 pair with modern training.

    Args:
      train: Training images [n, 32, 32, 3], as `data.contrast_normalized` gives.

    Returns:
      The game, its algorithm, the batch size and the prior.

    Examples:
      >>> cifar10_fc(np.zeros((200, 32, 32, 3), np.float32)).batch_size
      100
    """
    game = _fully_connected(train, [terms.r1(_R1)])
    return modern(game, _PRIOR, about=_FULLY_CONNECTED, batch_size=100)


def cifar10_conv(train: np.ndarray) -> Recipe:
    """Build the convolutional CIFAR-10 pair with modern training.

    Args:
      train: Training images [n, 32, 32, 3], as `data.contrast_normalized` gives.

    Returns:
      The game, its algorithm, the batch size and the prior.

    Examples:
      >>> cifar10_conv(np.zeros((200, 32, 32, 3), np.float32)).batch_size
      128
    """
    game = _convolutional([terms.r1(_R1)])
    return modern(game, _PRIOR, about=_CONVOLUTIONAL, batch_size=128)


def _fully_connected(train: np.ndarray, penalties: Sequence[Term] = ()) -> Game:
    generator = modules.MLPGenerator(
        shape=train.shape[1:],
        hidden=(8000, 8000),
        activations=(jax.nn.relu, jax.nn.sigmoid),
        output=lambda x: x,
        output_kernel_init=modules.symmetric_uniform(0.5),
    )
    critic = modules.MaxoutDiscriminator(units=(1600, 1600))
    return _game(generator, critic, penalties)


def _convolutional(penalties: Sequence[Term] = ()) -> Game:
    generator = modules.DeconvolutionalGenerator()
    return _game(generator, modules.MaxoutConvDiscriminator(), penalties)


def _game(generator, critic, penalties: Sequence[Term]) -> Game:
    loss = losses.non_saturating()
    return games.gan(generator, critic, _PRIOR, loss=loss, terms=penalties)
