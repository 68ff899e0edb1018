"""What a reproduction makes, and how it is written."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from advnet import reporting
from advnet._files import write_json, write_text
from advnet.cli._folder import made_with
from advnet.cli._reproduce._options import Reproduce


class Result(NamedTuple):
    """Numbers, and how to show them: an image, a text, or something that draws."""

    numbers: dict[str, Any]
    image: np.ndarray | None = None
    text: str | None = None
    draw: Callable[[Path], Path] | None = None


def write(options: Reproduce, result: Result, began: float) -> list[Path]:
    """Writes a result and its provenance; returns the files."""
    options.out.mkdir(parents=True, exist_ok=True)
    era = "" if options.era == "2014" else f"-{options.era}"
    name = f"{options.result}-{options.scale}{era}{options.variant}"
    picture = options.out / f"{name}.png"
    written = []
    if result.image is not None:
        written.append(reporting.save_image(picture, result.image))
    if result.draw is not None:
        written.append(result.draw(picture))
    if result.text is not None:
        written.append(write_text(options.out / f"{name}.md", result.text))
    record = {
        "result": options.result,
        "scale": options.scale,
        "era": options.era,
        "updates": options.updates,
        "k": options.k,
        **result.numbers,
        **made_with(),
        "seeds": options.seeds,
        "seconds of this command": round(time.monotonic() - began, 1),
    }
    return [*written, write_json(options.out / f"{name}.json", record)]
