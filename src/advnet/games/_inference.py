"""From x back to z: one `encode`, whichever way a game can."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from advnet._validation import check_at_least
from advnet.games._play import Play
from advnet.games._sample import bind_for_inference
from advnet.networks import as_network
from advnet.terms import squared_error
from advnet.types import Game, Objective, Prior, PyTree, State

Cost = Callable[[jax.Array, jax.Array], jax.Array]


def encode(
    game: Game, state: State, x: PyTree, key: jax.Array, *, average: bool = False
) -> PyTree:
    """Which noise would the generator have made `x` from?

    By the game's encoder (`games.bidirectional`, or one that joined later by
    `games.add_player`) or by search (`games.with_inversion`).

    Args:
      game: A game that can answer.
      state: Whose players to use.
      x: Examples [m, ...].
      key: Consumed by stochastic encoders and searches.
      average: Whether to use the averages kept by `dynamics.averaged`.

    Returns:
      z [m, ...].

    Raises:
      ValueError: If the game has no way to encode.

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
            "finished game with games.add_player, or search with games.with_inversion."
        )
    play, encode_key = bind_for_inference(game, state, key, average=average)
    return game.encode(play, x, encode_key)


def add_player(
    game: Game,
    name: str,
    network: Any,
    objective: Objective,
    *,
    frozen: bool = True,
    encodes: bool = True,
) -> Game:
    """Lets one more player join a game: the paper's way to learned inference (7.2).

    Args:
      game: The game, finished or not.
      name: The newcomer's.
      network: `networks.as_network` takes it.
      objective: `objective(play, batch, key) -> (loss [], metrics)`, such as
        `noise_prediction(prior)`.
      frozen: Whether the others have no turn any more. Then bring their parameters
        from the finished run with `dynamics.transfer`.
      encodes: Whether the newcomer answers `encode` from now on.

    Raises:
      ValueError: If the name is taken.

    Examples:
      >>> prior = advnet.priors.normal(3)
      >>> game = advnet.games.gan(
      ...     nn.Dense(2), nn.Dense(1), prior, loss=advnet.losses.hinge()
      ... )
      >>> joined = join(game, "encoder", nn.Dense(3), noise_prediction(prior))
      >>> joined.turns
      (('encoder',),)

    References:
      Goodfellow et al. 2014, section 7.2.
    """
    if name in game.players:
        raise ValueError(
            f"The name {name!r} is taken: the game has {sorted(game.players)}."
        )
    return game._replace(
        players={**game.players, name: as_network(network)},
        objectives={**game.objectives, name: objective},
        turns=((name,),) if frozen else (*game.turns, (name,)),
        encode=(lambda play, x, key: play(name, x)) if encodes else game.encode,
    )


def noise_prediction(
    prior: Prior,
    *,
    cost: Cost = squared_error,
    player: str = "encoder",
    generator: str = "generator",
) -> Objective:
    r"""The objective of an encoder that learns from G's own samples.

    .. math:: \mathbb{E}_z\, \lVert E(G(z)) - z \rVert^2

    Its minimum is the posterior mean of z given x.

    Args:
      prior: The noise z the generator was trained with.
      cost: `cost(predicted, z) -> [m]`.
      player: Who predicts.
      generator: Who makes the samples, in the mode it has outside training.

    Examples:
      >>> objective = noise_prediction(advnet.priors.normal(3))

    References:
      Goodfellow et al. 2014, section 7.2; Dumoulin et al. 2017 call it post-hoc.
    """

    def objective(play: Play, batch: PyTree, key: jax.Array):
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
    r"""Encodes by search: gradient descent in z from several draws of the prior.

    .. math:: \arg\min_z \operatorname{cost}(G(z), x)

    Exact where it converges, some hundred times slower than an encoder, and needs no
    training. The best of the restarts is kept for each example.

    Args:
      game: Any game whose generator takes z alone.
      prior: Where the searches start.
      num_steps: Gradient steps of each.
      restarts: Searches for each example.
      optimizer: Adam with rate .05 by default.
      cost: `cost(G(z), x) -> [m]`.
      project: Brings z back to where the prior lives after each step: for
        `priors.uniform`, a clip to its half width. Without it z may leave.
      generator: Whom to invert.

    Returns:
      The game, with an `encode` that searches.

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
    descend = optax.adam(0.05) if optimizer is None else optimizer

    def search(play: Play, x: jax.Array, key: jax.Array) -> jax.Array:
        generate = play.pure(generator)
        num = x.shape[0]
        target = jnp.tile(x, (restarts, *(1,) * (x.ndim - 1)))
        distance = lambda z: cost(generate(z), target)

        def step(carry, _):
            z, opt_state = carry
            slope = jax.grad(lambda z: distance(z).sum())(z)
            updates, opt_state = descend.update(slope, opt_state, z)
            return (project(z + updates), opt_state), None

        z = prior(key, restarts * num)
        (z, _), _ = jax.lax.scan(step, (z, descend.init(z)), length=num_steps)
        best = jnp.nanargmin(distance(z).reshape(restarts, num), axis=0)
        return z.reshape(restarts, num, *z.shape[1:])[best, jnp.arange(num)]

    return game._replace(encode=search)
