"""Frozen and pretrained players, and players without an objective."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from small_games import BATCH, CRITIC, GENERATOR, compare, gan, step

import advnet
from advnet import games, losses, networks, terms
from advnet.types import Variables


class Features(nn.Module):
    @nn.compact
    def __call__(self, x, *, train: bool):
        x = nn.Dropout(0.9, deterministic=not train)(x)
        return [nn.Dense(3)(x), nn.Dense(4)(x)]


def test_a_frozen_player_does_not_change_and_is_in_inference_mode():
    variables = Variables(
        Features().init(jax.random.key(5), BATCH, train=False)["params"]
    )
    game = games.adversarial(
        {
            "generator": GENERATOR,
            "discriminator": CRITIC,
            "features": networks.pretrained(Features(), variables),
        },
        compare,
        loss=losses.hinge(),
        frozen=["features"],
        terms=[terms.paired(lambda x: x, features="features")],
    )
    assert game.turns == (("discriminator",), ("generator",))
    state, metrics = step(game, 2)
    kept = state.players["features"].variables.params
    jax.tree.map(np.testing.assert_array_equal, kept, variables.params)
    assert float(metrics["generator/paired"]) > 0
    # The weights are arguments of the compiled step, not constants in it.
    algorithm = advnet.alternating(game, optax.sgd(0.1))
    text = jax.jit(algorithm.train_step).lower(state, BATCH).as_text()
    number = f"{float(variables.params['Dense_0']['kernel'][0, 0]):.6g}"[:7]
    assert number not in text


def test_an_nnx_instance_may_be_frozen():
    module = nnx.Linear(2, 4, rngs=nnx.Rngs(0))
    game = games.adversarial(
        {"generator": GENERATOR, "discriminator": CRITIC, "features": module},
        compare,
        loss=losses.hinge(),
        frozen=["features"],
        terms=[terms.paired(lambda x: x, features="features")],
    )
    state, _ = step(game)
    kernel = state.players["features"].variables.params["kernel"]
    np.testing.assert_array_equal(kernel, module.kernel.get_value())


def test_donating_a_state_does_not_delete_pretrained_weights():
    weights = {"kernel": jnp.ones((2, 1)), "bias": jnp.zeros(1)}
    game = gan(network=networks.pretrained(nn.Dense(1), weights))
    algorithm = advnet.alternating(game, optax.sgd(0.1))
    state = algorithm.init(jax.random.key(0), BATCH)
    jax.jit(algorithm.train_step, donate_argnums=0)(state, BATCH)
    assert float(weights["kernel"].sum()) == 2.0


def test_a_player_with_nothing_to_minimize_is_refused():
    players = {"generator": GENERATOR, "discriminator": CRITIC, "encoder": nn.Dense(3)}
    make = lambda **options: games.adversarial(
        players, lambda play, x, key: None, loss=losses.hinge(), **options
    )
    with pytest.raises(ValueError, match="'encoder' has nothing to minimize"):
        make(against=["generator"])
    assert make(against=["generator"], frozen=["encoder"]).turns[1] == ("generator",)


@pytest.mark.ci
def test_the_critic_sees_past_samples():
    seen = []

    game = games.adversarial(
        {"generator": GENERATOR, "discriminator": CRITIC},
        compare,
        loss=losses.hinge(),
        history=32,
        terms=[
            advnet.types.Term(
                "spread",
                "discriminator",
                lambda view: (
                    seen.append(view.comparison.fake[0].shape) or jnp.zeros(())
                ),
            )
        ],
    )
    state, _ = step(game, 3)
    (pool,) = state.players["generator"].memories.values()
    assert pool[0].shape == (32, 2)
    assert set(seen) == {(16, 2)}
    one, _ = step(game, 1)
    again, _ = step(game, 1)
    jax.tree.map(
        np.testing.assert_array_equal,
        one.players["generator"].memories,
        again.players["generator"].memories,
    )
