"""The authors' configuration on MNIST, several seeds as one program.

    OUT=out python benchmarks/gpu/authors_mnist.py --data mnist
    OUT=out python benchmarks/gpu/authors_mnist.py --data mnist --resume earlier
    OUT=out python benchmarks/gpu/authors_mnist.py --data mnist --tiny

Training goes on until `--epochs` or for `--seconds`. The state is written to `$OUT` in
files below 16 MiB; `--resume` continues from the folder of an earlier run, bit for bit.
Three seeds fill six files. For two more seeds give `--key 1 --members 2`: member i of
key k is the same run in every command. Each member is scored by the protocol of the
paper at `--every` epochs and at the end. The row of the step comes first.
"""

import pathlib

import jax
import pieces
from common import Record, device_batches, parser, sample, train

from advnet import data, dynamics, recipes
from advnet.evaluation import parzen

NUM_SAMPLES, NUM_VALID = 10_000, 1_000


def main() -> None:
    """Train, score and write the state."""
    options = parser(__doc__, 420)
    options.add_argument("--members", type=int, default=3)
    options.add_argument("--key", type=int, default=0)
    options.add_argument("--epochs", type=int, default=2_000)
    options.add_argument("--every", type=int, default=100, help="epochs between scores")
    options.add_argument("--resume", type=pathlib.Path, help="folder of an earlier run")
    options = options.parse_args()
    num, num_steps, every = NUM_SAMPLES, None, None
    if options.tiny:
        options.members, num, num_steps, every = 2, 500, 4, 2
    record = Record("authors_mnist", options)
    digits = data.mnist(options.data)
    x, valid, test = (part.x for part in digits[:3])
    recipe = recipes.mnist_2014(x)
    algorithm = dynamics.population(recipe.algorithm, options.members)
    batches = device_batches(x, recipe.batch_size)
    state = jax.jit(algorithm.init)(jax.random.key(options.key), batches(0))
    if options.resume is not None:
        state = pieces.load(options.resume, state)
    per_epoch = round(batches.steps_per_epoch)
    num_steps = num_steps or options.epochs * per_epoch
    every = every or options.every * per_epoch

    def score(state):
        for member in range(options.members):
            member_state = dynamics.select_member(state, member)
            samples = sample(recipe.game, member_state, num, average=False)
            result = parzen.score(samples, valid[:NUM_VALID], test)
            record.add(
                key=options.key,
                member=member,
                step=int(state.step),
                valid=float(result.bandwidth.log_likelihoods.max()),
                test=result.log_likelihood.value,
                standard_error=result.log_likelihood.standard_error,
                sigma=result.bandwidth.sigma,
            )

    left = options.seconds
    while left > 0 and int(state.step) < num_steps:
        state = train(
            algorithm,
            state,
            batches,
            record=record,
            name="authors",
            seconds=left,
            num_steps=min(num_steps, int(state.step) + every),
            steps_per_call=2 if options.tiny else 50,
        )
        left -= record.rows[-1]["training"]
        score(state)
    first = dynamics.select_member(state, 0)
    record.picture("authors_mnist", sample(recipe.game, first, 100, average=False))
    record.add(step=int(state.step), files=pieces.save(record.folder, state))


if __name__ == "__main__":
    main()
