"""Notes on the layout of the user's data, and on the devices."""

import numpy as np

from advnet._examples import are_bytes
from advnet.runs._config import Config
from advnet.runs._experiment import Experiment
from advnet.runs._folder import RunFolder

_MIN_SIDE = 8
_CHANNELS = (1, 3, 4)


def collect_notes(
    experiment: Experiment, config: Config, folder: RunFolder
) -> list[str]:
    """Return sentences that a user should read before training."""
    notes = []
    x = experiment.dataset.train.x
    if config.recipe is None and (expression := advise_layout(x)):
        notes.append(
            f"If these are images, save {expression} in place of x: images [n, h, w, "
            "c] in [0, 1] whose sides are multiples of 4 get a convolutional pair."
        )
    if (table := experiment.dataset.table) is not None:
        kinds = ", ".join(f"{name} {kind}" for name, kind in table.kinds.items())
        notes.append(f"Kinds of the columns: {kinds}. Correct them with --kinds.")
    here, recorded = experiment.num_devices, folder.read_record().devices
    if here != recorded:
        notes.append(
            f"The run was started on {recorded} device{'s' * (recorded > 1)} and goes "
            f"on with {here}: results agree to rounding, not to the bit."
        )
    return notes


def advise_layout(x: np.ndarray) -> str:
    """Return the expression that makes images of `x` [n, ...] what networks expect.

    Convolutional networks need [n, h, w, c] in [0, 1]. The result is "" if the examples
    do not look like images in another layout or range.

    Examples:
      >>> advise_layout(np.full((10, 3, 16, 16), 255.0))
      'numpy.moveaxis(x, 1, -1) / 255'
      >>> advise_layout(np.zeros((10, 2)))
      ''
    """
    shape = x.shape[1:]
    if are_bytes(x):
        return ""
    if len(shape) == 2 and min(shape) >= _MIN_SIDE:
        expression = "x[..., None]"
    elif len(shape) == 3 and shape[2] in _CHANNELS and min(shape[:2]) >= _MIN_SIDE:
        expression = "x"
    elif len(shape) == 3 and shape[0] in _CHANNELS and min(shape[1:]) >= _MIN_SIDE:
        expression = "numpy.moveaxis(x, 1, -1)"
    else:
        return ""
    low, high = float(x.min()), float(x.max())
    if -1 <= low < 0 <= high <= 1:
        expression = f"({expression} + 1) / 2"
    elif low >= 0 and 1 < high <= 255:
        expression += " / 255"
    elif not 0 <= low <= high <= 1:
        return ""
    return "" if expression == "x" else expression
