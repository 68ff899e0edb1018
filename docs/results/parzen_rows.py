"""Compute the Parzen scores of true data and k-means centers on MNIST.

    python docs/results/parzen_rows.py --data-dir DIR

DIR holds the four official files. Compare the score of a model with these rows.
"""

import argparse
import time

import advnet
from advnet import parzen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--num", type=int, default=10_000, help="number of centers")
    options = parser.parse_args()
    train, valid, test, *_ = advnet.data.mnist(options.data_dir)
    start = time.monotonic()
    # Training examples stand in for samples: their row is the true data once more.
    samples = train.x[: options.num]
    print(parzen.table(samples, train.x, valid.x[:1000], test.x))
    print(f"{time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
