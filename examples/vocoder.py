"""Sound from its spectrogram, with critics at several scales (MelGAN, HiFi-GAN).

    python examples/vocoder.py

A spectrogram holds magnitudes without phases. Many sounds fit, and their median is too
quiet: this is what the mean absolute error (L1) alone learns. Critics at three scales,
and the distance of their features, bring the level back. Sounds are decaying sines.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro

import advnet
from advnet import games, losses, modules, terms
from advnet.types import Comparison

LENGTH, HOP, WINDOW = 1_024, 32, 128  # samples


def sounds(rng: np.random.Generator, num: int) -> np.ndarray:
    """Draw sounds [num, LENGTH, 1] of three partials that decay after their onsets."""
    draw = lambda low, high: rng.uniform(low, high, (num, 1, 3))
    time = np.arange(LENGTH)[None, :, None] - draw(-200, 500)
    envelope = draw(0.1, 0.3) * np.exp(-np.maximum(time, 0) / draw(100, 400))
    sines = np.sin(2 * np.pi * (draw(0.02, 0.2) * time + draw(0, 1)))
    return np.float32(((time > 0) * envelope * sines).sum(axis=2, keepdims=True))


def spectrogram(x: jax.Array) -> jax.Array:
    """Return levels in dB [m, frames, frequencies] of sounds [m, t, 1]."""
    frames = np.arange(0, x.shape[1], HOP)[:, None] + np.arange(WINDOW)[None]
    x = jnp.pad(x[..., 0], ((0, 0), (0, WINDOW)))[:, frames]
    x = x * np.float32(np.hanning(WINDOW))[None, None]
    return 20 * jnp.log10(jnp.abs(jnp.fft.rfft(x)) + 0.1)


class Vocoder(nn.Module):
    @nn.compact
    def __call__(self, levels: jax.Array) -> jax.Array:
        x = levels / 20
        for features in (64, 64, 8 * HOP):
            x = nn.leaky_relu(modules.Conv(features, (5,))(x), 0.2)
        x = x.reshape(len(x), -1, 8)  # from frames to samples
        x = nn.leaky_relu(modules.Conv(8, (15,))(x), 0.2)
        return jnp.tanh(modules.Conv(1, (15,))(x))


def compare(play, x, key: jax.Array) -> Comparison:
    return Comparison(real=(x,), fake=(play("generator", spectrogram(x)),))


def build(weight: float) -> list[advnet.types.Game]:
    """Build two games: L1 alone, and L1 with critics and their features."""
    generator, cost = {"generator": Vocoder()}, terms.absolute_error
    l1 = lambda play, x, key: cost(play("generator", spectrogram(x)), x).mean()
    layers = lambda view, x: [second for _, second in view.play.pure("critic")(x)]
    options = {"normalization": "spectral", "return_layers": True}
    critic = lambda: modules.PatchDiscriminator(layers=2, features=16, **options)
    with_critics = games.adversarial(
        generator | {"critic": modules.MultiScale(critic)},
        compare,
        loss=losses.least_squares(),
        terms=[
            terms.paired(lambda x: x),
            terms.paired(lambda x: x, features=layers, name="features"),
        ],
        critic="critic",
        readout=lambda outputs: [first for first, _ in outputs],
        weight=weight,
    )
    return [games.custom(generator, {"generator": l1}, [["generator"]]), with_critics]


def main(steps: int = 900, seeds: int = 3, weight: float = 0.03):
    """Print and return log-spectral distance and error of the level, [seeds, 2, 2]."""
    rng, table = np.random.default_rng(0), []
    x, tests = sounds(rng, 4_000), sounds(rng, 200)
    adam = optax.adam(optax.cosine_decay_schedule(2e-3, steps), b1=0.5, b2=0.99)
    print("Log-spectral distance, dB (error of the mean level): L1 alone, with critics")
    for seed in range(seeds):
        key, row = jax.random.key(seed), []
        batches = advnet.data.minibatches(x, 16, key=key)
        for game in build(weight):
            algorithm = advnet.alternating(game, adam)
            state = algorithm.init(key, batches(0))
            state = advnet.fit(algorithm, state, batches, num_steps=steps)
            y = advnet.apply(game, state, "generator", spectrogram(tests))
            error = np.asarray(spectrogram(y) - spectrogram(tests))
            row.append([np.sqrt((error**2).mean(axis=2)).mean(), error.mean()])
        table.append(row)
        print(seed, *("{:8.2f} ({:6.2f})".format(*cell) for cell in row))
    return np.array(table)


if __name__ == "__main__":
    tyro.cli(main)
