"""Classification of digits with few labels: the critic is the classifier.

    python examples/semi_supervised.py
    python examples/semi_supervised.py --data-dir DIR --labels 50 100 --subsets 10

Images are vectors of pixels; random subsets of labels have the same number per class.
The baseline is the same network, trained with the labels only. Networks, noise and rate
are those of Salimans et al. 2016. On a GPU, `--vmap` trains all subsets as one program.
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


def build(supervised_steps: int):
    """Build two games, with and without unlabeled data, each with its algorithm."""
    kind = {"weight_norm": True, "train_gains": False, "features": True}
    critic = MLPDiscriminator(outputs=10, **kind)
    generator = MLPGenerator((784,), (500, 500), nn.softplus, batch_norm=True)
    prior, loss = advnet.priors.uniform(100), advnet.losses.non_saturating()
    # The reference halves the other losses instead.
    game = games.semi_supervised(generator, critic, prior, loss=loss, label_weight=2.0)
    cost = optax.softmax_cross_entropy_with_integer_labels
    baseline = games.classification(critic, cost=lambda out, y: cost(out[0], y))
    semi = advnet.alternating(game, optax.adam(3e-3, b1=0.5))
    semi = advnet.averaged(semi, decay=0.9998, players=("discriminator",))
    adam = optax.adam(optax.cosine_decay_schedule(3e-3, supervised_steps), b1=0.5)
    return (game, semi), (baseline, advnet.alternating(baseline, adam))


def train(key, labeled, images, test_images, num_steps: int) -> jax.Array:
    """Return the classes of the test images [2, n]: semi-supervised, then baseline."""

    def draw(key, *arrays):
        index = jax.random.randint(key, (100,), 0, arrays[0].shape[0])
        return tuple(x[index] for x in arrays)

    def draw_batch(key):
        return draw(key, *labeled), *draw(jax.random.fold_in(key, 1), images)

    def fit(algorithm, batch, num_steps):
        step = lambda state, key: (algorithm.train_step(state, batch(key))[0], None)
        init_key, data_key = jax.random.split(key)
        keys = jax.random.split(data_key, num_steps)
        return jax.lax.scan(step, algorithm.init(init_key, batch(keys[0])), keys)[0]

    supervised_steps = min(num_steps, 3_000)  # enough to fit few labels exactly
    (game, semi), (baseline, supervised) = build(supervised_steps)
    state = fit(semi, draw_batch, num_steps)
    logits = [advnet.classify(game, state, test_images, average=True)]
    state = fit(supervised, lambda key: draw(key, *labeled), supervised_steps)
    logits.append(advnet.classify(baseline, state, test_images, player="classifier"))
    return jnp.stack(logits).argmax(axis=2)


def subset(rng: np.random.Generator, y: np.ndarray, num: int) -> np.ndarray:
    """Return the indices of `num` random examples, the same number of each class."""
    indices = [rng.permutation(np.flatnonzero(y == c))[: num // 10] for c in range(10)]
    return np.concatenate(indices)


def main(
    data_dir: str | None = None,
    labels: tuple[int, ...] = (100,),
    subsets: int = 3,
    steps: int = 6_000,
    seed: int = 0,
    vmap: bool = False,
):
    """Print the test errors and return them by number of labels, [subsets, 2]."""
    data = advnet.data.mnist(data_dir) if data_dir else advnet.data.mnist_5k()
    x, y = map(np.concatenate, zip(*data[:2], strict=True))
    test_x, test_y = data.test
    x, test_x = (jnp.asarray(a.reshape(len(a), -1)) for a in (x, test_x))
    run = lambda s: train(s[0], (x[s[1]], jnp.asarray(y)[s[1]]), x, test_x, steps)
    run_all = jax.vmap(run) if vmap else lambda subsets: jax.lax.map(run, subsets)
    keys, result = jax.random.split(jax.random.key(seed), subsets), {}
    for num in labels:
        rng = np.random.default_rng(seed)
        indices = np.stack([subset(rng, y, num) for _ in range(subsets)])
        classes = np.asarray(jax.jit(run_all)((keys, jnp.asarray(indices))))
        result[num] = errors = np.sum(classes != test_y, axis=2)
        print(f"Errors of {len(test_y):,} with {num} labels: semi-supervised, baseline")
        print(*("{:8} {:8}".format(*row) for row in errors), sep="\n")
        print("{:8.1f} {:8.1f} mean".format(*errors.mean(axis=0)))
        if subsets > 1:
            print("{:8.1f} {:8.1f} sd".format(*errors.std(axis=0, ddof=1)))
    return result


if __name__ == "__main__":
    tyro.cli(main)
