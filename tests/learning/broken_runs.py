"""Runs that are broken on purpose, each with the finding it must get."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from learning.runs import (
    adam,
    constant_critic,
    constant_generator,
    digits,
    image_game,
    leaky,
    linear_critic,
    mlp,
    moons,
    nan_at,
    non_saturating,
    point_game,
    rates,
    reverse_turns,
    ring,
    sampler,
    saturating,
    shifting_generator,
    train_on_digits,
    train_runs,
)

import advnet
from advnet import dynamics, losses, priors, terms


def ring_fast_critic():
    game = point_game(non_saturating, critic=leaky(units=128, depth=3))
    return train_runs(game, advnet.alternating(game, rates(1e-5, 1e-3)), ring, [3_000])


def ring_wasserstein_unbounded():
    game = point_game(losses.wasserstein())
    return train_runs(
        game, advnet.alternating(game, adam(1e-3), k=5), ring, [2_000], batch=320
    )


def digits_hinge_fast_critic():
    game = image_game(losses.hinge())
    algorithm = advnet.alternating(game, rates(1e-5, 1e-3))
    return train_on_digits(game, algorithm, [400])


def digits_fast_critic():
    game = image_game(non_saturating)
    algorithm = advnet.alternating(game, rates(1e-4, 1e-2))
    return train_on_digits(game, algorithm, [600])


def gaussian_saturated():
    game = point_game(saturating)
    algorithm = advnet.alternating(game, rates(1e-5, 1e-3), k=50)
    draw = lambda key, num: 6 + 0.5 * jax.random.normal(key, (num, 2))
    return train_runs(game, algorithm, draw, [250], batch=1600)


def digits_saturated():
    game = image_game(saturating)
    algorithm = advnet.alternating(game, rates(2e-4, 1e-3), k=20)
    return train_on_digits(game, algorithm, [250], batch=320)


def moons_constant_critic():
    game = point_game(non_saturating, critic=constant_critic())
    return train_runs(game, advnet.alternating(game, adam(1e-3)), moons, [1_000])


def ring_frozen_critic():
    game = point_game(non_saturating)
    return train_runs(game, advnet.alternating(game, rates(1e-3, 1e-7)), ring, [1_500])


def digits_constant_critic():
    game = image_game(non_saturating, critic=constant_critic())
    algorithm = advnet.alternating(game, adam(1e-3))
    return train_on_digits(game, algorithm, [300])


def ring_helvetica():
    game = reverse_turns(point_game(non_saturating))
    algorithm = advnet.alternating(game, adam(2e-3), k=50)
    return train_runs(game, algorithm, ring, [1_000], batch=800)


def moons_helvetica():
    game = reverse_turns(point_game(non_saturating))
    algorithm = advnet.alternating(game, adam(2e-3), k=50)
    return train_runs(game, algorithm, moons, [1_000], batch=800)


def ring_constant_generator():
    game = point_game(
        non_saturating, [terms.r1(0.1)], generator=constant_generator((2,))
    )
    return train_runs(game, advnet.alternating(game, adam(1e-3)), ring, [2_000])


def digits_constant_generator():
    game = image_game(non_saturating, generator=constant_generator((28, 28, 1)))
    algorithm = advnet.alternating(game, rates(1e-2, 1e-4))
    return train_on_digits(game, algorithm, [1_000], batch=16)


def digits_helvetica():
    game = reverse_turns(image_game(non_saturating))
    algorithm = advnet.alternating(game, adam(1e-3), k=10)
    return train_on_digits(game, algorithm, [1_000], batch=160)


def dirac_simultaneous():
    game = advnet.games.gan(
        constant_generator((1,)), linear_critic(), priors.normal(1), loss=non_saturating
    )
    algorithm = dynamics.simultaneous(game, optax.sgd(0.1))
    return train_runs(game, algorithm, lambda key, num: jnp.zeros((num, 1)), [2_000])


def moons_momentum():
    game = point_game(
        losses.wasserstein(), critic=linear_critic(), generator=constant_generator((2,))
    )
    algorithm = dynamics.alternating(game, optax.sgd(0.001, momentum=0.9))
    return train_runs(game, algorithm, moons, [1_500])


def gaussian_bilinear():
    players = {"critic": linear_critic(), "generator": shifting_generator((2,))}
    game = point_game(losses.wasserstein(), noise=2, **players)
    algorithm = dynamics.alternating(game, optax.sgd(0.03))
    draw = lambda key, num: 3 + jax.random.normal(key, (num, 2))
    return train_runs(game, algorithm, draw, [2_000])


def digits_bilinear():
    x, held_out = digits()
    noise = lambda key, num: sampler(x - x.mean(axis=0))(key, num)
    players = shifting_generator((28, 28, 1)), linear_critic()
    game = advnet.games.gan(*players, noise, loss=losses.wasserstein())
    algorithm = dynamics.simultaneous(game, optax.sgd(0.03))
    return train_runs(game, algorithm, sampler(x), [1_000], train=x, held_out=held_out)


def moons_nan_in_data():
    game = point_game(non_saturating, [terms.r1(0.1)])
    algorithm = advnet.alternating(game, adam(1e-3))
    return train_runs(game, algorithm, moons, [1_000], spoil=nan_at(600))


def digits_nan_in_data():
    game = image_game(non_saturating, [terms.r1(1.0)])
    algorithm = dynamics.simultaneous(game, adam(2e-4))
    spoil = nan_at(123)
    return train_on_digits(game, algorithm, [300], spoil=spoil)


def ring_overflow():
    game = point_game(losses.wasserstein())
    algorithm = advnet.alternating(game, optax.sgd(10.0))
    return train_runs(game, algorithm, ring, [200])


def digits_bytes():
    game = image_game(non_saturating, [terms.r1(1.0)])
    x, held_out = digits()
    x, held_out = 255 * x, 255 * held_out
    algorithm = advnet.alternating(game, adam(2e-4))
    return train_runs(game, algorithm, sampler(x), [400], train=x, held_out=held_out)


def moons_behind_a_sigmoid():
    game = point_game(
        non_saturating, [terms.r1(0.1)], generator=mlp(2, last=jax.nn.sigmoid)
    )
    return train_runs(game, advnet.alternating(game, adam(1e-3)), moons, [2_000])


def digits_behind_a_sigmoid():
    game = image_game(non_saturating, [terms.r1(1.0)])
    x, held_out = digits()
    x, held_out = 2 * x - 1, 2 * held_out - 1
    algorithm = advnet.alternating(game, adam(2e-4))
    return train_runs(game, algorithm, sampler(x), [400], train=x, held_out=held_out)


def moons_memorized():
    x, held_out = (np.asarray(moons(jax.random.key(n), n)) for n in (20, 500))
    rate = optax.linear_schedule(2e-3, 0.0, 10_000)
    players = {"critic": leaky(units=128), "generator": mlp(2, units=128)}
    penalties = [terms.r1(0.001), terms.r2(0.001)]
    game = point_game(losses.relativistic(), penalties, noise=2, **players)
    algorithm = advnet.alternating(game, optax.adam(rate, b1=0.0, b2=0.99))
    return train_runs(game, algorithm, sampler(x), [10_000], train=x, held_out=held_out)


def digits_memorized():
    x, held_out = digits()
    game = image_game(non_saturating, [terms.r1(1.0)], units=256)
    algorithm = advnet.alternating(game, adam(5e-4))
    return train_runs(
        game, algorithm, sampler(x[:20]), [1_500], train=x[:20], held_out=held_out
    )


STRONG, VANISHED = "critic too strong", "vanishing gradient"
STUCK, COLLAPSE, CIRCLES = "critic not learning", "mode collapse", "oscillation"
NAN, RANGE, COPIES = "not finite", "data out of range", "memorizing"
STALLED = "stalled"  # also true of runs whose generator hardly moves

# For each run the finding it must get, then others that are also true of it.
BROKEN = {
    ring_fast_critic: (STRONG,),
    ring_wasserstein_unbounded: (STRONG, CIRCLES),  # nothing bounds its slope
    digits_hinge_fast_critic: (STRONG, COLLAPSE, STALLED),
    digits_fast_critic: (STRONG, COLLAPSE),
    gaussian_saturated: (VANISHED, STRONG),
    digits_saturated: (VANISHED, STRONG),
    moons_constant_critic: (STUCK,),
    ring_frozen_critic: (STUCK, COLLAPSE),
    digits_constant_critic: (STUCK, COLLAPSE),
    ring_helvetica: (COLLAPSE,),
    moons_helvetica: (COLLAPSE,),
    ring_constant_generator: (COLLAPSE,),
    digits_constant_generator: (COLLAPSE,),
    digits_helvetica: (COLLAPSE,),
    dirac_simultaneous: (CIRCLES,),
    moons_momentum: (CIRCLES, COLLAPSE, STRONG),
    gaussian_bilinear: (CIRCLES,),
    digits_bilinear: (CIRCLES,),
    moons_nan_in_data: (NAN,),
    digits_nan_in_data: (NAN,),
    ring_overflow: (NAN,),
    digits_bytes: (RANGE,),
    moons_behind_a_sigmoid: (RANGE,),
    digits_behind_a_sigmoid: (RANGE, STRONG),
    moons_memorized: (COPIES,),
    digits_memorized: (COPIES,),
}
