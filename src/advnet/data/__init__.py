"""Data sets as NumPy arrays, and minibatches as a function of the step.

Every reader returns plain arrays in memory: images are float32 [n, h, w, c] in
[0, 1], labels int32 [n]. Files are checked before they are believed: damage, a
wrong size or a wrong layout is a `ValueError` which names the file. Pickles are
never loaded.

Downloads, image files and `mnist_5k` need ``pip install "advnet[data]"``.
"""

from advnet.data._accelerated import on_device, on_mesh, prefetch
from advnet.data._cifar10 import cifar10
from advnet.data._contrast import contrast_normalized
from advnet.data._dataset import Dataset, Split
from advnet.data._files import load
from advnet.data._idx import read_idx
from advnet.data._image_folder import image_folder
from advnet.data._minibatches import Minibatches, minibatches
from advnet.data._mnist import mnist, mnist_5k
from advnet.data._source import from_source
from advnet.data._tfd import tfd

__all__ = [
    "Dataset",
    "Minibatches",
    "Split",
    "cifar10",
    "contrast_normalized",
    "from_source",
    "image_folder",
    "load",
    "minibatches",
    "mnist",
    "mnist_5k",
    "on_device",
    "on_mesh",
    "prefetch",
    "read_idx",
    "tfd",
]
