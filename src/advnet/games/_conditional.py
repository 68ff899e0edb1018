from collections.abc import Sequence
from typing import Any

import jax

from advnet.games import _validation
from advnet.games._adversarial import Readout, adversarial
from advnet.games._sampler import sampler
from advnet.networks import as_network
from advnet.types import Comparison, Game, Loss, Play, Prior, PyTree, Term


def conditional(
    generator: Any,
    discriminator: Any,
    prior: Prior,
    *,
    loss: Loss,
    terms: Sequence[Term] = (),
    show_critic: bool = True,
    readout: Readout | None = None,
    critic: str = "discriminator",
    **options: Any,
) -> Game:
    """Build a game that learns p(x | c), with the condition c shown to both players.

    A condition is anything that the two networks accept: a class [m], several labels
    [m, l], numbers, an image, or a pytree of these. `modules.Concatenate` passes a
    condition to any network of vectors, and `modules.Projection` to a critic with
    features.

    Args:
      generator: `(z [m, ...], c) -> x [m, ...]`.
      discriminator: `(x, c) -> logits [m]`, or `x -> ...` without `show_critic`.
      prior: Distribution of the noise z; see `advnet.priors`.
      loss: See `advnet.losses`.
      terms: See `advnet.terms`; `auxiliary_classifier` is intended for this game.
      show_critic: Whether the critic receives the condition. In AC-GAN it does not,
        and only the auxiliary classifier uses the condition.
      readout: Function from the critic's output to its logits; see `adversarial`.
      critic: Name of the critic among the players.
      **options: Further arguments of `adversarial`, such as `weight` or `history`.

    Returns:
      A game whose batch is `(x, c)`, such as a labeled `data.Split`. Draw samples with
      `sample(..., condition=c)`.

    Raises:
      TypeError: At `init`, if the batch holds no condition.

    Examples:
      >>> game = conditional(
      ...     advnet.modules.Concatenate(nn.Dense(2), num_classes=10),
      ...     advnet.modules.Concatenate(nn.Dense(1), num_classes=10),
      ...     advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> batch = jnp.zeros((8, 2)), jnp.arange(8)
      >>> algorithm = advnet.alternating(game, optax.sgd(0.1))
      >>> state = algorithm.init(jax.random.key(0), batch)
      >>> sevens = jnp.full(5, 7)
      >>> advnet.sample(game, state, jax.random.key(1), 5, condition=sevens).shape
      (5, 2)

    References:
      Goodfellow et al. 2014, section 7.1; Mirza and Osindero 2014.
    """
    networks = {
        critic: as_network(discriminator),
        "generator": as_network(generator),
    }

    def compare(play: Play, batch: PyTree, key: jax.Array) -> Comparison:
        x, condition = _validation.require_pair(batch, "conditional")
        _validation.check_reachable(x, networks["generator"].output_range)
        z = prior(key, _validation.require_num_examples(x, "conditional"))
        fake = play("generator", z, condition)
        context = (condition,) if show_critic else ()
        return Comparison(real=(x,), fake=(fake,), given=context, noise=z)

    sample = sampler(prior, conditional=True)
    return adversarial(
        networks,
        compare,
        loss=loss,
        terms=terms,
        readout=readout,
        critic=critic,
        sample=sample,
        **options,
    )
