from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from advnet._validation import check_no_condition
from advnet.games import _validation
from advnet.games._adversarial import adversarial
from advnet.games._play import Play
from advnet.games._sample import apply
from advnet.networks import as_network
from advnet.terms import cross_entropy, feature_matching, supervised
from advnet.types import Comparison, Game, Loss, Prior, PyTree, State, Term

_BATCH = "((x, y), unlabeled), such as lambda step: (labeled(step), plain(step)) gives"


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
    r"""Learns K classes from few labels: the critic is the classifier (section 7.4).

    The critic says K class logits :math:`l_k`; an example is real with log-odds
    :math:`\log \sum_k e^{l_k}`, as if samples were one more class, of logit 0. It
    learns classes from labeled examples, and what is real from unlabeled ones.

    Args:
      generator: `z [m, ...] -> x [m, ...]`.
      discriminator: `x -> (class logits [m, K], features)`, or without
        `match_features` the logits alone.
      prior: The noise z.
      loss: What the critic minimizes; see `advnet.losses`.
      match_features: Whether the generator minimizes `terms.feature_matching` alone,
        which makes the better classifier, or `loss`, which makes better samples.
      label_weight: Multiplies the cross-entropy of labeled examples, in nats.
      terms: Further ones; see `advnet.terms`.

    Returns:
      A game whose batch is `((x, y), unlabeled)`: labeled examples with integer
      classes, and examples without, of any two numbers. Ask it with `classify`.

    Raises:
      ValueError: At `init`, if the critic's output is not class logits, or a label is
        no class (inside a compiled step it makes the loss NaN).
      TypeError: At `init`, if features are to match and the critic has none, or the
        batch is not such a pair.

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
    teach = supervised(
        inputs=lambda batch: (batch[0][0],),
        targets=lambda batch: batch[0][1],
        weight=label_weight,
        cost=_cross_entropy,
    )
    own = [teach, *terms]
    if match_features:
        own.append(feature_matching())
        loss = loss._replace(generator=lambda real, fake: jnp.zeros_like(fake))

    def compare(play: Play, batch: PyTree, key: jax.Array) -> Comparison:
        labeled, unlabeled = _validation.require_pair(batch, "semi_supervised", _BATCH)
        _validation.require_pair(labeled, "semi_supervised", _BATCH)
        _validation.check_reachable(unlabeled, networks["generator"].output_range)
        z = prior(key, unlabeled.shape[0])
        return Comparison((unlabeled,), (play("generator", z),), noise=z)

    def generate(play: Play, key: jax.Array, num: int, condition: None = None):
        check_no_condition(condition, "semi_supervised")
        return play("generator", prior(key, num))

    return adversarial(
        networks, compare, loss=loss, terms=own, readout=_is_real, sample=generate
    )


def classify(
    game: Game,
    state: State,
    x: jax.Array,
    *,
    player: str = "discriminator",
    average: bool = False,
) -> jax.Array:
    """The classifier a semi-supervised game has trained.

    Args:
      game: One made by `semi_supervised`.
      state: Whose players to use.
      x: Examples [m, ...].
      player: Who classifies.
      average: Whether to use the averages kept by `dynamics.averaged`; ask it to
        average the discriminator.

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


def _is_real(output: PyTree) -> jax.Array:
    return jax.nn.logsumexp(
        _validation.require_class_logits(output, "the critic"), axis=1
    )


def _cross_entropy(output: PyTree, labels: jax.Array) -> jax.Array:
    logits = _validation.require_class_logits(output, "the critic")
    return cross_entropy(logits, labels)
