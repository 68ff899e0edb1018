from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from advnet._extras import require


class Panel(NamedTuple):
    """One state of a one-dimensional game, as in Figure 1 of the paper.

    Attributes:
      x: Places on the data's axis, in order [n].
      data: The data's density there [n].
      generator: The generator's density there [n].
      discriminator: D there, in [0, 1] [n].
      z: Some values of the noise, in order [m].
      mapped: G at each of them [m].
    """

    x: np.ndarray
    data: np.ndarray
    generator: np.ndarray
    discriminator: np.ndarray
    z: np.ndarray
    mapped: np.ndarray


def figure1(path: str | Path, panels: Mapping[str, Panel]) -> Path:
    """Draws states of a one-dimensional game side by side (Figure 1 of the paper).

    Data's density dotted black, the generator's green, D blue and dashed; below, arrows
    from noise to samples.

    Args:
      path: Where to; the ending says the format.
      panels: By title, from left to right.

    Returns:
      The path.

    Raises:
      ImportError: Without `pip install "advnet[plot]"`.

    Examples:
      >>> x = np.linspace(-3, 3, 50)
      >>> bump = np.exp(-(x**2) / 2) / 2.5
      >>> panel = Panel(x, bump, bump, np.full(50, 0.5), np.arange(3), np.arange(3))
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
        start = low + (high - low) * _unit(panel.z)
        for tail, head in zip(start, panel.mapped, strict=True):
            below.annotate(
                "", (head, 1), (tail, 0), arrowprops={"arrowstyle": "->", "lw": 0.6}
            )
        below.set(xlim=(low, high), ylim=(0, 1), yticks=(0, 1), yticklabels=("z", "x"))
    grid[0, 0].legend(fontsize=7, loc="upper left")
    figure.savefig(path, dpi=150)
    return Path(path)


def _unit(z: np.ndarray) -> np.ndarray:
    """Noise on [0, 1], so that it spans the panel."""
    return (z - z.min()) / (z.max() - z.min())
