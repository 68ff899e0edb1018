"""Classifier two-sample test: the accuracy of a classifier of real and fake."""

import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet.evaluation._perceptron import Settings, fit
from advnet.evaluation._result import MetricResult
from advnet.evaluation._samples import Features, extract_features
from advnet.evaluation._statistics import hypergeometric, proportion_error

__all__ = ["c2st"]

_MIN_EXAMPLES = 20


def c2st(
    real: ArrayLike,
    fake: ArrayLike,
    *,
    hidden: tuple[int, ...] = (128,),
    num_steps: int = 1_000,
    seed: int = 0,
    features: Features | None = None,
) -> MetricResult:
    r"""Compute the held-out accuracy of a classifier of real and fake examples.

    The accuracy is about .5 if the distributions agree and 1 if they never overlap. For
    N(0, 1) against N(mu, 1) it is at best :math:`\Phi(\mu / 2)`.

    A perceptron on standardized values is fitted to one half of each side and tested on
    the other half. The longer side is cut to the length of the shorter. The p-value
    (Fisher's exact test) is exact for any classifier. A weak classifier may miss a
    difference, so a large p-value does not prove that the distributions agree.

    Args:
      real: Examples of the data [n, ...], n >= 20.
      fake: Samples of the model [m, ...], m >= 20.
      hidden: Numbers of units of the hidden layers.
      num_steps: Number of Adam steps, each on a mini-batch of 256.
      seed: Seed of the halves, the initial weights and the mini-batches.
      features: Function from examples to features; raw values by default.

    Returns:
      The accuracy in [0, 1]; `num_real` and `num_fake` count the tested examples.

    Raises:
      ValueError: If shapes do not fit, a value is not finite, or a count is below 1.

    Examples:
      >>> x = np.random.default_rng(0).normal(size=(2, 2000, 1))
      >>> result = c2st(x[0], x[1] + 2, num_steps=200)  # at best .8413
      >>> abs(result.value - 0.8413) < 0.03, result.p_value < 1e-9
      (True, True)

    References:
      Lopez-Paz and Oquab 2017, section 3.
    """
    _validation.check_at_least(1, num_steps=num_steps)
    sides = extract_features(real, fake, features, min_examples=_MIN_EXAMPLES)
    rng, num = np.random.default_rng(seed), min(len(sides.real), len(sides.fake))
    x, y = (side[rng.permutation(len(side))[:num]] for side in (sides.real, sides.fake))
    half = num // 2
    train = np.concatenate([x[:half], y[:half]])
    settings = Settings(tuple(hidden), num_steps, decay=1e-2)
    network = fit(train, np.repeat([1, 0], half), 2, settings, seed)
    true_positives, false_positives = (
        int(network(side[half:])[1].argmax(axis=1).sum()) for side in (x, y)
    )
    num_tested = num - half
    correct = true_positives + num_tested - false_positives
    value = correct / (2 * num_tested)
    result = sides.result(
        "two-sample accuracy",
        value,
        proportion_error(value, 2 * num_tested),
        _fisher_p_value(true_positives, false_positives, num_tested),
    )
    return result._replace(num_real=num_tested, num_fake=num_tested)


def _fisher_p_value(true_positives: int, false_positives: int, num: int) -> float:
    """Return the probability of at least as many true positives under the null.

    Under the null hypothesis, the 2 num examples were divided at random, so the true
    positives among all positives have a hypergeometric distribution.
    """
    counts, probabilities = hypergeometric(true_positives + false_positives, num, num)
    return float(min(1.0, probabilities[counts >= true_positives].sum()))
