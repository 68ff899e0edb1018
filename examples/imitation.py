"""A pendulum learns to swing up from demonstrations that show no actions.

    python examples/imitation.py

The expert is a closed-form controller: it pumps energy, then balances. The critic tells
pairs of successive observations of the expert from those of the policy, which plays
whole episodes; the gradient passes through the physics. No reward is used in training.
The example prints returns, and how far the imitator comes from random to expert.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro
from flax import linen as nn

import advnet
from advnet.types import Comparison

LENGTH, INTERVAL, MAX_TORQUE = 200, 0.05, 2.0
LARGEST_START = np.float32([[np.pi, 1.0]])  # angle and velocity
DECAY = 0.9  # of the gradient per step back in time, because it would explode
LAYERS = [nn.Dense(64), nn.tanh, nn.Dense(64), nn.tanh, nn.Dense(1)]
POLICY = nn.Sequential([*LAYERS, lambda x: MAX_TORQUE * jnp.tanh(x[..., 0])])


def observe(states: jax.Array) -> jax.Array:
    """Map angle (0 is upright) and velocity [..., 2] to observations [..., 3]."""
    angle, velocity = states[..., 0], states[..., 1]
    return jnp.stack([jnp.cos(angle), jnp.sin(angle), velocity / 4], axis=-1)


def expert(x: jax.Array, key: jax.Array) -> jax.Array:
    cos, sin, velocity = x[..., 0], x[..., 1], 4 * x[..., 2]
    missing_energy = 16 - velocity**2 / 2 - 15 * cos
    pump = jnp.where(velocity >= 0, 2.0, -2.0) * missing_energy
    torque = jnp.where(cos > 0.95, -10 * sin - 3 * velocity, pump)
    return jnp.clip(torque, -MAX_TORQUE, MAX_TORQUE)


def random(x: jax.Array, key: jax.Array) -> jax.Array:
    return MAX_TORQUE * jax.random.uniform(key, x.shape[:-1], minval=-1.0)


def play_episodes(policy, key: jax.Array, num: int):
    """Return states [num, LENGTH, 2] and torques [num, LENGTH] of new episodes."""
    start_key, policy_key = jax.random.split(key)
    start = LARGEST_START * jax.random.uniform(start_key, (num, 2), minval=-1.0)

    def step(state: jax.Array, key: jax.Array):
        state = DECAY * state + (1 - DECAY) * jax.lax.stop_gradient(state)
        torque = policy(observe(state), key)
        angle, velocity = state[:, 0], state[:, 1]
        velocity = velocity + INTERVAL * (15 * jnp.sin(angle) + 3 * torque)
        after = jnp.stack([angle + INTERVAL * velocity, velocity], axis=1)
        return after, (state, torque)

    _, episodes = jax.lax.scan(step, start, jax.random.split(policy_key, LENGTH))
    return jax.tree.map(lambda x: x.swapaxes(0, 1), episodes)


def mean_return(policy) -> float:
    """Compute the return of Gym's Pendulum-v1 over 500 episodes."""
    states, torques = play_episodes(policy, jax.random.key(1_000), 500)
    angle = jnp.mod(states[..., 0] + np.pi, 2 * np.pi) - np.pi
    costs = angle**2 + 0.1 * states[..., 1] ** 2 + 0.001 * torques**2
    return -float(costs.sum(axis=1).mean())


def compare(play, states: jax.Array, key: jax.Array) -> Comparison:
    play.ensure_initialized("policy", observe(states[:, 0]))  # not inside the scan
    network = play.pure("policy")
    fake, _ = play_episodes(lambda x, key: network(x), key, len(states))
    pairs = lambda x: jnp.concatenate([x[:, :-1], 5 * jnp.diff(x, axis=1)], axis=2)
    return Comparison(real=(pairs(observe(states)),), fake=(pairs(observe(fake)),))


def main(steps: int = 1_500, seeds: int = 3, demonstrations: int = 16):
    """Print returns and return the share of the way for each seed, [seeds]."""
    players = {"policy": POLICY, "discriminator": nn.Sequential(LAYERS)}
    loss, penalties = advnet.losses.non_saturating(), [advnet.terms.r1(20.0)]
    game = advnet.games.adversarial(players, compare, loss=loss, terms=penalties)
    rate = optax.cosine_decay_schedule(1e-3, steps)
    algorithm = advnet.alternating(game, optax.adam(rate, b1=0.5, b2=0.99))
    low, high, shares = mean_return(random), mean_return(expert), []
    for seed in range(seeds):
        keys = jax.random.split(jax.random.key(seed), 3)
        states, _ = play_episodes(expert, keys[0], demonstrations)
        batches = advnet.data.minibatches(states, 16, key=keys[1])
        state = algorithm.init(keys[2], batches(0))
        state = advnet.fit(algorithm, state, batches, num_steps=steps)
        imitator = lambda x, key, state=state: advnet.apply(game, state, "policy", x)
        shares.append((mean_return(imitator) - low) / (high - low))
        print(f"seed {seed}: {shares[-1]:.1%} of the way from {low:.0f} to {high:.0f}")
    return np.array(shares)


if __name__ == "__main__":
    tyro.cli(main)
