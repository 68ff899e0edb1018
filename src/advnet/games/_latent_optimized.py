"""A better z: climbed towards the critic's liking, or chosen by it (section 7.5)."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from advnet._validation import check_at_least, check_no_condition
from advnet.games import _validation
from advnet.games._adversarial import adversarial
from advnet.games._play import Play
from advnet.games._readout import single_logit
from advnet.games._sample import apply, sample
from advnet.networks import as_network
from advnet.types import Comparison, Game, Loss, Prior, PyTree, State, Term


def latent_optimized(
    generator: Any,
    discriminator: Any,
    prior: Prior,
    *,
    loss: Loss,
    step_size: float = 0.9,
    project: Callable[[jax.Array], jax.Array] = lambda z: z,
    terms: Sequence[Term] = (),
) -> Game:
    r"""The GAN with noise improved before use: one step up the critic's slope.

    .. math:: z' = \operatorname{project}\bigl(z + \alpha \nabla_z D(G(z))\bigr)

    Both players then train on G(z'), and are differentiated through the step, which
    couples them more closely.

    Args:
      generator: `z [m, ...] -> x [m, ...]`.
      discriminator: `x -> logits [m]`.
      prior: The noise z.
      loss: See `advnet.losses`.
      step_size: α.
      project: Brings z' back to where the prior lives, such as a clip.
      terms: See `advnet.terms`.

    Returns:
      A game whose batch is one array [m, ...]; it samples from plain z.

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
        "discriminator": as_network(discriminator),
        "generator": as_network(generator),
    }

    def compare(play: Play, x: jax.Array, key: jax.Array) -> Comparison:
        _validation.check_single_array(x, "latent_optimized")
        _validation.check_reachable(x, networks["generator"].output_range)
        z = prior(key, x.shape[0])
        play.ensure_initialized("generator", z)
        play.ensure_initialized("discriminator", x)
        generate, judge = play.pure("generator"), play.pure("discriminator")
        slope = jax.grad(lambda z: single_logit(judge(generate(z))).sum())(z)
        z = project(z + step_size * slope)
        return Comparison((x,), (play("generator", z),), noise=z)

    def generate(play: Play, key: jax.Array, num: int, condition: None = None):
        check_no_condition(condition, "latent_optimized")
        return play("generator", prior(key, num))

    return adversarial(networks, compare, loss=loss, terms=terms, sample=generate)


def resample(
    game: Game,
    state: State,
    key: jax.Array,
    num: int,
    *,
    candidates: int = 10,
    log_ratio: Callable[[PyTree], jax.Array] = single_logit,
    critic: str = "discriminator",
    average: bool = False,
) -> jax.Array:
    r"""Draws samples and lets the critic choose among them, after training.

    Of `candidates` samples, one is kept with probability proportional to
    :math:`p_{data}/p_g = e^{D}`, the ratio a critic trained with a logistic loss knows.
    With a perfect critic and many candidates the samples follow the data.

    Args:
      game: A game that samples and whose critic takes samples alone.
      state: Whose players to use.
      key: Consumed.
      num: How many to keep; `num * candidates` are drawn.
      candidates: How many stand for each place.
      log_ratio: From the critic's output to log p_data/p_g [m]; the logit itself for
        the losses `minimax` and `non_saturating`.
      critic: Who chooses.
      average: Whether the generator is its average, kept by `dynamics.averaged`; the
        critic is as it is, its batch statistics those of examples and samples alike.

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
      Goodfellow et al. 2014, Proposition 1; Azadi et al. 2019, with importance
      resampling in place of rejection, so that the cost is known.
    """
    check_at_least(1, candidates=candidates)
    draw_key, choice_key = jax.random.split(key)
    x = sample(game, state, draw_key, num * candidates, average=average)
    logits = log_ratio(apply(game, state, critic, x))
    chosen = jax.random.categorical(choice_key, logits.reshape(num, candidates))
    return x.reshape(num, candidates, *x.shape[1:])[jnp.arange(num), chosen]
