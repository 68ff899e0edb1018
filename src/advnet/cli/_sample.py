"""`advnet sample`, `advnet interpolate` and `advnet export`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro

from advnet import data, reporting, runs
from advnet._files import make_parent, write_array
from advnet._validation import check_at_least
from advnet.cli._console import print_written
from advnet.runs import Run


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Draw samples of a run, as an array, as a picture or as a table.

    advnet sample runs/mnist-1 --num 64 --out digits.png

    Rows of a table have its columns, in their order:

    advnet sample runs/rows-1 --num 1000 --out new.csv
    """

    run: tyro.conf.Positional[Path]
    """The run folder."""
    num: int = 64
    """Number of samples."""
    seed: int = 0
    """Seed of the noise: the same seed draws the same samples."""
    condition: str | None = None
    """Name or index of a class, for a run with labels. By default classes have the
    frequencies of the training data; a .png then has one row for each class."""
    truncation: float | None = None
    """Largest absolute value of the noise, which is drawn again beyond it: smaller
    values, such as .7, give more typical and less varied samples."""
    extrapolate: bool = False
    """Let numbers of a table lie beyond the range of the data."""
    out: Path | None = None
    """A .npy file for the array [num, ...], a .png file for a grid of images, or a
    .csv, .tsv or .parquet file for rows of a table or of series. The default is
    samples.csv for a table, samples.npy otherwise."""


@dataclass(frozen=True, kw_only=True)
class Interpolate:
    """Draw samples along straight lines in z, as Figure 3 of the paper.

    advnet interpolate runs/mnist-1 --rows 4 --out lines.png
    """

    run: tyro.conf.Positional[Path]
    """The run folder."""
    rows: int = 4
    """Number of lines."""
    columns: int = 10
    """Number of points on each line, both ends included."""
    seed: int = 0
    """Seed of the ends."""
    condition: str | None = None
    """Name or index of a class, for a run with labels. By default each row has a class
    drawn at random."""
    out: Path | None = None
    """A .npy file for the array [rows, columns, ...], or a .png file for a grid of
    images. The default is interpolation.png for images, interpolation.npy otherwise."""


@dataclass(frozen=True, kw_only=True)
class Export:
    """Write the sampler as one file that JAX loads without this library.

    The sampler takes one key for each sample, and any number of keys:

        advnet export runs/mnist-1 --out sampler.jax

        import jax
        sampler = jax.export.deserialize(open("sampler.jax", "rb").read())
        keys = jax.random.split(jax.random.key(0), 16)
        samples = sampler.call(jax.random.key_data(keys))
    """

    run: tyro.conf.Positional[Path]
    """The run folder."""
    out: Path = Path("sampler.jax")
    """The file."""
    platforms: tuple[str, ...] = ("cpu", "cuda", "tpu")
    """Platforms that the sampler is to run on."""


def sample(options: Sample) -> int:
    """Run `advnet sample`; return the exit code."""
    check_at_least(1, num=options.num)
    run = runs.open(options.run)
    draw = {"seed": options.seed, "truncation": options.truncation}
    is_table = run.dataset.table is not None
    out = options.out or Path("samples.csv" if is_table else "samples.npy")
    if out.suffix.lower() in data.TABLE_SUFFIXES or is_table or options.extrapolate:
        rows = run.sample_rows(
            options.num,
            condition=options.condition,
            extrapolate=options.extrapolate,
            **draw,
        )
        data.write_table(rows, make_parent(out))
        print_written(out)
        return 0
    if out.suffix == ".png" and run.class_names and options.condition is None:
        names = run.class_names[: options.num]
        columns = options.num // len(names)
        condition = [name for name in names for _ in range(columns)]
        samples = run.sample(len(condition), condition=condition, **draw)
        rows = samples.reshape(len(names), columns, *samples.shape[1:])
        check_picture(run, out, rows[0])
        image = reporting.labeled_grid(run.experiment.as_pixels(rows), names)
        reporting.save_image(make_parent(out), image)
        print_written(out)
        return 0
    samples = run.sample(options.num, condition=options.condition, **draw)
    _write(run, out, samples, columns=8)
    return 0


def interpolate(options: Interpolate) -> int:
    """Run `advnet interpolate`; return the exit code."""
    check_at_least(1, rows=options.rows, columns=options.columns)
    run = runs.open(options.run)
    lines = run.interpolate(
        options.rows, options.columns, seed=options.seed, condition=options.condition
    )
    suffix = ".png" if run.experiment.is_images() else ".npy"
    out = options.out or Path("interpolation").with_suffix(suffix)
    if out.suffix == ".png":
        lines = lines.reshape(-1, *lines.shape[2:])
    _write(run, out, lines, columns=options.columns)
    return 0


def export(options: Export) -> int:
    """Run `advnet export`; return the exit code."""
    run = runs.open(options.run)
    print_written(run.export(options.out, platforms=options.platforms))
    return 0


def _write(run: Run, path: Path, x: np.ndarray, columns: int) -> None:
    if path.suffix == ".npy":
        write_array(make_parent(path), x)
    else:
        check_picture(run, path, x)
        images = run.experiment.as_pixels(x)
        grid = reporting.image_grid(images, columns=columns)
        reporting.save_image(make_parent(path), grid)
    print_written(path)


def check_picture(run: Run, path: Path, x: np.ndarray) -> None:
    """Raise if examples [n, ...] of a run cannot be written as a picture."""
    if path.suffix != ".png" or not run.experiment.is_images():
        raise ValueError(
            f"Expected --out to end in .npy, or in .png for images; got {path} for "
            f"examples of shape {x.shape[1:]}."
        )
