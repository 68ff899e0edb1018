"""Pictures of the gallery for examples without images: charts of the measured numbers.

    python docs/thumbnails.py

Each chart is read from a table of `docs/results`, so it shows the numbers of that page.
Where a cell lists several seeds, the bar is their mean and the dots are the seeds.
"""

import re
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import matplotlib.pyplot as plt

RESULTS = Path(__file__).parent / "results"
FOLDER = Path(__file__).parent / "images" / "gallery"
NUMBER = re.compile(r"-?\d[\d,]*\.?\d*")
COLORS = ("#6c757d", "#d1672c", "#2a7bb5", "#4a9a5b")


class Chart(NamedTuple):
    """Bars for the rows of a table.

    `header` is a part of the header that selects the table. `columns` maps the numbers
    of columns to legends. `rows` maps parts of the first cells to labels; all rows
    whose first cell holds the part are seeds of one bar.
    """

    page: str
    header: str
    columns: dict[int, str]
    rows: dict[str, str]
    unit: str


PERCENT = "correct, %"
CHARTS = {
    "small_data": Chart(
        "small_data",
        "| digits | seed |",
        {2: "without shifts", 3: "with shifts"},
        {"400": "400", "1,000": "1,000", "4,000": "4,000", "50,000": "50,000"},
        "kernel distance by number of digits",
    ),
    "all_conditionals": Chart(
        "inpainting",
        "| known | error of the mean |",
        {1: ""},
        {x: x for x in ("none", "x3", "x2", "x2, x3", "x1", "x1, x3", "x1, x2")},
        "error of the mean, by known values",
    ),
    "semi_supervised": Chart(
        "semi_supervised",
        "| subset of labels |",
        {1: "game", 2: "labels only"},
        {"1": "subset 1", "2": "subset 2", "3": "subset 3"},
        "errors on 10,000 digits, 100 labels",
    ),
    "linear_probe": Chart(
        "semi_supervised",
        "| features | accuracy, 100 labels |",
        {2: ""},
        {"raw": "pixels", "untrained": "untrained", "trained": "critic"},
        f"1,000 labels, {PERCENT}",
    ),
    "domain_adaptation": Chart(
        "domain_adaptation",
        "| | moons, rotated",
        {1: "moons"},
        {
            "before": "before",
            "features": "features",
            "inputs": "adapter",
            "the": "labels",
        },
        f"moons of the target, {PERCENT}",
    ),
    "robust_classifier": Chart(
        "robust_classifier",
        "| | clean | random",
        {1: "clean", 3: "attacked"},
        {"plain training": "plain", "trained against": "robust"},
        "share of digits correct",
    ),
    "anomaly": Chart(
        "anomaly",
        "| absent digit |",
        {1: ""},
        {str(digit): str(digit) for digit in range(10)},
        "AUC by absent digit",
    ),
    "mixtures": Chart(
        "mixtures",
        "| seed | ring: modes |",
        {2: "ring", 5: "grid"},
        {str(seed): str(seed) for seed in range(10)},
        "good samples by seed, %",
    ),
    "noise_contrastive": Chart(
        "relatives",
        "| parameter | estimate |",
        {1: "estimate", 2: "true"},
        {"P[0, 0]": "P00", "P[1, 1]": "P11", "P[0, 1]": "P01", "log Z": "log Z"},
        "parameters of the density",
    ),
    "ratio_estimation": Chart(
        "ratio_estimation",
        "| seed | error of log p",
        {3: ""},
        {str(seed): str(seed) for seed in range(5)},
        "error of the posterior sd by seed, %",
    ),
    "vocoder": Chart(
        "vocoder",
        "| seed | log-spectral distance",
        {1: "L1 alone", 2: "with critics"},
        {"0": "seed 0", "1": "seed 1", "2": "seed 2"},
        "log-spectral distance, dB",
    ),
    "imitation": Chart(
        "imitation",
        "| demonstrations | seeds",
        {1: ""},
        {"16": "16", "4": "4", "1": "1"},
        "% of the way to the expert, by demonstrations",
    ),
    "independent_codes": Chart(
        "relatives",
        "| code | entropy",
        {1: ""},
        {"learned": "learned code", "maximum": "maximum"},
        "entropy of the code, bits",
    ),
}


def read_table(page, header):
    """Return the cells of the table of a page whose header starts as given."""
    lines = (RESULTS / f"{page}.md").read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(header))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip(" *") for cell in line.strip("|").split("|")])
    return rows


def numbers(cell):
    """Return the numbers of a cell; a bracket, an error and 1,000 are no list."""
    cell = re.sub(r"\(.*?\)|±\s*\S+", "", cell)
    values = [x.strip(" *%") for x in re.split(r",\s+", cell)]
    return [float(x.replace(",", "")) for x in values if NUMBER.fullmatch(x)]


def read_chart(chart):
    """Return the seeds of each bar, by legend and label."""
    table = read_table(chart.page, chart.header)
    values = {}
    for column, legend in chart.columns.items():
        for key, label in chart.rows.items():
            exact = [row for row in table if row[0] == key]
            rows = exact or [row for row in table if row[0].startswith(key)]
            seeds = [value for row in rows for value in numbers(row[column])]
            if not seeds:
                raise ValueError(f"{chart.page}.md: no number for {key!r}: {column}")
            values.setdefault(legend, {})[label] = seeds
    return values


def draw(name, chart):
    """Draw a chart as `docs/images/gallery/NAME.png`."""
    figure, axes = plt.subplots(figsize=(4, 3), dpi=100, layout="constrained")
    values = read_chart(chart)
    width = 0.8 / len(values)
    for number, (legend, bars) in enumerate(values.items()):
        color = COLORS[number if len(values) > 1 else 2]
        for place, seeds in enumerate(bars.values()):
            x = place + (number - (len(values) - 1) / 2) * width
            mean = sum(seeds) / len(seeds)
            axes.bar(x, mean, width, color=color, label=legend if place == 0 else None)
            if len(seeds) > 1:
                axes.plot([x] * len(seeds), seeds, ".", color="black", markersize=4)
    axes.set_xticks(range(len(chart.rows)), chart.rows.values())
    axes.axhline(0, color="black", linewidth=0.5)
    axes.set_title(chart.unit, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    if len(values) > 1:
        figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    figure.savefig(FOLDER / f"{name}.png", metadata={"Software": None})
    plt.close(figure)


def main():
    """Draw all charts."""
    mpl.use("agg")
    FOLDER.mkdir(exist_ok=True)
    for name, chart in CHARTS.items():
        draw(name, chart)


if __name__ == "__main__":
    main()
