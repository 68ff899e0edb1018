from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from advnet.games import _validation
from advnet.games._adversarial import adversarial
from advnet.games._sample import apply
from advnet.games._sampler import sampler
from advnet.networks import as_network
from advnet.terms import cross_entropy, feature_matching, supervised
from advnet.types import Comparison, Game, Loss, Play, Prior, PyTree, State, Term

_BATCH = "((x, y), unlabeled), as in lambda step: (labeled(step), unlabeled(step))"


def semi_supervised(
    generator: Any,
    discriminator: Any,
    prior: Prior,
    *,
    loss: Loss,
    match_features: bool = True,
    label_weight: float = 1.0,
    terms: Sequence[Term] = (),
) -> Game:
    r"""Build a game in which the critic learns K classes from few labels.

    The critic outputs K class logits :math:`l_k`. The log-odds that an example is real
    are :math:`\log \sum_k e^{l_k}`, as if samples were one more class with logit 0. The
    critic learns the classes from labeled examples, and real against fake from
    unlabeled ones.

    Args:
      generator: `z [m, ...] -> x [m, ...]`.
      discriminator: `x -> (class logits [m, K], features)`, or, without
        `match_features`, the logits alone.
      prior: Distribution of the noise z; see `advnet.priors`.
      loss: Loss of the critic; see `advnet.losses`.
      match_features: Whether the generator minimizes `terms.feature_matching` alone,
        which gives the better classifier, or `loss`, which gives better samples.
      label_weight: Weight of the cross-entropy of labeled examples, in nats.
      terms: Additional terms; see `advnet.terms`.

    Returns:
      A game whose batch is `((x, y), unlabeled)`: labeled examples with integer
      classes, and unlabeled examples; the two numbers of examples may differ. Classify
      with `classify`.

    Raises:
      ValueError: At `init`, if the critic's output is not class logits, or a label is
        not a valid class (in a compiled step such a label makes the loss NaN).
      TypeError: At `init`, if `match_features` is True and the critic returns no
        features, or the batch does not have this structure.

    Examples:
      >>> critic = advnet.modules.MLPDiscriminator(outputs=3, features=True)
      >>> game = semi_supervised(
      ...     nn.Dense(2), critic, advnet.priors.normal(2),
      ...     loss=advnet.losses.non_saturating(),
      ... )
      >>> batch = (jnp.zeros((4, 2)), jnp.arange(4) % 3), jnp.zeros((8, 2))
      >>> algorithm = advnet.alternating(game, optax.sgd(0.1))
      >>> state = algorithm.init(jax.random.key(0), batch)
      >>> classify(game, state, jnp.zeros((5, 2))).shape
      (5, 3)

    References:
      Goodfellow et al. 2014, section 7.4; Salimans et al. 2016, section 5.
    """
    _validation.check_loss(loss)
    networks = {
        "discriminator": as_network(discriminator),
        "generator": as_network(generator),
    }
    label_term = supervised(
        inputs=lambda batch: (batch[0][0],),
        targets=lambda batch: batch[0][1],
        weight=label_weight,
        cost=_cross_entropy,
    )
    all_terms = [label_term, *terms]
    if match_features:
        all_terms.append(feature_matching())
        loss = loss._replace(generator=lambda real, fake: jnp.zeros_like(fake))

    def compare(play: Play, batch: PyTree, key: jax.Array) -> Comparison:
        labeled, unlabeled = _validation.require_pair(batch, "semi_supervised", _BATCH)
        _validation.require_pair(labeled, "semi_supervised", _BATCH)
        _validation.check_reachable(unlabeled, networks["generator"].output_range)
        z = prior(key, unlabeled.shape[0])
        return Comparison((unlabeled,), (play("generator", z),), noise=z)

    return adversarial(
        networks,
        compare,
        loss=loss,
        terms=all_terms,
        readout=_real_logit,
        sample=sampler(prior),
    )


def classify(
    game: Game,
    state: State,
    x: jax.Array,
    *,
    player: str = "discriminator",
    average: bool = False,
) -> jax.Array:
    """Compute class logits with the classifier of a trained game.

    Args:
      game: A game from `semi_supervised`, or `classification` with
        `player="classifier"`.
      state: State whose players are used.
      x: Examples [m, ...].
      player: Name of the classifier.
      average: Whether to use the average maintained by `dynamics.averaged`, which must
        then average the classifier: `players=[player]`.

    Returns:
      Class logits [m, K]: `argmax(axis=1)` is the class, `softmax` its probabilities.

    Raises:
      ValueError: If the player's output is not class logits.

    Examples:
      See `semi_supervised`.
    """
    return _validation.require_class_logits(
        apply(game, state, player, x, average=average), player
    )


def _real_logit(output: PyTree) -> jax.Array:
    """Compute the log-odds that examples are real from class logits, [m]."""
    logits = _validation.require_class_logits(output, "the critic")
    return jax.nn.logsumexp(logits, axis=1)


def _cross_entropy(output: PyTree, labels: jax.Array) -> jax.Array:
    """Compute the cross-entropy of the critic's class logits, [m]."""
    logits = _validation.require_class_logits(output, "the critic")
    return cross_entropy(logits, labels)
