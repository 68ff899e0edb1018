import jax

from advnet.games._play import Play
from advnet.types import Game, PyTree, State


def sample(
    game: Game,
    state: State,
    key: jax.Array,
    num: int,
    *,
    average: bool = False,
) -> PyTree:
    """Draws from the model in one forward pass, dropout off.

    Args:
      game: A game that knows how to sample.
      state: Whose players to use.
      key: Consumed; the same key gives the same samples.
      num: How many.
      average: Whether to use the averages kept by `dynamics.averaged`.

    Returns:
      Samples [num, ...].

    Raises:
      ValueError: If the game cannot sample, or no average was kept.

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
    if game.sample is None:
        raise ValueError("This game was built without sample=..., so it cannot sample.")
    players = state.players
    if average and all(player.average is None for player in players.values()):
        raise ValueError(
            "No player has an average; train with dynamics.averaged(algorithm) or "
            "sample with average=False."
        )
    variables = {
        name: player.average if average and player.average else player.variables
        for name, player in players.items()
    }
    play_key, sample_key = jax.random.split(key)
    play = Play(game.players, variables, play_key, train=False)
    return game.sample(play, sample_key, num)
