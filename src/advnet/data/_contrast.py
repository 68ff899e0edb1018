import numpy as np

from advnet._moments import compute_moments

_BLOCK = 1_000  # images in memory as float64


def contrast_normalized(images: np.ndarray, *, scale: float = 55.0) -> np.ndarray:
    """Subtract the mean of each image and scale the image to a fixed norm.

    The paper trained on CIFAR-10 in this form.

    Args:
      images: Pixels [n, h, w, c].
      scale: Euclidean norm of every image; a constant image becomes 0.

    Returns:
      float32 [n, h, w, c]; the mean of every image is 0.

    Raises:
      ValueError: If the array does not have four axes.

    Examples:
      >>> images = np.random.default_rng(0).uniform(size=(2, 4, 4, 3))
      >>> normalized = contrast_normalized(images)
      >>> np.linalg.norm(normalized.reshape(2, -1), axis=1).round(3).tolist()
      [55.0, 55.0]

    References:
      Goodfellow et al. 2014, the published configuration for CIFAR-10.
    """
    if images.ndim != 4:
        raise ValueError(f"Expected images [n, h, w, c], got shape {images.shape}.")
    normalized = np.empty(images.shape, np.float32)
    for start in range(0, len(images), _BLOCK):
        rows = slice(start, start + _BLOCK)
        pixels = images[rows].reshape(len(images[rows]), -1).T
        moments = compute_moments(pixels)
        standardized = np.where(moments.deviation > 0, moments.standardize(pixels), 0)
        factor = scale / np.sqrt(len(pixels))
        normalized[rows] = (factor * standardized.T).reshape(images[rows].shape)
    return normalized
