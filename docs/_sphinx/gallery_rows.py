"""The examples of the gallery: group, file, picture and page of results."""

from typing import NamedTuple


class Example(NamedTuple):
    """Row of the gallery.

    `name` is the file in `examples`, `page` the page in `docs/results`, and `picture`
    the file in `docs/images`. Pictures in `gallery/` are charts of the page's numbers,
    drawn by `docs/thumbnails.py`.
    """

    name: str
    page: str
    picture: str


def charted(name):
    """Return the row of an example whose picture is a chart of its own page."""
    return Example(name, name, f"gallery/{name}.png")


GALLERY = {
    "Images": [
        Example("conditional", "conditional", "conditional.png"),
        Example("paired_translation", "paired_translation", "paired_translation.png"),
        Example("super_resolution", "super_resolution", "super_resolution.png"),
        Example("tokenizer", "tokenizer", "tokenizer.png"),
        Example("inpainting", "inpainting", "inpainting.png"),
        charted("small_data"),
    ],
    "Codes and missing values": [
        Example("inference", "inference", "inference.png"),
        Example("infogan", "relatives", "infogan.png"),
        Example("independent_codes", "relatives", "gallery/independent_codes.png"),
        Example("all_conditionals", "inpainting", "gallery/all_conditionals.png"),
    ],
    "Labels": [
        charted("semi_supervised"),
        Example("two_moons", "semi_supervised", "moons.png"),
        Example("linear_probe", "semi_supervised", "gallery/linear_probe.png"),
        charted("domain_adaptation"),
        charted("robust_classifier"),
        charted("anomaly"),
    ],
    "Distributions": [
        charted("mixtures"),
        Example("dynamics", "dynamics", "dynamics.png"),
        Example("better_noise", "dynamics", "better_noise.png"),
        Example("cycle", "relatives", "cycle.png"),
        Example("noise_contrastive", "relatives", "gallery/noise_contrastive.png"),
        charted("ratio_estimation"),
    ],
    "Sound and control": [
        charted("vocoder"),
        charted("imitation"),
    ],
}
EXAMPLES = [example for group in GALLERY.values() for example in group]
