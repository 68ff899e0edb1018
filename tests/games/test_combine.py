"""Games combined of parts."""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_games import gan, step

from advnet import games, terms


def params(state):
    return {name: p.variables.params for name, p in state.players.items()}


def test_one_part_is_the_game_itself_bit_for_bit():
    game = gan(terms=[terms.r1(0.1)])
    state, metrics = step(game, 3)
    combined, combined_metrics = step(games.combine([(game, 1.0)]), 3)
    jax.tree.map(np.testing.assert_array_equal, params(state), params(combined))
    assert metrics.keys() == combined_metrics.keys()


def test_two_halves_are_the_whole_to_rounding():
    game = gan(terms=[terms.r1(0.1)])
    whole, _ = step(game, 3)
    halves, metrics = step(games.combine([(game, 0.5), (game, 0.5)]), 3)
    close = functools.partial(np.testing.assert_allclose, atol=1e-6)
    jax.tree.map(close, params(whole), params(halves))
    names = {"generator/loss", "generator/loss_0", "generator/loss_1"}
    assert names <= set(metrics)


def test_weights_scale_shared_players_only():
    parts = [
        (gan("first"), 0.0),
        (gan("second"), lambda step: jnp.where(step < 0, 0.0, 1.0)),
    ]
    combined, metrics = step(games.combine(parts))
    assert combined.players.keys() == {"generator", "first", "second"}
    np.testing.assert_allclose(metrics["generator/loss"], metrics["generator/loss_1"])
    assert metrics["first/gradient_norm"] > 0


def test_different_networks_under_one_name_are_refused():
    parts = [(gan("first"), 1.0), (gan("second", generator=nn.Dense(2, False)), 1.0)]
    with pytest.raises(ValueError, match="different networks for 'generator'"):
        games.combine(parts)
