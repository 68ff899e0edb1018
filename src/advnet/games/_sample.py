"""What a finished (or running) game is asked for: samples, or one player's answer."""

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
    average: bool = False,
) -> PyTree:
    """Draws from the model in one forward pass, dropout off.

    Args:
      game: A game that knows how to sample.
      state: Whose players to use.
      key: Consumed; the same key gives the same samples.
      num: How many.
      condition: What to draw under, one for each sample: leaves [num, ...], as in the
        batches of a conditional game.
      average: Whether to use the averages kept by `dynamics.averaged`.

    Returns:
      Samples [num, ...].

    Raises:
      ValueError: If the game cannot sample, the state is of another game, it asks a
        player whose average was not kept, a condition is missing or not wanted,
        there are not `num` of them, or `num` < 1.
      TypeError: If `key` is no key.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> algorithm = advnet.alternating(game, optax.sgd(0.1))
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> advnet.sample(game, state, jax.random.key(1), 5).shape
      (5, 1)
    """
    check_at_least(1, num=num)
    if game.sample is None:
        raise ValueError("This game was built without sample=..., so it cannot sample.")
    play, sample_key = bind_for_inference(game, state, key, average=average)
    return game.sample(play, sample_key, num, condition)


def apply(
    game: Game,
    state: State,
    player: str,
    *inputs: PyTree,
    key: jax.Array | None = None,
    average: bool = False,
) -> PyTree:
    """One player's answer, dropout off: a critic's logits, a classifier's, a code.

    Args:
      game: The game.
      state: Whose players to use.
      player: Whom to ask.
      *inputs: What to show it, leaves [m, ...].
      key: For players that draw noise of their own; by default one fixed key.
      average: Whether to use the averages kept by `dynamics.averaged`.

    Returns:
      The player's output.

    Raises:
      KeyError: If the game has no such player.
      ValueError: If the state is of another game, or the player's average is asked
        for and was not kept.

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
    """The players as they are outside training, and a key for what is drawn there."""
    check_key(key)
    _validation.check_state_has_players(game.players, state.players)
    _validation.check_single_run(state)
    kept = {
        name: player.average if average else player.variables
        for name, player in state.players.items()
    }
    variables = {name: one for name, one in kept.items() if one is not None}
    play_key, draw_key = jax.random.split(key)
    return Play(game.players, variables, play_key, train=False), draw_key
