"""The paper's MNIST pair, with the training of 2014 and with modern training."""

from collections.abc import Sequence

import numpy as np

from advnet import games, losses, modules, priors, terms
from advnet.recipes._modern import modern
from advnet.recipes._original import original
from advnet.recipes._recipe import Recipe
from advnet.types import Game, Loss, Term

_BATCH_SIZE = 100
_MIN_LARGE = 20_000  # examples; MNIST has 50,000, the subset of a package 4,000
_PRIOR = priors.uniform(100)


def mnist_2014(
    train: np.ndarray,
    *,
    updates: str = "simultaneous",
    k: int = 1,
    loss: Loss | None = None,
    shared_draws: bool = True,
) -> Recipe:
    """Build the paper's MNIST experiment with the training of its authors' code.

    Args:
      train: Training images [n, ...] in [0, 1]. Their pixel means initialize the output
        bias.
      updates: "simultaneous", as the authors' code, or "alternating", as Algorithm 1.
      k: Critic steps for each generator step, with alternating updates.
      loss: Loss in place of theirs, `losses.non_saturating()`.
      shared_draws: Whether both players see the same noise and dropout masks, with
        simultaneous updates.

    Returns:
      The game, its algorithm, the batch size (100 * k examples) and the prior.

    Raises:
      ValueError: If `updates` is neither of the two, or pixels lie outside [0, 1].

    Examples:
      >>> recipe = mnist_2014(np.full((200, 784), 0.5, np.float32))
      >>> recipe.batch_size
      100

    References:
      Goodfellow et al. 2014, section 5, and the configuration its authors published.
    """
    return original(
        _pair(train, loss or losses.non_saturating()),
        _PRIOR,
        about="the paper's MNIST pair",
        num_examples=len(train),
        batch_size=_BATCH_SIZE,
        rate=0.1,
        updates=updates,
        k=k,
        shared_draws=shared_draws,
    )


def mnist(train: np.ndarray, *, penalty: float | None = None) -> Recipe:
    """Build the paper's MNIST pair with modern training.

    Modern training is Adam, R1 on the critic, and an average of the generator.

    Args:
      train: Training images [n, ...] in [0, 1]. Their pixel means initialize the output
        bias.
      penalty: Weight of `terms.r1`. The default is .1, or .3 for fewer than 20,000
        examples, which a critic memorizes sooner.

    Returns:
      The game, its algorithm, the batch size and the prior.

    Raises:
      ValueError: If pixels lie outside [0, 1].

    Examples:
      >>> mnist(np.full((200, 784), 0.5, np.float32)).batch_size
      100
    """
    if penalty is None:
        penalty = 0.1 if len(train) >= _MIN_LARGE else 0.3
    game = _pair(train, losses.non_saturating(), [terms.r1(penalty)])
    about = "the paper's MNIST pair"
    return modern(game, _PRIOR, about=about, batch_size=_BATCH_SIZE, rate=3e-4)


def _pair(train: np.ndarray, loss: Loss, penalties: Sequence[Term] = ()) -> Game:
    return games.gan(
        modules.MLPGenerator(
            shape=train.shape[1:], output_bias_init=modules.bias_from_marginals(train)
        ),
        modules.MaxoutDiscriminator(),
        _PRIOR,
        loss=loss,
        terms=penalties,
    )
