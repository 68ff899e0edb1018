"""Runs broken on purpose, each with the verdict it must get."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from learning.runs import (
    adam,
    blind,
    digits,
    flat,
    ignores_noise,
    images,
    leaky,
    linear,
    mlp,
    moons,
    not_a_number,
    of,
    on_digits,
    plain,
    play,
    rates,
    ring,
    saturating,
    shift,
    turned,
)

import advnet
from advnet import dynamics, losses, priors, terms


def ring_fast_critic():
    game = flat(plain, critic=leaky(units=128, depth=3))
    return play(game, advnet.alternating(game, rates(1e-5, 1e-3)), ring, [3_000])


def ring_wasserstein_unbounded():
    game = flat(losses.wasserstein())
    return play(
        game, advnet.alternating(game, adam(1e-3), k=5), ring, [2_000], batch=320
    )


def digits_hinge_fast_critic():
    game = images(losses.hinge())
    run = advnet.alternating(game, rates(1e-5, 1e-3))
    return on_digits(game, run, [400])


def digits_fast_critic():
    game = images(plain)
    run = advnet.alternating(game, rates(1e-4, 1e-2))
    return on_digits(game, run, [600])


def gaussian_saturated():
    game = flat(saturating)
    run = advnet.alternating(game, rates(1e-5, 1e-3), k=50)
    draw = lambda key, num: 6 + 0.5 * jax.random.normal(key, (num, 2))
    return play(game, run, draw, [250], batch=1600)


def digits_saturated():
    game = images(saturating)
    run = advnet.alternating(game, rates(2e-4, 1e-3), k=20)
    return on_digits(game, run, [250], batch=320)


def moons_blind_critic():
    game = flat(plain, critic=blind())
    return play(game, advnet.alternating(game, adam(1e-3)), moons, [1_000])


def ring_frozen_critic():
    game = flat(plain)
    return play(game, advnet.alternating(game, rates(1e-3, 1e-7)), ring, [1_500])


def digits_blind_critic():
    game = images(plain, critic=blind())
    run = advnet.alternating(game, adam(1e-3))
    return on_digits(game, run, [300])


def ring_helvetica():
    game = turned(flat(plain))
    run = advnet.alternating(game, adam(2e-3), k=50)
    return play(game, run, ring, [1_000], batch=800)


def moons_helvetica():
    game = turned(flat(plain))
    run = advnet.alternating(game, adam(2e-3), k=50)
    return play(game, run, moons, [1_000], batch=800)


def ring_ignores_noise():
    game = flat(plain, [terms.r1(0.1)], generator=ignores_noise((2,)))
    return play(game, advnet.alternating(game, adam(1e-3)), ring, [2_000])


def digits_ignores_noise():
    game = images(plain, generator=ignores_noise((28, 28, 1)))
    run = advnet.alternating(game, rates(1e-2, 1e-4))
    return on_digits(game, run, [1_000], batch=16)


def digits_helvetica():
    game = turned(images(plain))
    run = advnet.alternating(game, adam(1e-3), k=10)
    return on_digits(game, run, [1_000], batch=160)


def dirac_simultaneous():
    game = advnet.games.gan(ignores_noise((1,)), linear(), priors.normal(1), loss=plain)
    run = dynamics.simultaneous(game, optax.sgd(0.1))
    return play(game, run, lambda key, num: jnp.zeros((num, 1)), [2_000])


def moons_momentum():
    game = flat(losses.wasserstein(), critic=linear(), generator=ignores_noise((2,)))
    run = dynamics.alternating(game, optax.sgd(0.001, momentum=0.9))
    return play(game, run, moons, [1_500])


def gaussian_bilinear():
    players = {"critic": linear(), "generator": shift((2,))}
    game = flat(losses.wasserstein(), noise=2, **players)
    run = dynamics.alternating(game, optax.sgd(0.03))
    draw = lambda key, num: 3 + jax.random.normal(key, (num, 2))
    return play(game, run, draw, [2_000])


def digits_bilinear():
    x, held_out = digits()
    noise = lambda key, num: of(x - x.mean(axis=0))(key, num)
    players = shift((28, 28, 1)), linear()
    game = advnet.games.gan(*players, noise, loss=losses.wasserstein())
    run = dynamics.simultaneous(game, optax.sgd(0.03))
    return play(game, run, of(x), [1_000], train=x, held_out=held_out)


def moons_nan_in_data():
    game = flat(plain, [terms.r1(0.1)])
    run = advnet.alternating(game, adam(1e-3))
    return play(game, run, moons, [1_000], spoil=not_a_number(600))


def digits_nan_in_data():
    game = images(plain, [terms.r1(1.0)])
    run = dynamics.simultaneous(game, adam(2e-4))
    spoil = not_a_number(123)
    return on_digits(game, run, [300], spoil=spoil)


def ring_overflow():
    game = flat(losses.wasserstein())
    run = advnet.alternating(game, optax.sgd(10.0))
    return play(game, run, ring, [200])


def digits_bytes():
    game = images(plain, [terms.r1(1.0)])
    x, held_out = digits()
    x, held_out = 255 * x, 255 * held_out
    run = advnet.alternating(game, adam(2e-4))
    return play(game, run, of(x), [400], train=x, held_out=held_out)


def moons_behind_a_sigmoid():
    game = flat(plain, [terms.r1(0.1)], generator=mlp(2, last=jax.nn.sigmoid))
    return play(game, advnet.alternating(game, adam(1e-3)), moons, [2_000])


def digits_behind_a_sigmoid():
    game = images(plain, [terms.r1(1.0)])
    x, held_out = digits()
    x, held_out = 2 * x - 1, 2 * held_out - 1
    run = advnet.alternating(game, adam(2e-4))
    return play(game, run, of(x), [400], train=x, held_out=held_out)


def moons_memorized():
    x, held_out = (np.asarray(moons(jax.random.key(n), n)) for n in (20, 500))
    rate = optax.linear_schedule(2e-3, 0.0, 10_000)
    players = {"critic": leaky(units=128), "generator": mlp(2, units=128)}
    penalties = [terms.r1(0.001), terms.r2(0.001)]
    game = flat(losses.relativistic(), penalties, noise=2, **players)
    run = advnet.alternating(game, optax.adam(rate, b1=0.0, b2=0.99))
    return play(game, run, of(x), [10_000], train=x, held_out=held_out)


def digits_memorized():
    x, held_out = digits()
    game = images(plain, [terms.r1(1.0)], units=256)
    run = advnet.alternating(game, adam(5e-4))
    return play(game, run, of(x[:20]), [1_500], train=x[:20], held_out=held_out)


STRONG, VANISHED = "critic too strong", "vanishing gradient"
BLIND, COLLAPSE, CIRCLES = "critic not learning", "mode collapse", "oscillation"
NAN, RANGE, COPIES = "not finite", "data out of range", "memorizing"

# The verdict each must get, and what else may fire: both are true.
BROKEN = {
    ring_fast_critic: (STRONG,),
    ring_wasserstein_unbounded: (STRONG, CIRCLES),  # as nothing holds it back
    digits_hinge_fast_critic: (STRONG, COLLAPSE),
    digits_fast_critic: (STRONG, COLLAPSE),
    gaussian_saturated: (VANISHED, STRONG),
    digits_saturated: (VANISHED, STRONG),
    moons_blind_critic: (BLIND,),
    ring_frozen_critic: (BLIND, COLLAPSE),
    digits_blind_critic: (BLIND, COLLAPSE),
    ring_helvetica: (COLLAPSE,),
    moons_helvetica: (COLLAPSE,),
    ring_ignores_noise: (COLLAPSE,),
    digits_ignores_noise: (COLLAPSE,),
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
