"""Can the samples be told from the data? A test whose statistic is an accuracy."""

import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet.evaluation._hypergeometric import divided
from advnet.evaluation._perceptron import Recipe, fit
from advnet.evaluation._samples import Features, MetricResult, extract_features

__all__ = ["c2st"]


def c2st(
    real: ArrayLike,
    fake: ArrayLike,
    *,
    hidden: tuple[int, ...] = (128,),
    num_steps: int = 1_000,
    seed: int = 0,
    features: Features | None = None,
) -> MetricResult:
    r"""The accuracy of a classifier that tells real from fake, on examples held out.

    About .5 where the sides agree, 1 where they can always be told apart; for N(0, 1)
    against N(mu, 1) at best :math:`\Phi(\mu / 2)`. A perceptron on standardized values
    is fitted to one half of each side and tested on the other; the longer side is cut
    to the length of the shorter. The p-value is exact for any classifier (Fisher's
    test), but a weak one may miss a difference: a large p proves nothing.

    Args:
      real: Examples of the data [n, ...], n >= 20.
      fake: Samples of the model [m, ...], m >= 20.
      hidden: Units of the perceptron's hidden layers.
      num_steps: Minibatches of 256 it is fitted to, by Adam.
      seed: Of the halves, the start and the minibatches.
      features: From examples to features; raw values by default.

    Returns:
      The accuracy, in [0, 1]; `num_real` and `num_fake` are those it was tested on.

    Raises:
      ValueError: If shapes do not fit, a value is not finite, or a count is below 1.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 2000, 1))
      >>> got = c2st(x[0], x[1] + 2, num_steps=200)  # at best .8413
      >>> abs(got.value - 0.8413) < 0.03, got.p_value < 1e-9
      (True, True)

    References:
      Lopez-Paz and Oquab 2017, section 3.
    """
    _validation.check_at_least(1, num_steps=num_steps)
    x, y, name = extract_features(real, fake, features, least=20)
    rng, num = np.random.default_rng(seed), min(len(x), len(y))
    x, y = (side[rng.permutation(len(side))[:num]] for side in (x, y))
    half = num // 2
    seen = np.concatenate([x[:half], y[:half]])
    recipe = Recipe(tuple(hidden), num_steps, decay=1e-2)
    network = fit(seen, np.repeat([1, 0], half), 2, recipe, seed)
    hits, false = (int(network(side[half:])[1].argmax(axis=1).sum()) for side in (x, y))
    tested = num - half
    value = (hits + tested - false) / (2 * tested)
    error = np.sqrt(value * (1 - value) / (2 * tested))
    p_value = _chance(hits, false, tested)
    return MetricResult(
        "two-sample accuracy", value, float(error), tested, tested, name, p_value
    )


def _chance(hits: int, false: int, num: int) -> float:
    """That of `hits + false` calls as many or more fall on the first of two halves.

    Under the null the 2 num examples were divided at random: hypergeometric.
    """
    first, chances = divided(hits + false, num, num)
    return float(min(1.0, chances[first >= hits].sum()))
