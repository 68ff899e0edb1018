"""`advnet reproduce`."""

from dataclasses import dataclass

import tyro

from advnet import paper
from advnet.cli._console import console, print_written
from advnet.cli._train import EXIT_INTERRUPTED


@dataclass(frozen=True, kw_only=True)
class Reproduce(paper.Settings):
    """Reproduce a table or a figure of the paper, with the numbers behind it.

    Writes the picture or table, and a JSON file with its numbers, the command,
    versions, seeds and device. In minutes, to see that it works:

        advnet reproduce figure2a

    At the paper's length of training; the same command resumes after an interruption:

        advnet reproduce table1 --scale paper --mnist DIR --faces FILE --seeds 3
    """

    result: tyro.conf.Positional[paper.ResultName]
    """Figure 2 shows (a) MNIST, (b) faces, (c) CIFAR-10 with the fully connected pair,
    (d) CIFAR-10 with the convolutional pair. "ablation" compares the authors' code with
    Algorithm 1, one difference at a time."""


def reproduce(options: Reproduce) -> int:
    """Run `advnet reproduce`; return the exit code."""
    out = console()
    try:
        result, paths = paper.reproduce(options)
    except paper.Unfinished as error:
        out.print(str(error), highlight=False)
        return EXIT_INTERRUPTED
    if result.text is not None:
        out.print(result.text, highlight=False, soft_wrap=True)
    for path in paths:
        print_written(path)
    return 0
