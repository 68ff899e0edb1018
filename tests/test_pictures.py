"""Tests of the pictures of the documents: their numbers are those of the pages."""

import importlib.util
import json
import math
import re

import jax.numpy as jnp
import numpy as np
import pytest
from documents import ROOT

from advnet import theory

DOCS = ROOT / "docs"


def load_script(name):
    """Import a script of the folder docs."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def numbers():
    text = (DOCS / "_static" / "play_data.js").read_text()
    return json.loads(text.removeprefix("window.ADVNET_PLAY = ").removesuffix(";\n"))


def test_every_chart_of_the_gallery_is_drawn_from_a_table():
    thumbnails = load_script("thumbnails")
    for name, chart in thumbnails.CHARTS.items():
        assert thumbnails.read_chart(chart), name
        assert (thumbnails.FOLDER / f"{name}.png").exists(), "Run docs/thumbnails.py"


def test_every_plot_of_the_metrics_is_on_their_page():
    plots = load_script("metric_plots")
    text = (DOCS / "metrics.md").read_text()
    assert {path.stem for path in plots.FOLDER.iterdir()} == set(plots.FIGURES)
    for name in plots.FIGURES:
        path = plots.FOLDER / f"{name}.png"
        assert f"](images/metrics/{path.name})" in text, name
        assert path.stat().st_size < 40_000, name


def test_numbers_of_a_cell():
    numbers = load_script("thumbnails").numbers
    assert numbers("1,000") == [1000]
    assert numbers("0.854, 0.842, -0.849") == [0.854, 0.842, -0.849]
    assert numbers("87.59 ± 0.33 %") == [87.59]
    assert numbers("8 (8)") == [8]


def test_simultaneous_steps_have_the_distance_of_theory(numbers):
    """Each step multiplies the squared distance by 1 + h**2."""
    for rate, path in numbers["bilinear"]["simultaneous"].items():
        expected = 800 * (1 + float(rate) ** 2) ** (np.arange(61) / 2)
        np.testing.assert_allclose(np.hypot(*np.transpose(path)), expected, 1e-4, 1)


@pytest.mark.ci
@pytest.mark.parametrize(
    "rule", ["alternating", "averaged", "extragradient", "optimistic"]
)
def test_stored_paths_are_those_of_the_library(numbers, rule):
    interactive = load_script("interactive")
    path = interactive.path_of(interactive.RULES[rule], 0.3)
    np.testing.assert_allclose(1000 * path, numbers["bilinear"][rule]["0.3"], atol=1)


def test_page_states_the_stored_distances(numbers):
    page = (DOCS / "play.md").read_text()
    rows = dict(
        re.findall(r"^\| `dynamics\.(\w+)` \| ([^|]+\|[^|]+\|[^|]+)\|", page, re.M)
    )
    assert set(rows) == set(numbers["bilinear"])
    for rule, cells in rows.items():
        stated = [float(cell.replace(",", "")) for cell in cells.split("|")]
        ends = [path[-1] for path in numbers["bilinear"][rule].values()]
        distances = [math.hypot(*end) / 1000 for end in ends]
        np.testing.assert_allclose(stated, distances, 5e-3, 5e-4)


def test_stored_divergences_and_optima_are_those_of_the_densities(numbers):
    for game in numbers["figure1"]["k"].values():
        data = np.array(game["data"], np.float32)
        for frame in game["frames"]:
            generator = np.array(frame["generator"], np.float32)
            p, q = (jnp.asarray(d / d.sum()) for d in (data, generator))
            divergence = float(theory.jensen_shannon(p, q))
            assert abs(divergence - frame["jsd"]) < 2e-3
            both = (data > 50) & (generator > 50)
            expected = 1000 * data[both] / (data + generator)[both]
            np.testing.assert_allclose(
                np.array(frame["optimum"])[both], expected, atol=25
            )
        assert game["frames"][-1]["jsd"] < 0.01 < 0.2 < game["frames"][0]["jsd"]
