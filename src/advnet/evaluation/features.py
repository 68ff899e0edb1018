"""Features for the metrics to be computed on, in place of raw values.

Each is a function from examples [m, ...] to features [m, f] whose `__name__` is told
with every number: a distance means nothing without it. Any other function does too.
"""

import dataclasses
from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet.evaluation import _inception
from advnet.evaluation._perceptron import Perceptron, Recipe, fit
from advnet.evaluation._samples import Features
from advnet.evaluation.probes import Accuracy, accuracy

__all__ = ["Classifier", "Features", "classifier", "inception", "random_projection"]


_AT_ONCE = 50  # images through Inception


def random_projection(num: int = 64, *, seed: int = 0) -> Features:
    """Projections on random directions, which keep squared distances on average.

    The weights are normal with variance 1 / num: squared distances are kept up to a
    relative error of sqrt(2 / num). Needs no training and favors no model.

    Args:
      num: How many features.
      seed: Of the directions.

    Returns:
      Features [m, num] of examples [m, ...] of any one size.

    Raises:
      ValueError: If `num` is below 1.

    Examples:
      >>> project = random_projection(3)
      >>> project(np.ones((5, 28, 28, 1))).shape, project.__name__
      ((5, 3), 'random projection to 3, seed 0')

    References:
      Johnson and Lindenstrauss 1984.
    """
    _validation.check_at_least(1, num=num)

    def project(x):
        flat = np.asarray(x, np.float64).reshape(len(x), -1)
        weights = np.random.default_rng(seed).normal(size=(flat.shape[1], num))
        return flat @ weights / np.sqrt(num)

    project.__name__ = f"random projection to {num}, seed {seed}"
    return project


def inception(weights: Mapping[str, ArrayLike], *, name: str) -> Features:
    """Features of Inception-v3 with weights of yours; this library ships none.

    With those of the 2015 network `distances.frechet` is the Fréchet Inception distance
    of `pytorch-fid`, but for how images are resized, and less its bias. The network
    knows photographs of a thousand kinds: of digits, faces or tables it says little.

    Args:
      weights: Arrays by the names of `pytorch-fid` and `torchvision`, such as
        `Mixed_5b.branch1x1.conv.weight` [out, in, h, w]; others are left alone. From
        PyTorch: `numpy.savez(file, **{k: v.numpy() for k, v in state_dict.items()})`,
        and here `numpy.load(file)`.
      name: Of the weights, told with every number: which file they are from.

    Returns:
      Features [m, 2048] of images [m, h, w, 1 or 3] in [0, 1], at any size.

    Raises:
      ValueError: If weights are missing; when called, if images are not such.

    Examples:
      >>> weights = np.load("pt_inception-2015-12-05.npz")  # doctest: +SKIP
      >>> known = inception(weights, name="pt_inception-2015-12-05")  # doctest: +SKIP
      >>> frechet = advnet.evaluation.distances.frechet
      >>> print(frechet(x, y, features=known))  # doctest: +SKIP

    References:
      Szegedy et al. 2016; Heusel et al. 2017.
    """
    missing = [one for one in _inception.names() if one not in weights]
    if missing:
        raise ValueError(
            f"Expected weights of Inception-v3; {len(missing)} are missing, the first "
            f"{missing[0]!r}. Name them as pytorch-fid or torchvision does."
        )
    held = {one: jnp.asarray(weights[one], jnp.float32) for one in _inception.names()}

    def extract(x):
        x = np.asarray(x, np.float32)
        if (
            x.ndim != 4
            or x.shape[3] not in (1, 3)
            or not (0 <= x.min() <= x.max() <= 1)
        ):
            raise ValueError(
                f"Expected images [m, h, w, 1 or 3] in [0, 1], got {x.shape}, values "
                f"from {x.min():.3g} to {x.max():.3g}."
            )
        images = np.broadcast_to(x, (*x.shape[:3], 3))
        starts = range(0, len(x), _AT_ONCE)
        blocks = (jnp.asarray(images[at : at + _AT_ONCE]) for at in starts)
        return np.concatenate([_inception.last_pool(held, block) for block in blocks])

    extract.__name__ = f"Inception-v3 features of {name}"
    return extract


@dataclasses.dataclass(frozen=True)
class Classifier:
    """A fitted classifier; called on examples [m, ...], it gives features [m, f].

    Attributes:
      perceptron: Its weights.
      classes: The labels it knows, sorted [k].
      accuracy: On labeled examples it was not fitted to.
    """

    perceptron: Perceptron
    classes: np.ndarray
    accuracy: Accuracy

    @property
    def __name__(self) -> str:
        """Told with every number."""
        return f"a classifier's last layer ({100 * self.accuracy.mean:.2f} % held out)"

    def __call__(self, x: ArrayLike) -> np.ndarray:
        """The last hidden layer, [m, f], not below 0."""
        return self.perceptron(_rows(x, len(self.perceptron.mean)))[0]

    def predict(self, x: ArrayLike) -> np.ndarray:
        """The likeliest label of every example, [m]."""
        logits = self.perceptron(_rows(x, len(self.perceptron.mean)))[1]
        return self.classes[logits.argmax(axis=1)]


def classifier(
    x: ArrayLike,
    labels: ArrayLike,
    *,
    held_out: float = 0.1,
    hidden: tuple[int, ...] = (512, 256),
    num_steps: int = 4_000,
    dropout: float = 0.2,
    seed: int = 0,
) -> Classifier:
    """Features of the kind the data ask for: a classifier's, fitted to their labels.

    A perceptron on standardized values, fitted by Adam to minibatches of 256. On MNIST
    it is right on more than 98 % of the test set, after half a minute on one core.

    Args:
      x: Labeled examples [n, ...], n >= 2.
      labels: Their classes [n]; any integers.
      held_out: Share of the examples that is kept apart to measure the accuracy.
      hidden: Units of the hidden layers; the last are the features.
      num_steps: Minibatches.
      dropout: Chance that a hidden unit is left out, in [0, 1).
      seed: Of the division, the start, the minibatches and the dropout.

    Returns:
      A function to features [m, hidden[-1]] with `.predict(x)` and `.accuracy`.

    Raises:
      ValueError: If shapes disagree, a value is not finite or a setting out of range.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(200, 2))
      >>> known = classifier(x, x[:, 0] > 0, hidden=(8,), num_steps=300)
      >>> known(x).shape, known.predict(np.array([[3.0, 0.0]])).tolist()
      ((200, 8), [True])

    References:
      Heusel et al. 2017, for distances on a classifier's last layer.
    """
    _validation.check_at_least(1, num_steps=num_steps, **{"len(hidden)": len(hidden)})
    rows, labels = _labeled(x, labels)
    if not (0 < held_out < 1 and 0 <= dropout < 1):
        raise ValueError(
            f"Expected held_out in (0, 1) and dropout in [0, 1), got {held_out} and "
            f"{dropout}."
        )
    classes, targets = np.unique(labels, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(rows))
    num = min(max(1, round(held_out * len(rows))), len(rows) - 1)
    unseen, seen = order[:num], order[num:]
    recipe = Recipe(tuple(hidden), num_steps, dropout=dropout)
    network = fit(rows[seen], targets[seen], len(classes), recipe, seed)
    said = network(rows[unseen])[1].argmax(axis=1)
    return Classifier(network, classes, accuracy(said, targets[unseen]))


def _labeled(x: ArrayLike, labels: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    shape, labels = np.shape(x), np.asarray(labels)
    if len(shape) < 2 or labels.shape != shape[:1] or len(labels) < 2:
        raise ValueError(
            f"Expected x [n, ...] and labels [n], n >= 2; got {shape} and "
            f"{labels.shape}."
        )
    return _rows(x, int(np.prod(shape[1:]))), labels


def _rows(x: ArrayLike, size: int) -> np.ndarray:
    """Finite float32 rows of a known size."""
    x = np.asarray(x, np.float32)
    if x.ndim < 2 or x.size != len(x) * size or not size:
        raise ValueError(f"Expected examples of {size} values, got {x.shape}.")
    if not np.isfinite(x).all():
        raise ValueError("Expected finite examples, got NaN or infinity.")
    return x.reshape(len(x), size)
