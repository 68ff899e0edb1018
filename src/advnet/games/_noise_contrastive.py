from collections.abc import Callable, Sequence
from typing import Any

import jax

from advnet import losses
from advnet._logits import single_logits
from advnet.games import _validation
from advnet.games._adversarial import adversarial
from advnet.networks import as_network
from advnet.types import Comparison, Game, Loss, Play, Prior, Term, Variables


def noise_contrastive(
    model: Any,
    noise: Prior,
    noise_log_density: Callable[[jax.Array], jax.Array],
    *,
    loss: Loss | None = None,
    terms: Sequence[Term] = (),
) -> Game:
    r"""Build a game that fits an unnormalized density, with data against known noise.

    The critic *is* the model: its logit is :math:`\log p(x) - \log q(x)`. At the
    optimum the logit is the log ratio of the densities of data and noise, so p is the
    density of the data. Its normalizer is one more parameter of the model. The game has
    a single player, "model".

    Args:
      model: `x [m, ...] -> log p(x)`, [m] or [m, 1], in nats, in any form that
        `networks.as_network` accepts.
      noise: `noise(key, m) -> [m, ...]`, of the shape of the data. The closer the noise
        is to the data, the better the estimate.
      noise_log_density: `x [m, ...] -> log q(x) [m]`, normalized.
      loss: `losses.non_saturating()` by default; any loss whose optimal logit is the
        log ratio of the densities.
      terms: Terms with `player="model"`.

    Returns:
      A game whose batch is one array [m, ...]. `advnet.apply(game, state, "model", x)`
      returns the logit, :math:`\log p - \log q`.

    Raises:
      TypeError: At `init`, if the batch is not one array.
      ValueError: At `init`, if a log-density is not one number per example.

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

    def apply(variables: Variables, x: jax.Array, *, train: bool, **keys: jax.Array):
        output, state = network.apply(variables, x, train=train, **keys)
        log_q = noise_log_density(x)
        _validation.check_log_densities(log_q, x)
        return single_logits(output) - log_q, state

    def compare(play: Play, x: jax.Array, key: jax.Array) -> Comparison:
        _validation.check_single_array(x, "noise_contrastive")
        return Comparison(real=(x,), fake=(noise(key, x.shape[0]),))

    return adversarial(
        {"model": network._replace(apply=apply)},
        compare,
        loss=loss or losses.non_saturating(),
        terms=terms,
        critic="model",
    )
