from collections.abc import Mapping
from pathlib import Path

import numpy as np

from advnet._extras import require


def scatter(path: str | Path, panels: Mapping[str, np.ndarray]) -> Path:
    """Draw sets of points side by side, on common axes.

    Args:
      path: The file; its suffix selects the format.
      panels: Points [n, 2] by title, from left to right.

    Returns:
      The path.

    Raises:
      ImportError: Without `pip install "advnet[plot]"`.
      ValueError: If the points of a panel are not [n, 2].

    Examples:
      >>> folder = pathlib.Path(tempfile.mkdtemp())
      >>> scatter(folder / "clouds.png", {"data": np.eye(2), "G": np.ones((5, 2))}).name
      'clouds.png'
    """
    clouds = {title: np.asarray(points) for title, points in panels.items()}
    for title, points in clouds.items():
        if points.ndim != 2 or points.shape[1] != 2:
            raise ValueError(f"Expected points [n, 2] for {title}, got {points.shape}.")
    figure = require("matplotlib.figure", "plot").Figure(
        (2.1 * len(clouds), 2.3), layout="constrained"
    )
    axes = figure.subplots(1, len(clouds), squeeze=False, sharex=True, sharey=True)
    for ax, (title, points) in zip(axes[0], clouds.items(), strict=True):
        ax.scatter(*points.T, s=0.3)
        ax.set_title(title, fontsize=8)
    figure.savefig(path, dpi=150)
    return Path(path)
