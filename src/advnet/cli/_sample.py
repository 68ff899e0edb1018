"""`advnet sample`, `interpolate` and `export`: what a finished run is asked for."""

from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
import tyro

from advnet import _validation, games, reporting
from advnet._extras import require
from advnet._files import atomic_write, write_array
from advnet.cli._experiment import Experiment, finished, is_averaged
from advnet.types import State


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Draws samples of a run: an array, or a picture.

    advnet sample runs/mnist-1 --num 64 --out digits.png
    """

    run: tyro.conf.Positional[Path]
    """The run folder."""
    num: int = 64
    """How many."""
    seed: int = 0
    """Of the noise: the same seed draws the same samples."""
    out: Path = Path("samples.npy")
    """A .npy file for the array [num, ...], a .png for a grid of images."""


@dataclass(frozen=True, kw_only=True)
class Interpolate:
    """Draws samples along straight lines in z, as Figure 3 of the paper.

    advnet interpolate runs/mnist-1 --rows 4 --out lines.png
    """

    run: tyro.conf.Positional[Path]
    """The run folder."""
    rows: int = 4
    """Lines."""
    columns: int = 10
    """Points on each, its ends among them."""
    seed: int = 0
    """Of the ends."""
    out: Path | None = None
    """A .npy file for the array [rows, columns, ...], a .png for a grid of images; by
    default interpolation.png of images, interpolation.npy of all else."""


@dataclass(frozen=True, kw_only=True)
class Export:
    """Writes the sampler as one file that JAX loads without this library.

    It takes one key for each sample, as many as one likes:

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
    """Where it is to run."""


def sample(options: Sample) -> int:
    """Runs `advnet sample`."""
    _validation.check_at_least(1, num=options.num)
    made, state = finished(options.run)
    key = jax.random.key(options.seed)
    _write(made, options.out, made.draw(state, options.num, key=key), columns=8)
    return 0


def interpolate(options: Interpolate) -> int:
    """Runs `advnet interpolate`."""
    _validation.check_at_least(1, rows=options.rows, columns=options.columns)
    made, state = finished(options.run)
    key = jax.random.key(options.seed)
    lines = made.interpolate(state, options.rows, options.columns, key=key)
    out = options.out
    if out is None:
        out = Path("interpolation").with_suffix(".png" if made.is_images() else ".npy")
    if out.suffix == ".png":
        lines = lines.reshape(-1, *lines.shape[2:])
    _write(made, out, lines, columns=options.columns)
    return 0


def export(options: Export) -> int:
    """Runs `advnet export`."""
    made, state = finished(options.run)
    keys = jax.ShapeDtypeStruct(jax.export.symbolic_shape("b, 2"), np.uint32)
    exported = jax.export.export(
        jax.jit(sampler(made, state)), platforms=options.platforms
    )(keys)
    with atomic_write(options.out) as part:
        part.write_bytes(exported.serialize())
    _say(options.out)
    return 0


def sampler(made: Experiment, state: State):
    """A function from raw keys [b, 2] to samples [b, ...], the state inside it."""

    def one(data: jax.Array) -> jax.Array:
        key = jax.random.wrap_key_data(data)
        average = is_averaged(state)
        return games.sample(made.recipe.game, state, key, 1, average=average)[0]

    return jax.vmap(one)


def _write(made: Experiment, path: Path, x: np.ndarray, columns: int) -> None:
    if path.suffix == ".npy":
        write_array(path, x)
    elif path.suffix == ".png" and made.is_images():
        grid = reporting.image_grid(made.shown(x), columns=columns)
        reporting.save_image(path, grid)
    else:
        raise ValueError(
            f"Expected --out to end in .npy, or in .png for images; got {path} for "
            f"examples of shape {x.shape[1:]}."
        )
    _say(path)


def _say(path: Path) -> None:
    require("rich.console", "cli").Console().print(f"Written: {path}", highlight=False)
