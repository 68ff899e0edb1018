"""Discrete priors, and priors composed of other priors."""

import jax
import jax.numpy as jnp

from advnet._validation import check_at_least
from advnet.sharding import constrain_batch
from advnet.types import Prior


def categorical(num_classes: int) -> Prior:
    """Build a prior of one-hot vectors with equally likely classes.

    Args:
      num_classes: Number of classes.

    Returns:
      `prior(key, num) -> [num, num_classes]`, float32.

    Examples:
      >>> categorical(3)(jax.random.key(0), 5).sum(axis=1).tolist()
      [1.0, 1.0, 1.0, 1.0, 1.0]
    """

    def prior(key: jax.Array, num: int) -> jax.Array:
        classes = jax.random.randint(key, (num,), 0, num_classes)
        return constrain_batch(jax.nn.one_hot(classes, num_classes, dtype=jnp.float32))

    return prior


def concatenated(*parts: Prior) -> Prior:
    """Build a prior of concatenated independent vectors: noise and a code in InfoGAN.

    Args:
      *parts: Priors of vectors.

    Returns:
      `prior(key, num) -> [num, sum of the parts' lengths]`.

    Examples:
      >>> from advnet.priors import uniform
      >>> concatenated(uniform(62), categorical(10))(jax.random.key(0), 5).shape
      (5, 72)
    """

    def prior(key: jax.Array, num: int) -> jax.Array:
        keys = jax.random.split(key, len(parts))
        vectors = [part(key, num) for part, key in zip(parts, keys, strict=True)]
        return jnp.concatenate(vectors, axis=1)

    return prior


def truncated(prior: Prior, psi: float, *, max_draws: int = 64) -> Prior:
    """Build a prior whose values beyond `psi` are drawn again (truncation trick).

    Samples become more typical and less varied. Train with the prior itself.

    Args:
      prior: A prior of arrays, such as `normal`.
      psi: Largest magnitude of a value, above 0.
      max_draws: Number of draws, after which a value beyond `psi` is clipped.

    Returns:
      `truncated_prior(key, num) -> [num, ...]`, with values in [-psi, psi].

    Raises:
      ValueError: If `psi` is not above 0.

    Examples:
      >>> from advnet.priors import normal
      >>> z = truncated(normal(100), 0.5)(jax.random.key(0), 5)
      >>> bool((jnp.abs(z) <= 0.5).all())
      True

    References:
      Brock et al. 2019, section 3.1.
    """
    if not psi > 0:
        raise ValueError(f"Expected psi > 0, got {psi}.")
    check_at_least(1, max_draws=max_draws)

    def truncated_prior(key: jax.Array, num: int) -> jax.Array:
        def redraw(z: jax.Array, key: jax.Array) -> tuple[jax.Array, None]:
            return jnp.where(jnp.abs(z) <= psi, z, prior(key, num)), None

        keys = jax.random.split(key, max_draws)
        z, _ = jax.lax.scan(redraw, prior(keys[0], num), keys[1:])
        return jnp.clip(z, -psi, psi)

    return truncated_prior


def any_of(*parts: Prior) -> Prior:
    """Build an equal mixture of priors: each draw comes from a random part.

    Args:
      *parts: Priors of the same shape, such as several kinds of masks.

    Returns:
      A prior of that shape.

    Raises:
      ValueError: If there are no parts.

    Examples:
      >>> from advnet.priors import bernoulli_mask, half_mask
      >>> masks = any_of(half_mask((4, 4, 1)), bernoulli_mask((4, 4, 1)))
      >>> masks(jax.random.key(0), 5).shape
      (5, 4, 4, 1)
    """
    check_at_least(1, parts=len(parts))

    def prior(key: jax.Array, num: int) -> jax.Array:
        part_key, *keys = jax.random.split(key, len(parts) + 1)
        draws = jnp.stack([part(k, num) for part, k in zip(parts, keys, strict=True)])
        index = jax.random.randint(part_key, (num,), 0, len(parts))
        return constrain_batch(draws[index, jnp.arange(num)])

    return prior
