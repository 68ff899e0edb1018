"""Inference of the noise z of an example x: encoders and search."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from advnet._validation import check_at_least
from advnet.games._sample import bind_for_inference
from advnet.games._sampler import encode_with
from advnet.networks import as_network
from advnet.terms import squared_error
from advnet.types import Game, Metrics, Objective, Play, Prior, PyTree, State

Cost = Callable[[jax.Array, jax.Array], jax.Array]


def encode(
    game: Game,
    state: State,
    x: PyTree,
    key: jax.Array,
    *,
    condition: PyTree | None = None,
    average: bool = False,
) -> PyTree:
    """Infer the noise `z` of examples `x`.

    The game's encoder computes z (`games.bidirectional`, or an encoder added with
    `games.add_player`), or a search does (`games.with_inversion`).

    Args:
      game: A game with an `encode` function.
      state: State whose players are used.
      x: Examples [m, ...].
      key: Random key for stochastic encoders and for searches.
      condition: Conditions of the examples, leaves [m, ...], for a conditional game.
      average: Whether to use the averages maintained by `dynamics.averaged`.

    Returns:
      z [m, ...].

    Raises:
      ValueError: If the game has no `encode` function.

    Examples:
      >>> game = advnet.games.bidirectional(
      ...     nn.Dense(2), nn.Dense(3), advnet.modules.Concatenate(nn.Dense(1)),
      ...     advnet.priors.normal(3), loss=advnet.losses.non_saturating(),
      ... )
      >>> x = jnp.zeros((8, 2))
      >>> state = advnet.alternating(game, optax.sgd(0.1)).init(jax.random.key(0), x)
      >>> encode(game, state, x, jax.random.key(1)).shape
      (8, 3)
    """
    if game.encode is None:
        raise ValueError(
            "This game cannot encode. Train games.bidirectional, add an encoder to a "
            "trained game with games.add_player, or search with games.with_inversion."
        )
    play, encode_key = bind_for_inference(game, state, key, average=average)
    return game.encode(play, x, encode_key, condition=condition)


def add_player(
    game: Game,
    name: str,
    network: Any,
    objective: Objective,
    *,
    frozen: bool = True,
    encodes: bool = True,
) -> Game:
    """Add a player to a game, for example an encoder for learned inference.

    Args:
      game: The game, trained or not.
      name: Name of the added player.
      network: Its network, in any form that `networks.as_network` accepts.
      objective: `objective(play, batch, key) -> (loss [], metrics)`, such as
        `noise_prediction(prior)`.
      frozen: Whether the other players lose their turns. If so, copy their parameters
        from the trained state with `dynamics.transfer`.
      encodes: Whether the added player computes `encode`.

    Returns:
      The game with the added player.

    Raises:
      ValueError: If the game already has a player of that name.

    Examples:
      >>> prior = advnet.priors.normal(3)
      >>> game = advnet.games.gan(
      ...     nn.Dense(2), nn.Dense(1), prior, loss=advnet.losses.hinge()
      ... )
      >>> game = add_player(game, "encoder", nn.Dense(3), noise_prediction(prior))
      >>> game.turns
      (('encoder',),)

    References:
      Goodfellow et al. 2014, section 7.2.
    """
    if name in game.players:
        raise ValueError(
            f"The name {name!r} is taken: the game has {sorted(game.players)}. Choose "
            "another name."
        )
    return game._replace(
        players={**game.players, name: as_network(network)},
        objectives={**game.objectives, name: objective},
        turns=((name,),) if frozen else (*game.turns, (name,)),
        encode=encode_with(name) if encodes else game.encode,
    )


def noise_prediction(
    prior: Prior,
    *,
    cost: Cost = squared_error,
    player: str = "encoder",
    generator: str = "generator",
) -> Objective:
    r"""Build the objective of an encoder E that learns from samples of the generator G.

    .. math:: \mathbb{E}_z\, \lVert E(G(z)) - z \rVert^2

    Its minimum is the posterior mean of z given x.

    Args:
      prior: Distribution of the noise z that the generator was trained with.
      cost: `cost(prediction, z) -> [m]`.
      player: Name of the encoder.
      generator: Name of the generator; it is applied in inference mode.

    Returns:
      An objective for `games.add_player`.

    Examples:
      >>> objective = noise_prediction(advnet.priors.normal(3))

    References:
      Goodfellow et al. 2014, section 7.2; Dumoulin et al. 2017 (post-hoc learning).
    """

    def objective(
        play: Play, batch: PyTree, key: jax.Array
    ) -> tuple[jax.Array, Metrics]:
        z = prior(key, jax.tree.leaves(batch)[0].shape[0])
        x = play(generator, z, train=False)
        loss = cost(play(player, x), z).mean()
        return loss, {f"{player}/loss": loss}

    return objective


def with_inversion(
    game: Game,
    prior: Prior,
    *,
    num_steps: int = 200,
    restarts: int = 4,
    optimizer: optax.GradientTransformation | None = None,
    cost: Cost = squared_error,
    project: Callable[[jax.Array], jax.Array] = lambda z: z,
    generator: str = "generator",
) -> Game:
    r"""Add GAN inversion to a game: `encode` by gradient descent in the noise z.

    .. math:: \arg\min_z \operatorname{cost}(G(z), x)

    The search starts from several draws of the prior, and the best result is returned
    for each example. It is exact where it converges, needs no training, and takes some
    hundred times longer than an encoder.

    Args:
      game: A game whose generator takes z, or z and a condition.
      prior: Distribution of the starting points.
      num_steps: Gradient steps of each search.
      restarts: Searches for each example.
      optimizer: Optimizer of the search; the default is Adam with learning rate .05.
      cost: `cost(G(z), x) -> [m]`.
      project: Projection of z, after each step, to the support of the prior: for
        `priors.uniform`, a clip to its half width. Without it z may leave the support.
      generator: Name of the player that is inverted.

    Returns:
      The game, with an `encode` function that searches.

    Raises:
      ValueError: If `num_steps` or `restarts` is below 1.

    Examples:
      >>> prior = advnet.priors.normal(2)
      >>> game = advnet.games.gan(
      ...     nn.Dense(2), nn.Dense(1), prior, loss=advnet.losses.hinge()
      ... )
      >>> x = jnp.zeros((8, 2))
      >>> state = advnet.alternating(game, optax.sgd(0.1)).init(jax.random.key(0), x)
      >>> game = with_inversion(game, prior, num_steps=3, optimizer=optax.sgd(0.1))
      >>> advnet.encode(game, state, x, jax.random.key(1)).shape
      (8, 2)

    References:
      Creswell and Bharath 2018; Lipton and Tripathi 2017.
    """
    check_at_least(1, num_steps=num_steps, restarts=restarts)
    search_optimizer = optax.adam(0.05) if optimizer is None else optimizer

    def search(
        play: Play, x: jax.Array, key: jax.Array, *, condition: PyTree | None = None
    ) -> jax.Array:
        generate, num = play.pure(generator), x.shape[0]
        repeat = lambda leaf: jnp.tile(leaf, (restarts, *(1,) * (leaf.ndim - 1)))
        target = repeat(x)
        conditions = () if condition is None else (jax.tree.map(repeat, condition),)
        distance = lambda z: cost(generate(z, *conditions), target)

        def step(carry, _):
            z, opt_state = carry
            gradient = jax.grad(lambda z: distance(z).sum())(z)
            updates, opt_state = search_optimizer.update(gradient, opt_state, z)
            return (project(z + updates), opt_state), None

        z = prior(key, restarts * num)
        (z, _), _ = jax.lax.scan(step, (z, search_optimizer.init(z)), length=num_steps)
        best = jnp.nanargmin(distance(z).reshape(restarts, num), axis=0)
        return z.reshape(restarts, num, *z.shape[1:])[best, jnp.arange(num)]

    return game._replace(encode=search)
