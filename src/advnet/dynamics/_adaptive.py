from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp

from advnet._validation import check_at_least
from advnet.types import Algorithm, Metrics, PyTree, State


def adaptive(
    algorithm: Algorithm,
    *,
    target: float = 0.6,
    every: int = 4,
    images: int = 500_000,
    critic: str = "discriminator",
) -> Algorithm:
    r"""Adapt the probability of a critic's augmentation to its overfitting (ADA).

    .. math:: p \leftarrow \operatorname{clip}\bigl(p + \operatorname{sign}(r - 0.6)
              \cdot 4 m / 500000, 0, 1\bigr)

    every four steps, with m the batch size and r the mean sign of the critic's logits
    at the data over these steps. The published code has no upper limit of p.

    Args:
      algorithm: An algorithm whose critic is `augment.augmented`.
      target: Target of r; a critic that memorizes the data has r near 1.
      every: Number of steps between changes of p.
      images: Number of examples after which p can have moved from 0 to 1.
      critic: Name of the critic.

    Returns:
      An algorithm. It reports `critic/augmentation_p`; p is part of the state.

    Raises:
      ValueError: If `target` is outside (-1, 1) or a count is below 1; at the first
        step, if the critic is not augmented, or its loss does not fix the zero of the
        logits (relativistic and Wasserstein losses). For these, set p by a schedule.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1),
      ...     advnet.augment.augmented(nn.Dense(1), advnet.augment.noise(1.0)),
      ...     advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> algorithm = adaptive(advnet.alternating(game, optax.sgd(0.1)))
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> _, metrics = algorithm.train_step(state, jnp.zeros((8, 1)))
      >>> "discriminator/augmentation_p" in metrics
      True

    References:
      Karras et al. 2020 (ADA), section 3.1 and its published code.
    """
    check_at_least(1, every=every, images=images)
    if not -1 < target < 1:
        raise ValueError(f"Expected target in (-1, 1), got {target}.")

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        before = state.step
        state, metrics = algorithm.train_step(state, batch)
        _check_adaptable(state, metrics, critic)
        module_state = dict(state.players[critic].variables.state)
        num = jax.tree.leaves(batch)[0].shape[0]
        total = module_state["sign_sum"] + metrics[f"{critic}/real_sign"]
        change = jnp.sign(total / every - target) * (num * every / images)
        is_due = (before + 1) % every == 0
        p = module_state["p"]
        module_state["p"] = jnp.where(is_due, jnp.clip(p + change, 0.0, 1.0), p)
        module_state["sign_sum"] = jnp.where(is_due, 0.0, total)
        metrics = metrics | {f"{critic}/augmentation_p": module_state["p"]}
        return _replace_module_state(state, critic, module_state), metrics

    return Algorithm(algorithm.init, train_step)


def scheduled_augmentation(
    algorithm: Algorithm,
    schedule: Callable[[jax.Array], jax.Array],
    *,
    critic: str = "discriminator",
) -> Algorithm:
    """Set the probability of a critic's augmentation by a schedule, as R3GAN does.

    It suits losses whose logits have no zero (relativistic and Wasserstein losses),
    for which `adaptive` has nothing to measure.

    Args:
      algorithm: An algorithm whose critic is `augment.augmented`.
      schedule: Function from the step (int32 []) to p, clipped to [0, 1].
      critic: Name of the critic.

    Returns:
      An algorithm. It reports `critic/augmentation_p`; p is part of the state.

    Raises:
      ValueError: At the first step, if the critic is not augmented.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1),
      ...     advnet.augment.augmented(nn.Dense(1), advnet.augment.noise(1.0)),
      ...     advnet.priors.normal(2),
      ...     loss=advnet.losses.relativistic(),
      ... )
      >>> algorithm = scheduled_augmentation(
      ...     advnet.alternating(game, optax.sgd(0.1)), lambda step: (step + 1) / 10
      ... )
      >>> state = algorithm.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> _, metrics = algorithm.train_step(state, jnp.zeros((8, 1)))
      >>> round(float(metrics["discriminator/augmentation_p"]), 3)
      0.1

    References:
      Huang et al. 2024 (R3GAN), appendix.
    """

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        _check_augmented(state, critic)
        p = jnp.clip(schedule(state.step), 0.0, 1.0).astype(jnp.float32)
        module_state = state.players[critic].variables.state | {"p": p}
        state = _replace_module_state(state, critic, module_state)
        state, metrics = algorithm.train_step(state, batch)
        return state, metrics | {f"{critic}/augmentation_p": p}

    return Algorithm(algorithm.init, train_step)


def _replace_module_state(state: State, name: str, module_state: PyTree) -> State:
    """Return the state with another module state of one player."""
    player = state.players[name]
    variables = player.variables._replace(state=module_state)
    players = state.players | {name: replace(player, variables=variables)}
    return replace(state, players=players)


def _check_augmented(state: State, critic: str) -> None:
    """Raise ValueError if a critic has no augmentation."""
    player = state.players.get(critic)
    module_state = player.variables.state if player else ()
    if not isinstance(module_state, dict) or "sign_sum" not in module_state:
        raise ValueError(
            f"The player {critic!r} has no augmentation to adapt: wrap the critic in "
            "augment.augmented(critic, transform)."
        )


def _check_adaptable(state: State, metrics: Metrics, critic: str) -> None:
    """Raise ValueError if there is no p to adapt, or nothing to adapt it to."""
    _check_augmented(state, critic)
    if f"{critic}/real_sign" not in metrics:
        raise ValueError(
            f"The loss of {critic!r} does not fix the zero of its logits, so their "
            "sign does not show overfitting. Use another loss, or set p with "
            "dynamics.scheduled_augmentation."
        )
