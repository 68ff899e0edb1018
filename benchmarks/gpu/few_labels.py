"""MNIST with few labels: ten subsets of 100, 50, 200 and 20 labels.

    OUT=out python benchmarks/gpu/few_labels.py --data mnist
    OUT=out python benchmarks/gpu/few_labels.py --data mnist --tiny

All subsets of one number of labels are one program. A short run measures the step
first; the number of epochs is then `--epochs`, or as many as fit into the time, and the
row says which. `--labels` selects some of the numbers.
"""

import pathlib
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from common import Record, parser

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "examples"))
import semi_supervised as example

from advnet import data

BATCH_SIZE, PROBE_STEPS = 100, 500


def main() -> None:
    """Print and record the errors of each subset."""
    options = parser(__doc__, 420)
    options.add_argument("--labels", type=int, nargs="+", default=[100, 50, 200, 20])
    options.add_argument("--subsets", type=int, default=10)
    options.add_argument("--epochs", type=int, default=300)
    options.add_argument("--seed", type=int, default=0)
    options = options.parse_args()
    probe = PROBE_STEPS
    if options.tiny:
        options.labels, options.subsets, options.epochs, probe = [20], 2, 0, 2
    record = Record("few_labels", options)
    digits = data.mnist(options.data)
    x, y = map(np.concatenate, zip(*digits[:2], strict=True))
    test_x, test_y = digits.test
    x, test_x = (jnp.asarray(a.reshape(len(a), -1)) for a in (x, test_x))
    keys = jax.random.split(jax.random.key(options.seed), options.subsets)

    def train(key, indices, labels, x):
        return example.train(key, (x[indices], labels), x, test_x, num_steps)

    def run(num_labels: int) -> tuple[np.ndarray, float]:
        """Train all subsets; return errors [subsets, 2] and the seconds of training."""
        rng = np.random.default_rng(options.seed)
        chosen = np.stack(
            [example.subset(rng, y, num_labels) for _ in range(options.subsets)]
        )
        inputs = keys, jnp.asarray(chosen), jnp.asarray(y[chosen]), x
        every_subset = jax.jit(jax.vmap(train, in_axes=(0, 0, 0, None)))
        compiled = every_subset.lower(*inputs).compile()
        begin = time.perf_counter()
        errors = np.sum(np.asarray(compiled(*inputs)) != test_y, axis=2)
        return errors, time.perf_counter() - begin

    num_steps = probe
    _, seconds = run(options.labels[0])
    per_step = seconds / probe
    wanted = options.epochs * len(x) // BATCH_SIZE
    affordable = int(options.seconds / len(options.labels) / per_step)
    num_steps = probe if options.tiny else min(wanted, affordable)
    record.add(ms=1e3 * per_step, steps=num_steps, steps_wanted=wanted)
    for num_labels in options.labels:
        errors, seconds = run(num_labels)
        record.add(
            labels=num_labels,
            seconds=seconds,
            epochs=num_steps * BATCH_SIZE / len(x),
            semi_supervised=errors[:, 0].tolist(),
            labels_only=errors[:, 1].tolist(),
            mean=errors.mean(axis=0).tolist(),
            sd=errors.std(axis=0, ddof=1).tolist(),
        )


if __name__ == "__main__":
    main()
