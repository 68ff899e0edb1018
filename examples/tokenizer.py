"""Discrete tokens of images, with a critic from step N (VQGAN).

    python examples/tokenizer.py --figure tokenizer.png

An autoencoder turns a digit into 16 tokens of 6 bits and back. The squared error alone
blurs strokes. After N steps a critic of patches joins, and `games.Balance` weighs its
gradient against that of the error. The autoencoder also goes on without the critic.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro

import advnet
from advnet import games, losses, modules, reporting, terms
from advnet.types import Comparison, Term

CRITIC = modules.PatchDiscriminator(layers=2, features=16, normalization="spectral")
normalize = lambda x: x * jax.lax.rsqrt(jnp.sum(x**2, axis=-1, keepdims=True) + 1e-6)


class Tokenizer(nn.Module):
    """Autoencoder that rounds codes to the nearest of 64 vectors, at 4 x 4 places."""

    @nn.compact
    def __call__(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return reconstructions [m, h, w, 1] and errors of quantization [m]."""
        for features in (16, 32, 32):
            x = nn.leaky_relu(modules.Conv(features, (3, 3), strides=2)(x), 0.2)
        code = normalize(modules.Conv(8, (1, 1))(x))
        book = normalize(self.param("book", nn.initializers.normal(1.0), (64, 8)))
        nearest, stop = book[(code @ book.T).argmax(axis=-1)], jax.lax.stop_gradient
        error = (stop(code) - nearest) ** 2 + 0.25 * (code - stop(nearest)) ** 2
        x = code + stop(nearest - code)  # gradients pass straight through
        for features in (32, 16, 8):
            x = jnp.repeat(jnp.repeat(x, 2, axis=1), 2, axis=2)
            x = nn.leaky_relu(modules.Conv(features, (3, 3))(x), 0.2)
        x = nn.sigmoid(modules.Conv(1, (3, 3))(x[:, 2:-2, 2:-2]))
        return x, error.sum(axis=-1).mean(axis=(1, 2))


def compare(play, x, key: jax.Array) -> Comparison:
    reconstruction, error = play("generator", x)
    return Comparison(real=(x,), fake=(reconstruction,), noise=error)


def build(scale: float) -> advnet.types.Game:
    """Build the game; `scale` weighs the critic's gradient against the error's."""
    quantization = Term("quantization", "generator", lambda view: view.comparison.noise)
    return games.adversarial(
        {"generator": Tokenizer(), "discriminator": CRITIC},
        compare,
        loss=losses.hinge(),
        terms=[terms.paired(lambda x: x, cost=terms.squared_error), quantization],
        weight=games.Balance("paired", scale=scale),
    )


def sharpness(x: np.ndarray) -> float:
    """Return the gradient energy, the mean squared difference of neighbors."""
    return np.mean([np.mean(np.diff(x, axis=axis) ** 2) for axis in (1, 2)])


def train(scale: float, batches, steps: int, x, *, key=None, state=None):
    """Return the state after `steps`, reconstructions of x, and all errors."""
    game, errors, cost = build(scale), [], terms.squared_error
    algorithm = advnet.alternating(game, optax.adam(1e-3, b1=0.5, b2=0.99))
    decode = jax.jit(lambda state: advnet.apply(game, state, "generator", x)[0])
    record = lambda step, state, _: errors.append(cost(decode(state), x).mean())
    hooks = [advnet.training.hooks.periodic(50, record)]
    state = state or algorithm.init(key, batches(0))
    state = advnet.fit(algorithm, state, batches, num_steps=steps, hooks=hooks)
    record(steps, state, {})
    return state, np.asarray(decode(state)), errors


def main(n: int = 400, steps: int = 800, seeds: int = 3, figure: str = ""):
    """Print and return the table, [seeds, 7]."""
    (digits, _), _, (x, _), *_ = advnet.data.mnist_5k()
    print("Error, sharpness: at N, without critic, with critic; largest error / at N")
    table = []
    for key in map(jax.random.key, range(seeds)):
        batches = advnet.data.minibatches(digits, 16, key=key)
        state, *start = train(0.0, batches, n, x, key=key)
        runs = [start]
        runs += [train(s, batches, steps, x, state=state)[1:] for s in (0.0, 0.5)]
        cells = [(errors[-1], sharpness(y) / sharpness(x)) for y, errors in runs]
        table.append([*np.ravel(cells), max(runs[2][1]) / start[1][-1]])
        print(*(f"{value:8.4f}" for value in table[-1]))
    if figure:  # at N, without critic, with critic, truth
        rows = np.concatenate([y[:12] for y, *_ in (*runs, [x])])
        reporting.save_image(figure, reporting.image_grid(rows, columns=12))
    return np.array(table)


if __name__ == "__main__":
    tyro.cli(main)
