"""What a critic's second head can be asked: which class, which code."""

from collections.abc import Callable

import jax
import optax

from advnet import _validation
from advnet.terms._cross_entropy import cross_entropy
from advnet.types import PyTree, Term, View

Cost = Callable[[jax.Array, PyTree], jax.Array]
_ADVICE = "Use modules.Head(trunk, outputs=...)."


def auxiliary_classifier(
    weight: float = 1.0,
    *,
    labels: Callable[[PyTree], jax.Array] = lambda batch: batch[1],
    cost: Cost = cross_entropy,
) -> tuple[Term, Term]:
    """Both players want the class to be seen in the example (AC-GAN).

    The critic's second output classifies; it learns from real examples and samples, the
    generator from its samples, made under the labels of the batch.

    Args:
      weight: Multiplies the cross-entropy.
      labels: From the batch to the classes [m].
      cost: `cost(second output, labels) -> [m]`, in nats.

    Returns:
      Two terms, the critic's and the generator's, for `games.conditional`.

    Raises:
      TypeError: At `init`, if the critic has no second output; see `modules.Head`.

    Examples:
      >>> [term.player for term in auxiliary_classifier()]
      ['discriminator', 'generator']

    References:
      Odena et al. 2017, eq. 2.
    """

    def of(output: PyTree, view: View) -> jax.Array:
        said = _validation.require_second_output(
            output, "auxiliary_classifier", _ADVICE
        )
        return cost(said, labels(view.batch))

    def both(view: View) -> jax.Array:
        return of(view.real_output, view) + of(view.fake_output, view)

    def fake(view: View) -> jax.Array:
        return of(view.fake_output, view)

    return (
        Term("auxiliary_classifier", "discriminator", both, weight),
        Term("auxiliary_classifier", "generator", fake, weight),
    )


def mutual_information(
    code: Callable[[PyTree], jax.Array],
    weight: float = 1.0,
    *,
    cost: Cost = optax.softmax_cross_entropy,
) -> tuple[Term, Term]:
    r"""Makes part of the noise readable from the sample (InfoGAN).

    Both players minimize the cost of guessing the code from the sample, by the
    critic's second output: minus a lower bound of the mutual information
    :math:`I(c; G(z, c))`, up to the code's entropy.

    Args:
      code: From the noise to the code [m, n], such as `lambda z: z[:, -10:]`.
      weight: λ, multiplies the cost.
      cost: `cost(second output, code) -> [m]`: cross-entropy for one-hot codes, in
        nats; `lambda guess, c: ((guess - c) ** 2).sum(axis=1)` for numbers.

    Returns:
      Two terms, the critic's and the generator's, for any game that tells its noise.

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
        said = _validation.require_second_output(
            view.fake_output, "mutual_information", _ADVICE
        )
        return cost(said, code(view.comparison.noise))

    return (
        Term("mutual_information", "discriminator", fn, weight),
        Term("mutual_information", "generator", fn, weight),
    )
