"""Data sets as NumPy arrays, and mini-batches as a function of the step.

Every reader returns plain arrays in memory: images are float32 [n, h, w, c] in
[0, 1], labels are int32 [n]. Readers check files before they use them: a damaged file,
a wrong size or a wrong layout raises a `ValueError` that names the file. Pickles are
never loaded.

Downloads, image files and `mnist_5k` need ``pip install "advnet[data]"``.
"""

from advnet.data._accelerated import on_device, on_mesh, prefetch
from advnet.data._cifar10 import cifar10
from advnet.data._contrast import contrast_normalized
from advnet.data._dataset import Dataset, Split
from advnet.data._examples import load_examples
from advnet.data._files import load
from advnet.data._idx import read_idx
from advnet.data._image_files import ImageFiles, list_images, read_images
from advnet.data._image_folder import (
    ImageSource,
    image_folder,
    image_source,
)
from advnet.data._minibatches import Minibatches, minibatches
from advnet.data._mnist import mnist, mnist_5k
from advnet.data._source import Source, from_source
from advnet.data._table import Table
from advnet.data._table_files import (
    TABLE_SUFFIXES,
    Frame,
    is_table,
    read_table,
    rows_of_series,
    write_table,
)
from advnet.data._tfd import tfd

__all__ = [
    "TABLE_SUFFIXES",
    "Dataset",
    "Frame",
    "ImageFiles",
    "ImageSource",
    "Minibatches",
    "Source",
    "Split",
    "Table",
    "cifar10",
    "contrast_normalized",
    "from_source",
    "image_folder",
    "image_source",
    "is_table",
    "list_images",
    "load",
    "load_examples",
    "minibatches",
    "mnist",
    "mnist_5k",
    "on_device",
    "on_mesh",
    "prefetch",
    "read_idx",
    "read_images",
    "read_table",
    "rows_of_series",
    "tfd",
    "write_table",
]
