"""Coverage of stacked MNIST: the 1,000 combinations of three digits.

    OUT=out python benchmarks/gpu/stacked_mnist.py --data mnist
    OUT=out python benchmarks/gpu/stacked_mnist.py --data mnist --tiny

The published protocol: 26,000 samples, each channel classified by a network that is
trained on MNIST, and KL of the counts to a uniform distribution. The row "real digits"
is the floor of this classifier. Seeds train one after another, as R3GAN's grouped
convolutions are slow under `vmap`.
"""

import jax
import numpy as np
from common import Record, device_batches, parser, sample, train

from advnet import data, recipes
from advnet.evaluation import features, modes

NUM_STACKED = 128_000


def main() -> None:
    """Train each seed for `--seconds` and count the modes."""
    options = parser(__doc__, 140, seeds=(0, 1, 2))
    options.add_argument("--width", type=int, default=96)
    options.add_argument("--batch-size", type=int, default=256)
    options.add_argument("--classifier-steps", type=int, default=8_000)
    options = options.parse_args()
    num, num_stacked, steps_per_call = 26_000, NUM_STACKED, 20
    if options.tiny:
        options.width, options.batch_size, options.seconds = 16, 8, 4.0
        options.seeds, options.classifier_steps = options.seeds[:1], 50
        num, num_stacked, steps_per_call = 1_000, 1_000, 2
    record = Record("stacked_mnist", options)
    digits = data.mnist(options.data)
    space = features.classifier(
        digits.train.x, digits.train.y, num_steps=options.classifier_steps
    )

    def count(name, images):
        coverage = modes.of_stacked(images, space.predict)
        record.add(
            name=name,
            modes=coverage.num_covered,
            kl=coverage.reverse_kl.value,
            standard_error=coverage.reverse_kl.standard_error,
        )

    accuracy = space.accuracy
    record.add(name="classifier", accuracy=accuracy.value)
    count("real digits", modes.stack(digits.test.x, num, seed=1))
    x = modes.stack(digits.train.x, num_stacked)
    settings = recipes.Settings(
        model="small",
        width=options.width,
        batch_size=options.batch_size,
        augment="none",
        mirror=False,
    )
    recipe = recipes.images(x, settings=settings)
    for seed in options.seeds:
        batches = device_batches(x, recipe.batch_size, seed=seed + 100)
        state = jax.jit(recipe.algorithm.init)(jax.random.key(seed), batches(0))

        def score(share, state, seed=seed):
            images = sample(recipe.game, state, num, seed=seed + 200)
            count(f"seed {seed} at {share:g}", np.asarray(images))
            if share == 1.0:
                record.picture(f"stacked_mnist_{seed}", images[:100])

        train(
            recipe.algorithm,
            state,
            batches,
            record=record,
            name=f"seed {seed}",
            seconds=options.seconds,
            steps_per_call=steps_per_call,
            marks=(0.5, 1.0),
            at_mark=score,
        )


if __name__ == "__main__":
    main()
