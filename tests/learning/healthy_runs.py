"""Healthy runs: losses, dynamics and data of every kind, early and at the end."""

import jax
import optax
from learning.runs import (
    adam,
    digits,
    flat,
    grid,
    images,
    moons,
    of,
    on_digits,
    plain,
    play,
    rates,
    ring,
    saturating,
    table,
)

import advnet
from advnet import dynamics, losses, recipes, terms


def modern(x, stops, *, outputs=2, k=1):
    """R3GAN: relativistic, both penalties."""
    game = flat(
        losses.relativistic(), [terms.r1(0.05), terms.r2(0.05)], outputs=outputs
    )
    run = advnet.alternating(game, optax.adam(1e-3, b1=0.0, b2=0.99))
    return play(game, dynamics.averaged(run, decay=0.99), x, stops, average=True)


def ring_relativistic():
    return modern(ring, [300, 6_000])


def grid_relativistic():
    return modern(grid, [300, 6_000])


def table_relativistic():
    return modern(table, [300, 3_000], outputs=6)


def moons_paper_loss():
    game = flat(plain, [terms.r1(0.1)])
    return play(game, advnet.alternating(game, adam(1e-3)), moons, [300, 4_000])


def moons_wasserstein():
    game = flat(losses.wasserstein(), [terms.gradient_penalty(1.0)])
    run = advnet.alternating(game, optax.adam(1e-3, b1=0.0, b2=0.9), k=5)
    return play(game, run, moons, [300, 2_000], batch=320)


def ring_hinge():
    game = flat(losses.hinge(), [terms.r1(0.1)])
    run = advnet.alternating(game, rates(5e-4, 2e-3))
    return play(game, run, ring, [300, 4_000])


def ring_extragradient():
    game = flat(plain, [terms.r1(0.1)])
    return play(game, dynamics.extragradient(game, adam(1e-3)), ring, [300, 4_000])


def moons_optimistic():
    game = flat(losses.least_squares(), [terms.r1(0.1)])
    return play(game, dynamics.optimistic(game, adam(1e-3)), moons, [300, 4_000])


def table_simultaneous():
    game = flat(plain, [terms.r1(0.1)], outputs=6)
    return play(game, dynamics.simultaneous(game, adam(1e-3)), table, [300, 3_000])


def gaussian_minimax():
    game = flat(saturating, [terms.r1(0.1)])
    draw = lambda key, num: 3 + 0.5 * jax.random.normal(key, (num, 2))
    return play(game, advnet.alternating(game, adam(1e-3)), draw, [300, 3_000])


def digits_recipe():
    x, held_out = digits()
    recipe = recipes.mnist(x)
    return play(
        recipe.game,
        recipe.algorithm,
        of(x),
        [150, 500],
        batch=recipe.batch_size,
        num_seeds=1,
        train=x,
        held_out=held_out,
        average=True,
    )


def digits_relativistic():
    game = images(losses.relativistic(), [terms.r1(0.1), terms.r2(0.1)])
    run = advnet.alternating(game, optax.adam(5e-4, b1=0.0, b2=0.99))
    return on_digits(game, run, [200, 600, 1_500])


def digits_hinge():
    game = images(losses.hinge(), [terms.r1(0.1)])
    run = advnet.alternating(game, rates(5e-4, 1e-3))
    return on_digits(game, run, [200, 600, 1_500])


def digits_wasserstein():
    game = images(losses.wasserstein(), [terms.gradient_penalty(10.0)])
    run = advnet.alternating(game, optax.adam(2e-4, b1=0.0, b2=0.9), k=3)
    return on_digits(game, run, [200, 600, 1_500], batch=192)


HEALTHY = [
    ring_relativistic,
    grid_relativistic,
    table_relativistic,
    moons_paper_loss,
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
