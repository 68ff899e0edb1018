from typing import Any

import jax
import jax.numpy as jnp

from advnet.games._sampler import encode_with
from advnet.networks import as_network
from advnet.types import Game, Metrics, Play, PyTree


def predictability_minimization(encoder: Any, predictor: Any) -> Game:
    r"""Build a game for codes whose units cannot be predicted from each other.

    .. math:: \max_E \min_P\; \mathbb{E} \sum_i
              \bigl(P_i(c_{\setminus i}) - c_i\bigr)^2,\quad c = E(x) \in (0, 1)^n

    The predictor learns each unit from the other units, and the encoder maximizes the
    predictor's error. The units become independent of each other. Their variance, the
    part of the error that remains, becomes as large as possible.

    Args:
      encoder: `x [m, ...] -> c [m, n]`. It must be bounded, for example by a final
        sigmoid; an unbounded encoder increases the error by growing.
      predictor: `(c with one unit hidden [m * n, n], which unit, one-hot [m * n, n])
        -> [m * n]` (or [m * n, 1]); see `modules.Concatenate`.

    Returns:
      A game whose batch is one array [m, ...]; `encode` returns the code.

    Examples:
      >>> game = predictability_minimization(
      ...     nn.Sequential([nn.Dense(3), nn.sigmoid]),
      ...     advnet.modules.Concatenate(nn.Dense(1)),
      ... )
      >>> x = jnp.zeros((8, 2))
      >>> state = advnet.alternating(game, optax.sgd(0.1)).init(jax.random.key(0), x)
      >>> advnet.encode(game, state, x, jax.random.key(1)).shape
      (8, 3)

    References:
      Schmidhuber 1992, eq. 3; Goodfellow et al. 2014, section 2.
    """

    def prediction_error(play: Play, x: PyTree) -> jax.Array:
        code = play("encoder", x)
        num, units = code.shape
        which = jnp.broadcast_to(jnp.eye(units, dtype=code.dtype), (num, units, units))
        masked = code[:, None, :] * (1 - which)
        shape = num * units, units
        prediction = play("predictor", masked.reshape(shape), which.reshape(shape))
        return jnp.sum((prediction.reshape(num, units) - code) ** 2, axis=1).mean()

    def predictor_objective(
        play: Play, batch: PyTree, key: jax.Array
    ) -> tuple[jax.Array, Metrics]:
        loss = prediction_error(play, batch)
        return loss, {"predictor/loss": loss}

    def encoder_objective(
        play: Play, batch: PyTree, key: jax.Array
    ) -> tuple[jax.Array, Metrics]:
        loss = -prediction_error(play, batch)
        return loss, {"encoder/loss": loss}

    return Game(
        players={"encoder": as_network(encoder), "predictor": as_network(predictor)},
        objectives={"predictor": predictor_objective, "encoder": encoder_objective},
        turns=(("predictor",), ("encoder",)),
        encode=encode_with("encoder"),
    )
