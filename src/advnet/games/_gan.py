from collections.abc import Sequence
from typing import Any

import jax

from advnet.games import _validation
from advnet.games._adversarial import Readout, adversarial
from advnet.games._sampler import sampler
from advnet.networks import as_network
from advnet.types import Comparison, Game, Loss, Play, Prior, PyTree, Term


def gan(
    generator: Any,
    discriminator: Any,
    prior: Prior,
    *,
    loss: Loss,
    terms: Sequence[Term] = (),
    readout: Readout | None = None,
    critic: str = "discriminator",
    **options: Any,
) -> Game:
    """Build the generative adversarial network of 2014: data x against samples G(z).

    Args:
      generator: `z [m, ...] -> x [m, ...]`, in any form that `networks.as_network`
        accepts.
      discriminator: `x [m, ...] -> logits [m]` (or [m, 1], or (logits, features)).
      prior: Distribution of the noise z; see `advnet.priors`.
      loss: See `advnet.losses`.
      terms: See `advnet.terms`.
      readout: Function from the critic's output to its logits; see `adversarial`.
      critic: Name of the critic among the players.
      **options: Further arguments of `adversarial`, such as `weight` or `history`.

    Returns:
      A game whose batch is one array [m, ...] of examples.

    Raises:
      TypeError: At `init`, if the batch is not one array.
      ValueError: At `init`, if examples and samples differ in shape, or the examples
        lie outside the range of the generator's output.

    Examples:
      >>> game = gan(
      ...     advnet.modules.MLPGenerator(),
      ...     advnet.modules.MaxoutDiscriminator(),
      ...     advnet.priors.uniform(100),
      ...     loss=advnet.losses.non_saturating(),
      ... )
      >>> sorted(game.players)
      ['discriminator', 'generator']

    References:
      Goodfellow et al. 2014, section 3.
    """
    networks = {
        critic: as_network(discriminator),
        "generator": as_network(generator),
    }

    def compare(play: Play, x: PyTree, key: jax.Array) -> Comparison:
        num = _validation.require_num_examples(x, "gan")
        _validation.check_reachable(x, networks["generator"].output_range)
        z = prior(key, num)
        return Comparison(real=(x,), fake=(play("generator", z),), noise=z)

    return adversarial(
        networks,
        compare,
        loss=loss,
        terms=terms,
        readout=readout,
        critic=critic,
        sample=sampler(prior),
        **options,
    )
