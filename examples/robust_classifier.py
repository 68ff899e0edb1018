"""A classifier of digits that small perturbations of its inputs do not mislead.

    python examples/robust_classifier.py

Classifier and perturbation play a zero-sum game. The perturbation of each digit, at
most 0.2 per pixel, ascends the loss for a few steps and starts anew for each batch; the
classifier minimizes its loss on clean and on perturbed digits. The example prints
accuracies on test digits, plain and trained against the perturbation: clean, with
random perturbations, and under attacks of 20 steps and of 100 steps from 5 starts.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro

import advnet
from advnet.modules import MLPDiscriminator
from advnet.terms import cross_entropy

BOUND = 0.2  # of the change of a pixel, in units of white


def perturb(classifier, x, y, key: jax.Array, steps: int) -> jax.Array:
    """Return `x` changed by at most BOUND in each pixel, after `steps` ascent steps."""
    rate = 2.5 * BOUND / max(steps, 1)
    changed = lambda change: jnp.clip(x + change, 0, 1)
    loss = lambda change: cross_entropy(classifier(changed(change)), y).sum()

    def ascend(change: jax.Array, _):
        change = change + rate * jnp.sign(jax.grad(loss)(change))
        return jnp.clip(change, -BOUND, BOUND), None

    start = BOUND * jax.random.rademacher(key, x.shape, jnp.float32)
    return changed(jax.lax.scan(ascend, start, length=steps)[0])


def build(ascent_steps: int) -> advnet.types.Game:
    """Build the game; without ascent steps, it is plain training."""

    def objective(play, batch, key: jax.Array):
        x, y = batch
        clean = cross_entropy(play("classifier", x), y).mean()
        if not ascent_steps:
            return clean
        opponent = perturb(play.pure("classifier"), x, y, key, ascent_steps)
        opponent = jax.lax.stop_gradient(opponent)  # fixed while the classifier moves
        attacked = cross_entropy(play("classifier", opponent), y).mean()
        return (clean + attacked) / 2, {"clean_loss": clean, "attacked_loss": attacked}

    network = MLPDiscriminator((256, 128), noise=0.0, outputs=10)
    objectives = {"classifier": objective}
    return advnet.games.custom({"classifier": network}, objectives, [["classifier"]])


def train(game: advnet.types.Game, data, steps: int, seed: int):
    """Return the trained classifier, a function from digits to logits."""
    adam = optax.adam(optax.cosine_decay_schedule(1e-3, steps))
    algorithm = advnet.alternating(game, adam)
    init_key, data_key = jax.random.split(jax.random.key(seed))
    batches = advnet.data.minibatches(data, 100, key=data_key)
    state = algorithm.init(init_key, batches(0))
    state = advnet.fit(algorithm, state, batches, num_steps=steps)
    return lambda x: advnet.apply(game, state, "classifier", x)


def evaluate(classifier, x, y, seed: int) -> list[float]:
    """Return the accuracies; an attack succeeds if one of its starts does."""

    @jax.jit
    def correct(x: jax.Array) -> jax.Array:
        return classifier(x).argmax(axis=1) == y

    def attack(steps: int, starts: int) -> float:
        keys = jax.random.split(jax.random.key(seed), starts)
        attacked = jax.jit(lambda key: perturb(classifier, x, y, key, steps))
        return float(np.mean(np.all([correct(attacked(key)) for key in keys], axis=0)))

    return [float(correct(x).mean()), attack(0, 1), attack(20, 1), attack(100, 5)]


def main(steps: int = 2_000, ascent_steps: int = 5, seeds: int = 3):
    """Print a row per classifier and return the accuracies, [seeds, 2, 4]."""
    train_set, _, test_set, *_ = advnet.data.mnist_5k()
    print(
        "seed, ascent steps in training: clean  random  20 steps  100 steps, 5 starts"
    )
    table = np.zeros((seeds, 2, 4))
    for seed in range(seeds):
        for index, k in enumerate((0, ascent_steps)):
            classifier = train(build(k), train_set, steps, seed)
            row = table[seed, index] = evaluate(classifier, *test_set, seed)
            print("{:4} {:26} {:9.3f} {:7.3f} {:9.3f} {:10.3f}".format(seed, k, *row))
    return table


if __name__ == "__main__":
    tyro.cli(main)
