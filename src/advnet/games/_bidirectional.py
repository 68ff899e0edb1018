from collections.abc import Sequence
from typing import Any

import jax

from advnet.games import _validation
from advnet.games._adversarial import Readout, adversarial
from advnet.games._sampler import encode_with, sampler
from advnet.networks import as_network
from advnet.types import Comparison, Game, Loss, Play, Prior, Term


def bidirectional(
    generator: Any,
    encoder: Any,
    discriminator: Any,
    prior: Prior,
    *,
    loss: Loss,
    terms: Sequence[Term] = (),
    readout: Readout | None = None,
    critic: str = "discriminator",
    **options: Any,
) -> Game:
    """Build a game that trains an encoder E together with the generator G.

    The critic tells the pairs (x, E(x)) from the pairs (G(z), z). If it cannot, E
    inverts G. Generator and encoder are updated together and minimize the critic's own
    loss with its two sides exchanged. With the logistic losses this is the
    non-saturating objective of the reference. `loss.generator` is not used: most of
    these losses depend on the fakes alone and would give the encoder no gradient. Label
    smoothing therefore also smooths the targets of generator and encoder.

    Args:
      generator: `z [m, ...] -> x [m, ...]`.
      encoder: `x -> z`, of the prior's shape; it may draw noise of its own.
      discriminator: `(x, z) -> logits [m]`; see `modules.Concatenate`.
      prior: Distribution of the noise z; see `advnet.priors`.
      loss: See `advnet.losses`.
      terms: See `advnet.terms`.
      readout: Function from the critic's output to its logits; see `adversarial`.
      critic: Name of the critic among the players.
      **options: Further arguments of `adversarial`, such as `weight` or `history`.

    Returns:
      A game whose batch is one array [m, ...]. Its `encode` returns E(x).

    Raises:
      TypeError: At `init`, if the batch is not one array.
      ValueError: At `init`, if the encoder's output does not have the prior's shape.

    Examples:
      >>> critic = advnet.modules.Concatenate(nn.Dense(1))
      >>> game = bidirectional(
      ...     nn.Dense(2), nn.Dense(3), critic, advnet.priors.normal(3),
      ...     loss=advnet.losses.non_saturating(),
      ... )
      >>> game.turns
      (('discriminator',), ('generator', 'encoder'))

    References:
      Goodfellow et al. 2014, section 7.2; Donahue et al. 2017 (BiGAN), section 3.4;
      Dumoulin et al. 2017 (ALI).
    """
    networks = {
        critic: as_network(discriminator),
        "generator": as_network(generator),
        "encoder": as_network(encoder),
    }
    exchanged_loss = loss._replace(
        generator=lambda real, fake: loss.discriminator(fake, real)
    )

    def compare(play: Play, x: jax.Array, key: jax.Array) -> Comparison:
        _validation.check_single_array(x, "bidirectional")
        _validation.check_reachable(x, networks["generator"].output_range)
        z = prior(key, x.shape[0])
        real, fake = (x, play("encoder", x)), (play("generator", z), z)
        return Comparison(real, fake, noise=z)

    game = adversarial(
        networks,
        compare,
        loss=exchanged_loss,
        terms=terms,
        readout=readout,
        critic=critic,
        sample=sampler(prior),
        **options,
    )
    return game._replace(encode=encode_with("encoder"))
