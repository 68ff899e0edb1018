"""Healthy runs with various losses, dynamics and data, early and at the end."""

import jax
import optax
from learning.runs import (
    adam,
    digits,
    grid,
    image_game,
    moons,
    non_saturating,
    point_game,
    rates,
    ring,
    sampler,
    saturating,
    table,
    train_on_digits,
    train_runs,
)

import advnet
from advnet import dynamics, losses, recipes, terms


def modern(x, stops, *, outputs=2, k=1):
    """Train the game of R3GAN: a relativistic loss with r1 and r2."""
    game = point_game(
        losses.relativistic(), [terms.r1(0.05), terms.r2(0.05)], outputs=outputs
    )
    algorithm = advnet.alternating(game, optax.adam(1e-3, b1=0.0, b2=0.99))
    return train_runs(
        game, dynamics.averaged(algorithm, decay=0.99), x, stops, average=True
    )


def ring_relativistic():
    return modern(ring, [300, 6_000])


def grid_relativistic():
    return modern(grid, [300, 6_000])


def table_relativistic():
    return modern(table, [300, 3_000], outputs=6)


def moons_non_saturating():
    game = point_game(non_saturating, [terms.r1(0.1)])
    return train_runs(game, advnet.alternating(game, adam(1e-3)), moons, [300, 4_000])


def moons_wasserstein():
    game = point_game(losses.wasserstein(), [terms.gradient_penalty(1.0)])
    algorithm = advnet.alternating(game, optax.adam(1e-3, b1=0.0, b2=0.9), k=5)
    return train_runs(game, algorithm, moons, [300, 2_000], batch=320)


def ring_hinge():
    game = point_game(losses.hinge(), [terms.r1(0.1)])
    algorithm = advnet.alternating(game, rates(5e-4, 2e-3))
    return train_runs(game, algorithm, ring, [300, 4_000])


def ring_extragradient():
    game = point_game(non_saturating, [terms.r1(0.1)])
    return train_runs(
        game, dynamics.extragradient(game, adam(1e-3)), ring, [300, 4_000]
    )


def moons_optimistic():
    game = point_game(losses.least_squares(), [terms.r1(0.1)])
    return train_runs(game, dynamics.optimistic(game, adam(1e-3)), moons, [300, 4_000])


def table_simultaneous():
    game = point_game(non_saturating, [terms.r1(0.1)], outputs=6)
    return train_runs(
        game, dynamics.simultaneous(game, adam(1e-3)), table, [300, 3_000]
    )


def gaussian_minimax():
    game = point_game(saturating, [terms.r1(0.1)])
    draw = lambda key, num: 3 + 0.5 * jax.random.normal(key, (num, 2))
    return train_runs(game, advnet.alternating(game, adam(1e-3)), draw, [300, 3_000])


def digits_recipe():
    x, held_out = digits()
    recipe = recipes.mnist(x)
    return train_runs(
        recipe.game,
        recipe.algorithm,
        sampler(x),
        [150, 500],
        batch=recipe.batch_size,
        num_seeds=1,
        train=x,
        held_out=held_out,
        average=True,
    )


def digits_relativistic():
    game = image_game(losses.relativistic(), [terms.r1(0.1), terms.r2(0.1)])
    algorithm = advnet.alternating(game, optax.adam(5e-4, b1=0.0, b2=0.99))
    return train_on_digits(game, algorithm, [200, 600, 1_500])


def digits_hinge():
    game = image_game(losses.hinge(), [terms.r1(0.1)])
    algorithm = advnet.alternating(game, rates(5e-4, 1e-3))
    return train_on_digits(game, algorithm, [200, 600, 1_500])


def digits_wasserstein():
    game = image_game(losses.wasserstein(), [terms.gradient_penalty(10.0)])
    algorithm = advnet.alternating(game, optax.adam(2e-4, b1=0.0, b2=0.9), k=3)
    return train_on_digits(game, algorithm, [200, 600, 1_500], batch=192)


HEALTHY = [
    ring_relativistic,
    grid_relativistic,
    table_relativistic,
    moons_non_saturating,
    moons_wasserstein,
    ring_hinge,
    ring_extragradient,
    moons_optimistic,
    table_simultaneous,
    gaussian_minimax,
    digits_recipe,
    digits_relativistic,
    digits_hinge,
    digits_wasserstein,
]
