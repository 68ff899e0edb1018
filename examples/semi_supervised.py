"""Learning digits from a handful of labels: the critic is the classifier.

    python examples/semi_supervised.py
    python examples/semi_supervised.py --data-dir DIR --labels 50 100 --subsets 10

MNIST without its geometry, on random subsets of labels with as many of each class,
beside the same network taught by labels alone. Networks, noise and rate are those of
Salimans et al. 2016. On a GPU, `--vmap` trains all subsets as one program.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro

import advnet
from advnet import games
from advnet.modules import MLPDiscriminator, MLPGenerator


def build(few_steps: int):
    """Two games, with and without unlabeled data: each with the dynamics for it."""
    kind = {"weight_norm": True, "train_gains": False, "features": True}
    critic = MLPDiscriminator(outputs=10, **kind)
    generator = MLPGenerator((784,), (500, 500), nn.softplus, batch_norm=True)
    prior, loss = advnet.priors.uniform(100), advnet.losses.non_saturating()
    # As in the reference, which halves all else.
    game = games.semi_supervised(generator, critic, prior, loss=loss, label_weight=2.0)
    cost = optax.softmax_cross_entropy_with_integer_labels
    alone = games.classification(critic, cost=lambda out, y: cost(out[0], y))
    semi = advnet.alternating(game, optax.adam(3e-3, b1=0.5))
    semi = advnet.averaged(semi, decay=0.9998, players=("discriminator",))
    adam = optax.adam(optax.cosine_decay_schedule(3e-3, few_steps), b1=0.5)
    return (game, semi), (alone, advnet.alternating(alone, adam))


def train(key, labeled, images, test_images, num_steps: int) -> jax.Array:
    """Classes of the test images [2, n], learned with and without unlabeled ones."""

    def draw(key, *arrays):
        index = jax.random.randint(key, (100,), 0, arrays[0].shape[0])
        return tuple(x[index] for x in arrays)

    def both(key):
        return draw(key, *labeled), *draw(jax.random.fold_in(key, 1), images)

    def fit(algorithm, batch, num_steps):
        step = lambda state, key: (algorithm.train_step(state, batch(key))[0], None)
        init_key, data_key = jax.random.split(key)
        keys = jax.random.split(data_key, num_steps)
        return jax.lax.scan(step, algorithm.init(init_key, batch(keys[0])), keys)[0]

    few = min(num_steps, 3_000)  # steps: few labels are soon known by heart
    (game, semi), (alone, supervised) = build(few)
    state = fit(semi, both, num_steps)
    answers = [advnet.classify(game, state, test_images, average=True)]
    state = fit(supervised, lambda key: draw(key, *labeled), few)
    answers.append(advnet.classify(alone, state, test_images, player="classifier"))
    return jnp.stack(answers).argmax(axis=2)


def subset(rng: np.random.Generator, y: np.ndarray, num: int) -> np.ndarray:
    """Indices of `num` examples, as many of each class."""
    each = [rng.permutation(np.flatnonzero(y == c))[: num // 10] for c in range(10)]
    return np.concatenate(each)


def main(
    data_dir: str | None = None,
    labels: tuple[int, ...] = (100,),
    subsets: int = 3,
    steps: int = 6_000,
    seed: int = 0,
    vmap: bool = False,
):
    """Prints the test errors by number of labels and returns them, [subsets, 2]."""
    data = advnet.data.mnist(data_dir) if data_dir else advnet.data.mnist_5k()
    x, y = map(np.concatenate, zip(*data[:2], strict=True))
    test_x, test_y = data.test
    x, test_x = (jnp.asarray(a.reshape(len(a), -1)) for a in (x, test_x))
    one = lambda a: train(a[0], (x[a[1]], jnp.asarray(y)[a[1]]), x, test_x, steps)
    many = jax.vmap(one) if vmap else lambda subsets: jax.lax.map(one, subsets)
    keys, result = jax.random.split(jax.random.key(seed), subsets), {}
    for num in labels:
        rng = np.random.default_rng(seed)
        chosen = np.stack([subset(rng, y, num) for _ in range(subsets)])
        answers = np.asarray(jax.jit(many)((keys, jnp.asarray(chosen))))
        result[num] = errors = np.sum(answers != test_y, axis=2)
        print(f"Errors of {len(test_y):,} with {num} labels: semi-supervised, alone")
        print(*("{:8} {:8}".format(*row) for row in errors), sep="\n")
        print("{:8.1f} {:8.1f} mean".format(*errors.mean(axis=0)))
        if subsets > 1:
            print("{:8.1f} {:8.1f} sd".format(*errors.std(axis=0, ddof=1)))
    return result


if __name__ == "__main__":
    tyro.cli(main)
