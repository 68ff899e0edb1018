from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from advnet._extras import require


class Panel(NamedTuple):
    """State of a one-dimensional game, one panel of Figure 1 of the paper.

    Attributes:
      x: Increasing positions on the axis of the data [n].
      data: Density of the data at `x` [n].
      generator: Density of the generator at `x` [n].
      discriminator: Output of the discriminator at `x`, in [0, 1] [n].
      z: Increasing values of the noise [m].
      mapped: Output of the generator at `z` [m].
    """

    x: np.ndarray
    data: np.ndarray
    generator: np.ndarray
    discriminator: np.ndarray
    z: np.ndarray
    mapped: np.ndarray


def figure1(path: str | Path, panels: Mapping[str, Panel]) -> Path:
    """Draw states of a one-dimensional game side by side, as Figure 1 of the paper.

    The density of the data is dotted and black, the density of the generator green,
    the discriminator dashed and blue. Below, arrows lead from noise to samples.

    Args:
      path: The file; its suffix selects the format.
      panels: Panels by title, from left to right.

    Returns:
      The path.

    Raises:
      ImportError: Without `pip install "advnet[plot]"`.

    Examples:
      >>> x = np.linspace(-3, 3, 50)
      >>> normal = np.exp(-(x**2) / 2) / 2.5
      >>> panel = Panel(x, normal, normal, np.full(50, 0.5), np.arange(3), np.arange(3))
      >>> folder = pathlib.Path(tempfile.mkdtemp())
      >>> figure1(folder / "one.png", {"(d)": panel}).name
      'one.png'

    References:
      Goodfellow et al. 2014, Figure 1.
    """
    figure = require("matplotlib.figure", "plot").Figure(
        (2.6 * len(panels), 3.2), layout="constrained"
    )
    grid = figure.subplots(
        2, len(panels), squeeze=False, height_ratios=(3, 1), sharex="col"
    )
    for (above, below), (title, panel) in zip(grid.T, panels.items(), strict=True):
        above.plot(panel.x, panel.data, "k:", label="data")
        above.plot(panel.x, panel.generator, "g-", label="generator")
        above.plot(panel.x, panel.discriminator, "b--", label="D")
        highest = max(1.0, panel.data.max(), panel.generator.max())
        above.set(title=title, ylim=(0, 1.05 * highest))
        low, high = panel.x[0], panel.x[-1]
        start = low + (high - low) * _unit_interval(panel.z)
        for tail, head in zip(start, panel.mapped, strict=True):
            below.annotate(
                "", (head, 1), (tail, 0), arrowprops={"arrowstyle": "->", "lw": 0.6}
            )
        below.set(xlim=(low, high), ylim=(0, 1), yticks=(0, 1), yticklabels=("z", "x"))
    grid[0, 0].legend(fontsize=7, loc="upper left")
    figure.savefig(path, dpi=150)
    return Path(path)


def _unit_interval(z: np.ndarray) -> np.ndarray:
    """Scale noise to [0, 1], so that its arrows span the panel."""
    return (z - z.min()) / (z.max() - z.min())
