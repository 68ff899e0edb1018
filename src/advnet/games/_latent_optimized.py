"""Critic-guided noise: a gradient step in z, and resampling of finished samples."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from advnet._logits import map_means, read_logits, single_logits
from advnet._validation import check_at_least
from advnet.games import _validation
from advnet.games._adversarial import Readout, adversarial
from advnet.games._sample import apply, sample
from advnet.games._sampler import sampler
from advnet.networks import as_network
from advnet.types import Comparison, Game, Loss, Play, Prior, PyTree, State, Term


def latent_optimized(
    generator: Any,
    discriminator: Any,
    prior: Prior,
    *,
    loss: Loss,
    step_size: float = 0.9,
    project: Callable[[jax.Array], jax.Array] = lambda z: z,
    terms: Sequence[Term] = (),
    readout: Readout | None = None,
    critic: str = "discriminator",
    **options: Any,
) -> Game:
    r"""Build a GAN whose noise takes one gradient step up the critic's logit (LOGAN).

    .. math:: z' = \operatorname{project}\bigl(z + \alpha \nabla_z D(G(z))\bigr)

    Both players train on G(z'), and their gradients pass through the step, which
    couples the players more closely.

    Args:
      generator: `z [m, ...] -> x [m, ...]`.
      discriminator: `x -> logits [m]`.
      prior: Distribution of the noise z; see `advnet.priors`.
      loss: See `advnet.losses`.
      step_size: α.
      project: Projection of z' to the support of the prior, such as a clip.
      terms: See `advnet.terms`.
      readout: Function from the critic's output to its logits; see `adversarial`.
      critic: Name of the critic among the players.
      **options: Further arguments of `adversarial`, such as `weight` or `history`.

    Returns:
      A game whose batch is one array [m, ...]. Samples are drawn without the step.

    Raises:
      TypeError: At `init`, if the batch is not one array.

    Examples:
      >>> game = latent_optimized(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(), step_size=0.5,
      ... )

    References:
      Wu et al. 2019 (LOGAN), eq. 4 and 7.
    """
    networks = {
        critic: as_network(discriminator),
        "generator": as_network(generator),
    }

    def compare(play: Play, x: jax.Array, key: jax.Array) -> Comparison:
        _validation.check_single_array(x, "latent_optimized")
        _validation.check_reachable(x, networks["generator"].output_range)
        z = prior(key, x.shape[0])
        play.ensure_initialized("generator", z)
        play.ensure_initialized(critic, x)
        generate, discriminate = play.pure("generator"), play.pure(critic)
        read = readout or read_logits
        mean_logits = lambda x: map_means(lambda logits: logits, read(discriminate(x)))
        total_logit = lambda z: mean_logits(generate(z)).sum()
        z = project(z + step_size * jax.grad(total_logit)(z))
        return Comparison((x,), (play("generator", z),), noise=z)

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


def resample(
    game: Game,
    state: State,
    key: jax.Array,
    num: int,
    *,
    candidates: int = 10,
    log_ratio: Callable[[PyTree], jax.Array] = single_logits,
    critic: str = "discriminator",
    average: bool = False,
) -> jax.Array:
    r"""Draw samples, and select among them with the critic (importance resampling).

    Each result is selected from `candidates` samples, with probability proportional to
    :math:`p_{data}/p_g = e^{D}`, the ratio that a critic with a logistic loss
    estimates. With a perfect critic and many candidates the results have the
    distribution of the data.

    Args:
      game: A game that can sample, and whose critic takes samples alone.
      state: State whose players are used.
      key: Random key.
      num: Number of results; `num * candidates` samples are drawn.
      candidates: Number of samples for each result.
      log_ratio: Function from the critic's output to log p_data/p_g [m]; the default,
        the logit, is right for the losses `minimax` and `non_saturating`.
      critic: Name of the critic.
      average: Whether to use the generator's average, maintained by
        `dynamics.averaged`. The critic is never averaged, so its batch statistics are
        those of examples and samples.

    Returns:
      Independent samples [num, ...].

    Raises:
      ValueError: If `candidates` is below 1, or the game cannot sample.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.non_saturating(),
      ... )
      >>> algorithm = advnet.alternating(game, optax.sgd(0.1))
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> resample(game, state, jax.random.key(1), 5).shape
      (5, 1)

    References:
      Goodfellow et al. 2014, Proposition 1; Azadi et al. 2019. Importance resampling
      replaces their rejection sampling, so that the cost is known in advance.
    """
    check_at_least(1, candidates=candidates)
    sample_key, choice_key = jax.random.split(key)
    x = sample(game, state, sample_key, num * candidates, average=average)
    logits = log_ratio(apply(game, state, critic, x))
    choice = jax.random.categorical(choice_key, logits.reshape(num, candidates))
    return x.reshape(num, candidates, *x.shape[1:])[jnp.arange(num), choice]
