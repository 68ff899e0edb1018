"""A reproduced result, and the files it is written to."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from advnet import reporting
from advnet._files import write_json, write_text
from advnet.paper._settings import Settings
from advnet.runs import current_provenance


class Result(NamedTuple):
    """Numbers, and their picture or text.

    Attributes:
      numbers: The values for the JSON file.
      image: The picture as pixels [h, w, c].
      text: The table in Markdown.
      draw: A function that draws the picture into a file.
    """

    numbers: dict[str, Any]
    image: np.ndarray | None = None
    text: str | None = None
    draw: Callable[[Path], Path] | None = None


def write_result(settings: Settings, result: Result, start: float) -> list[Path]:
    """Write a result with its provenance.

    Args:
      settings: The settings of the result.
      result: The result.
      start: Time at the start of the command, from `time.monotonic`.

    Returns:
      The files written.
    """
    settings.out.mkdir(parents=True, exist_ok=True)
    era = "" if settings.era == "2014" else f"-{settings.era}"
    name = f"{settings.result}-{settings.scale}{era}{settings.variant}"
    picture = settings.out / f"{name}.png"
    paths = []
    if result.image is not None:
        paths.append(reporting.save_image(picture, result.image))
    if result.draw is not None:
        paths.append(result.draw(picture))
    if result.text is not None:
        paths.append(write_text(settings.out / f"{name}.md", result.text))
    record = {
        "result": settings.result,
        "scale": settings.scale,
        "era": settings.era,
        "updates": settings.updates,
        "k": settings.k,
        **result.numbers,
        **current_provenance()._asdict(),
        "seeds": settings.seeds,
        "seconds of this command": round(time.monotonic() - start, 1),
    }
    return [*paths, write_json(settings.out / f"{name}.json", record)]
