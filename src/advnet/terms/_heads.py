"""Terms on the second output of a critic, which predicts a class or a code."""

from collections.abc import Callable

import jax
import optax

from advnet.terms._supervised import cross_entropy
from advnet.terms._validation import require_second_output
from advnet.types import PyTree, Term, View

Cost = Callable[[jax.Array, PyTree], jax.Array]
_ADVICE = "Use modules.Head(trunk, outputs=...)."


def auxiliary_classifier(
    weight: float = 1.0,
    *,
    labels: Callable[[PyTree], jax.Array] = lambda batch: batch[1],
    cost: Cost = cross_entropy,
) -> tuple[Term, Term]:
    """Train a second output of the critic as a classifier of examples (AC-GAN).

    The critic learns to classify real examples and samples. The generator learns to
    make samples that the critic classifies correctly. The labels of the batch are the
    conditions of the samples.

    Args:
      weight: Factor of the cross-entropy.
      labels: Function that maps a batch to the classes [m].
      cost: `cost(second output, labels) -> [m]`, in nats.

    Returns:
      A term for the critic and a term for the generator, for `games.conditional`.

    Raises:
      TypeError: At `init`, if the critic has no second output; see `modules.Head`.

    Examples:
      >>> [term.player for term in auxiliary_classifier()]
      ['discriminator', 'generator']

    References:
      Odena et al. 2017, eq. 2.
    """

    def classification_cost(output: PyTree, view: View) -> jax.Array:
        predicted = require_second_output(output, "auxiliary_classifier", _ADVICE)
        return cost(predicted, labels(view.batch))

    def real_and_fake(view: View) -> jax.Array:
        real = classification_cost(view.real_output, view)
        return real + classification_cost(view.fake_output, view)

    def fake(view: View) -> jax.Array:
        return classification_cost(view.fake_output, view)

    return (
        Term("auxiliary_classifier", "discriminator", real_and_fake, weight),
        Term("auxiliary_classifier", "generator", fake, weight),
    )


def mutual_information(
    code: Callable[[PyTree], jax.Array],
    weight: float = 1.0,
    *,
    cost: Cost = optax.softmax_cross_entropy,
) -> tuple[Term, Term]:
    r"""Maximize the mutual information between a part of the noise and the sample.

    This is InfoGAN. The critic's second output predicts the code from the sample, and
    both players minimize the cost of the prediction. The negative cost, plus the
    entropy of the code, is a lower bound of :math:`I(c; G(z, c))`.

    Args:
      code: Function that maps the noise to the code [m, n], such as
        `lambda z: z[:, -10:]`.
      weight: Factor of the cost, λ in the paper.
      cost: `cost(second output, code) -> [m]`. The default is cross-entropy in nats,
        for one-hot codes. For real-valued codes use
        `lambda predicted, c: ((predicted - c) ** 2).sum(axis=1)`.

    Returns:
      A term for the critic and a term for the generator, for any game whose
      `Comparison` contains the noise.

    Raises:
      TypeError: At `init`, if the critic has no second output; see `modules.Head`.

    Examples:
      >>> terms = mutual_information(lambda z: z[:, -10:])
      >>> terms[0].name
      'mutual_information'

    References:
      Chen et al. 2016, eq. 5 and 6.
    """

    def fn(view: View) -> jax.Array:
        predicted = require_second_output(
            view.fake_output, "mutual_information", _ADVICE
        )
        return cost(predicted, code(view.comparison.noise))

    return (
        Term("mutual_information", "discriminator", fn, weight),
        Term("mutual_information", "generator", fn, weight),
    )
