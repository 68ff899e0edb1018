"""`advnet invert`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro

from advnet import data, reporting, runs
from advnet._files import make_parent, write_array
from advnet.cli._console import console, print_written
from advnet.runs import Run

_MAX_SHOWN = 100  # examples in the picture


@dataclass(frozen=True, kw_only=True)
class Invert:
    """Search for the noise z whose samples are nearest to pictures or other examples.

    Writes z, the reconstructions and, for images, a picture of both:

        advnet invert runs/faces-1 picture.png --out inversion
    """

    run: tyro.conf.Positional[Path]
    """The run folder."""
    examples: tyro.conf.Positional[Path]
    """A picture, a folder of pictures, or a .npy file of examples [m, ...]. Pictures
    are cropped and resampled to the size of the training data."""
    condition: str | None = None
    """Name or index of the class of the examples; needed for a run with labels."""
    seed: int = 0
    """Seed of the starting points."""
    out: Path = Path("inversion")
    """Folder of the results."""


def invert(options: Invert) -> int:
    """Run `advnet invert`; return the exit code."""
    run = runs.open(options.run)
    x = _load(options.examples, run)
    result = run.invert(x, condition=options.condition, seed=options.seed)
    folder = options.out
    written = {"z.npy": result.z, "reconstruction.npy": result.reconstruction}
    for name, array in written.items():
        print_written(write_array(make_parent(folder / name), array))
    if run.experiment.is_images():
        rows = np.stack([x[:_MAX_SHOWN], result.reconstruction[:_MAX_SHOWN]])
        pixels = run.experiment.as_pixels(rows)
        grid = reporting.labeled_grid(pixels, ["examples", "reconstructions"])
        print_written(reporting.save_image(folder / "inversion.png", grid))
    mean = float(np.sqrt(result.error.mean()))
    console().print(f"Root mean squared error: {mean:.3g}", highlight=False)
    return 0


def _load(path: Path, run: Run) -> np.ndarray:
    """Return examples [m, ...] in the form of the training data."""
    shape = run.dataset.train.x.shape[1:]
    is_picture = path.is_dir() or path.suffix.lower() != ".npy"
    if not is_picture:
        return data.load_examples(path)
    if not run.experiment.is_images():
        raise ValueError(
            f"Expected a .npy file of examples {list(shape)}, got {path}: the run was "
            "not trained on images."
        )
    paths = data.list_images(path).paths if path.is_dir() else [path]
    pixels, _ = data.read_images(paths, size=shape[:2], channels=shape[2])
    return pixels.astype(np.float32) / 255
