"""Inference with a game, in training or after it: samples and outputs of players."""

import jax

from advnet._validation import check_at_least, check_key
from advnet.games import _validation
from advnet.games._play import Play
from advnet.types import Game, PyTree, State


def sample(
    game: Game,
    state: State,
    key: jax.Array,
    num: int,
    *,
    condition: PyTree | None = None,
    noise: PyTree | None = None,
    average: bool = False,
) -> PyTree:
    """Draw samples from the model in one forward pass, without dropout.

    Args:
      game: A game with a sampling function.
      state: State whose players are used.
      key: Random key; the same key gives the same samples.
      num: Number of samples.
      condition: Conditions of the samples, leaves [num, ...], as in the batches of a
        conditional game.
      noise: Noise z of the samples, leaves [num, ...]. By default it is drawn from the
        game's prior.
      average: Whether to use the averages maintained by `dynamics.averaged`.

    Returns:
      Samples [num, ...].

    Raises:
      ValueError: If the game cannot sample, the state belongs to another game, an
        average is missing, a condition is missing or not accepted, the condition or
        the noise does not have `num` rows, or `num` < 1.
      TypeError: If `key` is not a random key.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> algorithm = advnet.alternating(game, optax.sgd(0.1))
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> advnet.sample(game, state, jax.random.key(1), 5).shape
      (5, 1)
      >>> z = jnp.zeros((3, 2))
      >>> advnet.sample(game, state, jax.random.key(1), 3, noise=z).shape
      (3, 1)
    """
    check_at_least(1, num=num)
    if game.sample is None:
        raise ValueError("This game was built without sample=..., so it cannot sample.")
    play, sample_key = bind_for_inference(game, state, key, average=average)
    return game.sample(play, sample_key, num, condition=condition, noise=noise)


def apply(
    game: Game,
    state: State,
    player: str,
    *inputs: PyTree,
    key: jax.Array | None = None,
    average: bool = False,
) -> PyTree:
    """Apply one player to inputs, without dropout.

    The output is, for example, the logits of a critic or of a classifier, or a code.

    Args:
      game: The game.
      state: State whose players are used.
      player: Name of the player.
      *inputs: Inputs of its network, leaves [m, ...].
      key: Random key for players that draw noise of their own; the default is a fixed
        key.
      average: Whether to use the averages maintained by `dynamics.averaged`.

    Returns:
      The player's output.

    Raises:
      KeyError: If the game has no player of that name.
      ValueError: If the state belongs to another game, or the player's average is
        missing.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> algorithm = advnet.alternating(game, optax.sgd(0.1))
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> advnet.apply(game, state, "discriminator", jnp.zeros((3, 1))).shape
      (3, 1)
    """
    key = jax.random.key(0) if key is None else key
    return bind_for_inference(game, state, key, average=average)[0](player, *inputs)


def bind_for_inference(
    game: Game, state: State, key: jax.Array, *, average: bool
) -> tuple[Play, jax.Array]:
    """Return the players of a state in inference mode, and a key for drawing noise."""
    check_key(key)
    _validation.check_state_has_players(game.players, state.players)
    _validation.check_single_run(state)
    variables = {
        name: player.average if average else player.variables
        for name, player in state.players.items()
    }
    available = {name: value for name, value in variables.items() if value is not None}
    play_key, sample_key = jax.random.split(key)
    play = Play(
        game.players,
        available,
        play_key,
        train=False,
        step=state.step,
        memories=game.memories,
        memory_values={
            name: value
            for player in state.players.values()
            for name, value in player.memories.items()
        },
    )
    return play, sample_key
