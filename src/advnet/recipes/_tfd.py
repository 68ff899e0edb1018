"""The paper's Toronto Face Database pair, in two stages or with modern training."""

from collections.abc import Sequence
from dataclasses import replace

import jax
import numpy as np
import optax

from advnet import games, losses, modules, priors, terms
from advnet.recipes._modern import modern
from advnet.recipes._original import original
from advnet.recipes._recipe import Recipe
from advnet.types import Algorithm, Game, PyTree, State, Term, Variables

_PRIOR = priors.normal(100)
_MAX_NORM = 1.9365
_LAST = "layers_1"  # the second of the two networks that Chain joins
_SIGMOID_BIAS = jax.nn.initializers.constant(-2.0)
_BIASES = (jax.nn.initializers.zeros, _SIGMOID_BIAS)


def tfd_pretrain_2014(
    unlabeled: np.ndarray, *, updates: str = "simultaneous", k: int = 1
) -> Recipe:
    """Build the first stage, on all unlabeled faces; 50 epochs in the paper.

    Args:
      unlabeled: Faces [n, 48, 48, 1] in [0, 1].
      updates: "simultaneous", as the authors' code, or "alternating", as Algorithm 1.
      k: Critic steps for each generator step, with alternating updates.

    Returns:
      The game, its algorithm, the batch size (100 * k examples) and the prior.

    Raises:
      ValueError: If `updates` is neither of the two, or pixels lie outside [0, 1].

    Examples:
      >>> tfd_pretrain_2014(np.full((200, 48, 48, 1), 0.5, np.float32)).batch_size
      100

    References:
      Goodfellow et al. 2014, section 5, and the configuration its authors published.
    """
    return _recipe(_face_generator(unlabeled), unlabeled, "first", updates, k)


def tfd_2014(
    train: np.ndarray,
    pretrained: Variables,
    *,
    updates: str = "simultaneous",
    k: int = 1,
) -> Recipe:
    """Build the second stage: new layers before the pretrained ones, and a new critic.

    Args:
      train: Faces of a fold's training set [n, 48, 48, 1] in [0, 1].
      pretrained: The generator's variables after `tfd_pretrain_2014`.
      updates: "simultaneous", as the authors' code, or "alternating", as Algorithm 1.
      k: Critic steps for each generator step, with alternating updates.

    Returns:
      The game, its algorithm, the batch size (100 * k examples) and the prior. The
      paper trains for 22 epochs.

    Raises:
      ValueError: If `updates` is neither of the two, or pixels lie outside [0, 1].

    Examples:
      >>> faces = np.full((200, 48, 48, 1), 0.5, np.float32)
      >>> first = tfd_pretrain_2014(faces)
      >>> generator = first.game.players["generator"]
      >>> pretrained = jax.eval_shape(generator.init, jax.random.key(0), faces[:2, 0])
      >>> tfd_2014(faces, pretrained).batch_size
      100

    References:
      Goodfellow et al. 2014, section 5, and the configuration its authors published.
    """
    front = modules.MLPGenerator(
        shape=(100,), hidden=(8000,), output_bias_init=_SIGMOID_BIAS
    )
    generator = modules.Chain([front, _face_generator(train)])
    recipe = _recipe(generator, train, "second", updates, k)
    return recipe._replace(algorithm=_started_from(recipe.algorithm, pretrained))


def tfd(faces: np.ndarray) -> Recipe:
    """Build the networks of the first stage with modern training, on all faces.

    Args:
      faces: Unlabeled and training faces [n, 48, 48, 1] in [0, 1].

    Returns:
      The game, its algorithm, the batch size and the prior.

    Raises:
      ValueError: If pixels lie outside [0, 1].

    Examples:
      >>> tfd(np.full((200, 48, 48, 1), 0.5, np.float32)).batch_size
      100
    """
    game = _game(_face_generator(faces), [terms.r1(1.0)])
    return modern(game, _PRIOR, about="the paper's TFD pair", batch_size=100)


def _face_generator(faces: np.ndarray) -> modules.MLPGenerator:
    return modules.MLPGenerator(
        shape=faces.shape[1:],
        hidden=(8000, 8000),
        activations=(jax.nn.relu, jax.nn.sigmoid),
        bias_init=_BIASES,
        output_kernel_init=modules.sparse_normal(100),
        output_bias_init=modules.bias_from_marginals(faces),
    )


def _recipe(generator, faces: np.ndarray, stage: str, updates: str, k: int) -> Recipe:
    limit = modules.limit_column_norms(_MAX_NORM)
    return original(
        _game(generator),
        _PRIOR,
        about=f"the paper's TFD pair, {stage} stage,",
        num_examples=len(faces),
        batch_size=100,
        rate=0.05,
        updates=updates,
        k=k,
        wrap=lambda optimizer: optax.chain(optimizer, limit),
    )


def _game(generator, penalties: Sequence[Term] = ()) -> Game:
    critic = modules.MaxoutDiscriminator(units=(1200, 1200))
    loss = losses.non_saturating()
    return games.gan(generator, critic, _PRIOR, loss=loss, terms=penalties)


def _started_from(algorithm: Algorithm, pretrained: Variables) -> Algorithm:
    """Return the algorithm with the pretrained last layers in its initial state."""

    def init(key: jax.Array, batch: PyTree) -> State:
        state = algorithm.init(key, batch)
        generator = state.players["generator"]
        params = {**generator.variables.params, _LAST: pretrained.params}
        variables = generator.variables._replace(params=params)
        player = replace(generator, variables=variables)
        return replace(state, players=state.players | {"generator": player})

    return Algorithm(init, algorithm.train_step)
