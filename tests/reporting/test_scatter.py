"""Sets of points side by side."""

import numpy as np
import pytest

from advnet import reporting


def test_scatter_draws_every_panel_and_refuses_other_shapes(tmp_path):
    pytest.importorskip("matplotlib")
    image = pytest.importorskip("PIL.Image")
    sizes = []
    for num in (1, 3):
        panels = {str(index): np.eye(2) for index in range(num)}
        path = reporting.scatter(tmp_path / f"{num}.png", panels)
        with image.open(path) as drawn:
            sizes.append(drawn.width)
    assert sizes[1] == 3 * sizes[0]
    with pytest.raises(ValueError, match=r"points \[n, 2\] for b, got \(2, 3\)"):
        reporting.scatter(tmp_path / "x.png", {"b": np.ones((2, 3))})
