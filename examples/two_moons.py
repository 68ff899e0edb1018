"""Two moons with eight labels: unlabeled points determine the decision boundary.

    python examples/two_moons.py --figure moons.png

For several choices of the eight labeled points, the example prints the errors on 2,000
new points of a semi-supervised game, and of the same network trained with the labels
only.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import matplotlib.figure
import numpy as np
import optax
import tyro

import advnet
from advnet import games, priors
from advnet.modules import MLPDiscriminator, MLPGenerator

AREA = np.stack(np.meshgrid(np.linspace(-1.5, 2.5, 120), np.linspace(-1, 1.5, 75)), 2)


def moons(key: jax.Array, num: int = 2_000):
    """Draw points of two half circles with noise [num, 2] and their classes [num]."""
    angle_key, noise_key = jax.random.split(key)
    y = jnp.arange(num) % 2
    angle = jnp.pi * jax.random.uniform(angle_key, (num,))
    x = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1)
    x = jnp.where(y[:, None] == 1, jnp.array([[1.0, 0.5]]) - x, x)
    return x + 0.1 * jax.random.normal(noise_key, x.shape), y


def train(key: jax.Array, num_steps: int, queries: jax.Array):
    """Return eight labeled points, and the classes of the queries by two games."""
    critic = MLPDiscriminator(
        (100,) * 3, lambda x: nn.leaky_relu(x, 0.2), 0.1, outputs=2, features=True
    )
    he, linear = nn.initializers.he_normal(), lambda x: x
    generator = MLPGenerator((2,), (64, 64), output=linear, kernel_init=he)
    game = games.semi_supervised(
        generator, critic, priors.normal(2), loss=advnet.losses.non_saturating()
    )
    cross_entropy = optax.softmax_cross_entropy_with_integer_labels
    cost = lambda out, y: cross_entropy(out[0], y)
    baseline = games.classification(critic, cost=cost)
    optimizer = optax.adam(optax.cosine_decay_schedule(3e-3, num_steps), b1=0.5)
    moon_key, init_key, data_key = jax.random.split(key, 3)
    x, y = moons(moon_key)
    labeled = x[:8], y[:8]
    draw = lambda key: (labeled, jax.random.choice(key, x, (100,)))

    def fit(game, batch):
        algorithm = advnet.alternating(game, optimizer)
        step = lambda state, key: (algorithm.train_step(state, batch(key))[0], None)
        keys = jax.random.split(data_key, num_steps)
        return jax.lax.scan(step, algorithm.init(init_key, batch(keys[0])), keys)[0]

    logits = advnet.classify(game, fit(game, draw), queries)
    state = fit(baseline, lambda key: labeled)
    baseline_logits = advnet.classify(baseline, state, queries, player="classifier")
    return labeled, jnp.stack([logits, baseline_logits]).argmax(axis=2)


def main(steps: int = 4_000, subsets: int = 10, figure: str = ""):
    """Print the errors of both games for each subset and return them, [subsets, 2]."""
    test_x, test_y = moons(jax.random.key(1))
    queries = jnp.concatenate([test_x, jnp.float32(AREA.reshape(-1, 2))])
    train_subset = lambda key: train(key, steps, queries)
    keys = jax.random.split(jax.random.key(0), subsets)
    labeled, classes = jax.tree.map(np.asarray, jax.jit(jax.vmap(train_subset))(keys))
    errors = np.sum(classes[:, :, :2_000] != np.asarray(test_y), axis=2)
    print("Errors of 2,000 with 8 labels: semi-supervised, labels only")
    for row in errors:
        print("{:8} {:8}".format(*row))
    accuracy = 100 - np.median(errors, axis=0) / 20
    print("{:6.2f} % {:6.2f} %  median accuracy".format(*accuracy))
    if figure:
        canvas = matplotlib.figure.Figure((8, 2.8), layout="constrained")
        axes = canvas.subplots(1, 2, sharex=True, sharey=True)
        names = "with unlabeled points", "labels only"
        for ax, name, predicted in zip(axes, names, classes[0], strict=True):
            area = predicted[2_000:].reshape(AREA.shape[:2])
            ax.contourf(*AREA.transpose(2, 0, 1), area, levels=1, alpha=0.3)
            ax.scatter(*test_x.T, s=1, c="gray")
            ax.scatter(*labeled[0][0].T, c=labeled[1][0], edgecolors="black")
            ax.set_title(name)
        canvas.savefig(figure)
    return errors


if __name__ == "__main__":
    tyro.cli(main)
