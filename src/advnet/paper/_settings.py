from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ResultName = Literal[
    "table1",
    "figure1",
    "figure2a",
    "figure2b",
    "figure2c",
    "figure2d",
    "figure3",
    "ablation",
]
"""Name of a table, of a figure or of the ablation."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a reproduced table or figure."""

    result: ResultName
    """Figure 2 shows (a) MNIST, (b) faces, (c) CIFAR-10 with the fully connected pair,
    (d) CIFAR-10 with the convolutional pair. "ablation" compares the authors' code with
    Algorithm 1, one difference at a time."""
    scale: Literal["tiny", "paper"] = "tiny"
    """A few steps, in minutes on two cores; or the length of training in the paper.
    Figure 1 is the same at both scales."""
    era: Literal["2014", "today"] = "2014"
    """The authors' training, or the same networks trained by today's practice."""
    mnist: Path | None = None
    """Folder with the four files of MNIST. The default is 5,000 digits that a package
    ships."""
    cifar10: Path | None = None
    """Folder with the binary files of CIFAR-10, downloaded by default."""
    faces: Path | None = None
    """A .mat file in the layout of the Toronto Face Database, for figure2b and the
    second column of table1."""
    updates: Literal["simultaneous", "alternating"] = "simultaneous"
    """Order of updates with era 2014: simultaneous, as the authors' code, or
    alternating, as Algorithm 1."""
    k: int = 1
    """Critic steps for each generator step, with alternating updates."""
    seeds: int = 1
    """Number of runs of each row, for table1 on MNIST and for ablation; number of games
    for figure1."""
    out: Path = Path("reproduced")
    """Folder of the results and of the training runs."""

    @property
    def variant(self) -> str:
        """Ending of file names that tells Algorithm 1 from the authors' updates."""
        return f"-alternating-{self.k}" if self.updates == "alternating" else ""
