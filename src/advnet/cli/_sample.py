"""`advnet sample`, `advnet interpolate` and `advnet export`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro

from advnet import reporting, runs
from advnet._files import make_parent, write_array
from advnet._validation import check_at_least
from advnet.cli._console import print_written
from advnet.runs import Run


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Draw samples of a run, as an array or as a picture.

    advnet sample runs/mnist-1 --num 64 --out digits.png
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
    out: Path = Path("samples.npy")
    """A .npy file for the array [num, ...], or a .png file for a grid of images."""


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
    if options.out.suffix == ".png" and run.class_names and options.condition is None:
        names = run.class_names[: options.num]
        columns = options.num // len(names)
        condition = [name for name in names for _ in range(columns)]
        samples = run.sample(len(condition), condition=condition, **draw)
        rows = samples.reshape(len(names), columns, *samples.shape[1:])
        check_picture(run, options.out, rows[0])
        image = reporting.labeled_grid(run.experiment.as_pixels(rows), names)
        reporting.save_image(make_parent(options.out), image)
        print_written(options.out)
        return 0
    samples = run.sample(options.num, condition=options.condition, **draw)
    _write(run, options.out, samples, columns=8)
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
