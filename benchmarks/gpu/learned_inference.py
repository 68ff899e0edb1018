"""Learned inference on MNIST, several seeds of `examples/inference.py`.

    OUT=out python benchmarks/gpu/learned_inference.py --data mnist
    OUT=out python benchmarks/gpu/learned_inference.py --data mnist --tiny

Each seed trains a bidirectional GAN and an added encoder for `--steps` steps each. The
row of a seed has the accuracy of the nearest neighbor in each space of codes.
"""

import pathlib
import sys
import time

from common import Record, parser

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "examples"))
import inference as example


def main() -> None:
    """Run each seed, until the next one would exceed `--seconds`."""
    options = parser(__doc__, 480, seeds=(0, 1, 2))
    options.add_argument("--steps", type=int, default=28_000)
    options = options.parse_args()
    search_steps = 300
    if options.tiny:
        options.steps, options.seeds, search_steps = 20, options.seeds[:1], 2
    record = Record("learned_inference", options)
    begin, longest = time.perf_counter(), 0.0
    for seed in options.seeds:
        start = time.perf_counter()
        if start - begin + longest > options.seconds:
            record.add(seed=seed, stopped="no time for another seed")
            break
        result = example.main(
            options.data, options.steps, options.steps, search_steps, seed
        )
        longest = max(longest, time.perf_counter() - start)
        rows = {name: getattr(value, "value", value) for name, value in result.items()}
        record.add(seed=seed, **{name: float(value) for name, value in rows.items()})


if __name__ == "__main__":
    main()
