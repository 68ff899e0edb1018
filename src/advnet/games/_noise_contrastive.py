from collections.abc import Callable, Sequence
from typing import Any

import jax

from advnet import losses
from advnet.games import _validation
from advnet.games._adversarial import adversarial
from advnet.games._play import Play
from advnet.games._readout import single_logit
from advnet.networks import as_network
from advnet.types import Comparison, Game, Loss, Network, Prior, Term, Variables


def noise_contrastive(
    model: Any,
    noise: Prior,
    noise_log_density: Callable[[jax.Array], jax.Array],
    *,
    loss: Loss | None = None,
    terms: Sequence[Term] = (),
) -> Game:
    r"""Fits an unnormalized density: data against noise of a known one.

    The critic *is* the model: its logit is :math:`\log p(x) - \log q(x)`. At the
    optimum it is the log of the ratio of data to noise, so p is the data's density,
    normalizer included, which the model has as one more parameter. The one player,
    "model", has the only turn.

    Args:
      model: `x [m, ...] -> log p(x)`, [m] or [m, 1], in nats, in any form that
        `as_network` takes.
      noise: `noise(key, m) -> [m, ...]`, like the data; nearer to it estimates better.
      noise_log_density: `x [m, ...] -> log q(x) [m]`, normalized.
      loss: `losses.non_saturating()` by default; any whose optimal logit is the log
        of the densities' ratio.
      terms: With `player="model"`.

    Returns:
      A game whose batch is one array [m, ...]. `advnet.apply(game, state, "model", x)`
      answers the logit, :math:`\log p - \log q`.

    Raises:
      TypeError: At `init`, if the batch is not one array.
      ValueError: At `init`, if a log-density is not one number an example.

    Examples:
      >>> normal = lambda x: jax.scipy.stats.norm.logpdf(x[:, 0])
      >>> model = (
      ...     lambda key, x: {"log_precision": jnp.zeros(()), "log_z": jnp.zeros(())},
      ...     lambda p, x: -jnp.exp(p["log_precision"]) * x[:, 0] ** 2 / 2 - p["log_z"],
      ... )
      >>> game = noise_contrastive(model, advnet.priors.normal(1), normal)
      >>> game.turns
      (('model',),)

    References:
      Gutmann and Hyvarinen 2010, eq. 2 to 4; Goodfellow et al. 2014, section 2.
    """
    network = as_network(model)

    def apply(variables: Variables, x: jax.Array, *, key: jax.Array, train: bool):
        output, state = network.apply(variables, x, key=key, train=train)
        of_noise = noise_log_density(x)
        _validation.check_log_densities(of_noise, x)
        return single_logit(output) - of_noise, state

    def compare(play: Play, x: jax.Array, key: jax.Array) -> Comparison:
        _validation.check_single_array(x, "noise_contrastive")
        return Comparison(real=(x,), fake=(noise(key, x.shape[0]),))

    return adversarial(
        {"model": Network(network.init, apply)},
        compare,
        loss=loss or losses.non_saturating(),
        terms=terms,
        critic="model",
    )
