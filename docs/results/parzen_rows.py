"""What a Parzen score is to be read beside: true data and k-means centers, on MNIST.

    python docs/results/parzen_rows.py --data-dir DIR

DIR holds the four official files.
"""

import argparse
import time

import advnet
from advnet import parzen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--num", type=int, default=10_000)
    options = parser.parse_args()
    train, valid, test, *_ = advnet.data.mnist(options.data_dir)
    started = time.monotonic()
    # The samples are training examples too: their row is the true data's again.
    rows = parzen.table(train.x[: options.num], train.x, valid.x[:1000], test.x)
    print(rows)
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
