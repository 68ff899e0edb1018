from collections.abc import Sequence
from typing import Any

import jax

from advnet._validation import check_no_condition
from advnet.games import _validation
from advnet.games._adversarial import adversarial
from advnet.games._play import Play
from advnet.networks import as_network
from advnet.types import Comparison, Game, Loss, Prior, Term


def bidirectional(
    generator: Any,
    encoder: Any,
    discriminator: Any,
    prior: Prior,
    *,
    loss: Loss,
    terms: Sequence[Term] = (),
) -> Game:
    """Learns to infer z beside G: the critic tells (x, E(x)) from (G(z), z).

    Where it cannot, E inverts G. Generator and encoder move together and minimize the
    critic's own loss with its two sides exchanged: with the logistic losses that is
    the non-saturating objective of the reference. (`loss.generator` is not used: most
    of them see the fakes alone, and would tell the encoder nothing; so label smoothing
    here smooths their targets too.)

    Args:
      generator: `z [m, ...] -> x [m, ...]`.
      encoder: `x -> z`, of the prior's shape; it may draw noise of its own.
      discriminator: `(x, z) -> logits [m]`; see `modules.Concatenate`.
      prior: The noise z.
      loss: See `advnet.losses`.
      terms: See `advnet.terms`.

    Returns:
      A game whose batch is one array [m, ...]. `encode` answers with E(x).

    Raises:
      TypeError: At `init`, if the batch is not one array.
      ValueError: At `init`, if the encoder's output has not the prior's shape.

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
        "discriminator": as_network(discriminator),
        "generator": as_network(generator),
        "encoder": as_network(encoder),
    }
    exchanged = loss._replace(
        generator=lambda real, fake: loss.discriminator(fake, real)
    )

    def compare(play: Play, x: jax.Array, key: jax.Array) -> Comparison:
        _validation.check_single_array(x, "bidirectional")
        _validation.check_reachable(x, networks["generator"].output_range)
        z = prior(key, x.shape[0])
        real, fake = (x, play("encoder", x)), (play("generator", z), z)
        return Comparison(real, fake, noise=z)

    def generate(play: Play, key: jax.Array, num: int, condition: None = None):
        check_no_condition(condition, "bidirectional")
        return play("generator", prior(key, num))

    game = adversarial(networks, compare, loss=exchanged, terms=terms, sample=generate)
    return game._replace(encode=lambda play, x, key: play("encoder", x))
