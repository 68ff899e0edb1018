"""Default networks and training settings, chosen from the shape of the data."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.typing import ArrayLike

from advnet import games, losses, modules, priors, terms
from advnet._examples import require_floats
from advnet._moments import check_float32, compute_moments
from advnet.dynamics import alternating, averaged
from advnet.recipes._recipe import Recipe
from advnet.types import Comparison, Play

_BATCH_SIZE = 64
_MAX_DOUBLINGS = 4


def for_data(train: ArrayLike) -> Recipe:
    """Choose networks and training settings from the shape of the data.

    Images in [0, 1] whose sides can be halved at least twice get a convolutional pair.
    All other data get a fully connected pair that works in units of the data: means and
    deviations are computed in float64, and a constant value is only shifted. The field
    `about` of the recipe names the pair.

    Args:
      train: Training examples [n, ...], n >= 2, finite.

    Returns:
      The game, its algorithm, the batch size and the prior.

    Raises:
      ValueError: If there are fewer than two examples, they are not finite, or float32
        does not hold the differences between them.

    Examples:
      >>> for_data(np.random.default_rng(0).normal(size=(100, 2))).about
      'a fully connected pair for vectors of 2 values'
      >>> for_data(np.zeros((100, 40, 24, 3), np.float32)).about
      'a convolutional pair for 40 x 24 x 3 images, 3 doublings'

    References:
      Radford et al. 2016 and Miyato et al. 2018 (images); Jolicoeur-Martineau 2019 and
      Huang et al. 2024 (all other data).
    """
    train = require_floats(train, name="examples", min_examples=2)
    check_float32(train, name="examples")
    doublings = _doublings(train.shape[1:])
    pixels = train.min() >= 0 and train.max() <= 1
    if pixels and doublings >= 2:
        return _convolutional(train.shape[1:], doublings)
    return _fully_connected(train)


def _doublings(shape: tuple[int, ...]) -> int:
    """Return the number of times that both sides of an image can be halved."""
    if len(shape) != 3 or shape[2] > 4:
        return 0
    height, width, count = *shape[:2], 0
    while height % 2 == 0 == width % 2 and min(height, width) > 4:
        height, width, count = height // 2, width // 2, count + 1
    return min(count, _MAX_DOUBLINGS)


def _convolutional(shape: tuple[int, int, int], doublings: int) -> Recipe:
    channels = [32 * 2**depth for depth in range(1, doublings + 1)]
    prior = priors.normal(100)
    game = games.gan(
        modules.DCGANGenerator(shape=shape, channels=channels[::-1]),
        modules.DCGANDiscriminator(channels=channels, spectral_norm=True),
        prior,
        loss=losses.non_saturating(),
    )
    algorithm = alternating(game, optax.adam(2e-4, b1=0.5))
    size = " x ".join(map(str, shape))
    return Recipe(
        game,
        averaged(algorithm, decay=0.998),
        _BATCH_SIZE,
        prior,
        f"a convolutional pair for {size} images, {doublings} doublings",
    )


def _fully_connected(train: np.ndarray) -> Recipe:
    shape = train.shape[1:]
    num_values = int(np.prod(shape))
    # Batches are float32, so their moments are those of the rounded values. A mean far
    # from 0 is a sum of two parts, because float32 rounds it by many deviations.
    moments = compute_moments(train.astype(np.float32))
    scale, mean = (x.astype(np.float32) for x in (moments.scale, moments.mean))
    rest = (moments.mean - mean).astype(np.float32)
    prior = priors.normal(min(100, max(2, num_values)))
    generator = modules.MLPGenerator(
        shape=shape,
        hidden=(256, 256),
        output=lambda y: (
            y * scale.reshape(1, -1) + rest.reshape(1, -1) + mean.reshape(1, -1)
        ),
        kernel_init=jax.nn.initializers.lecun_normal(),
    )
    critic = modules.MLPDiscriminator(
        hidden=(256, 256), activation=jax.nn.leaky_relu, noise=0.0
    )

    def compare(play: Play, x: jax.Array, key: jax.Array) -> Comparison:
        """Compare as `games.gan`, with every column in units of its deviation."""
        standard = lambda x: (
            (x.astype(jnp.float32) - mean[None] - rest[None]) / scale[None]
        )
        fake = play("generator", prior(key, len(x)))
        return Comparison(real=(standard(x),), fake=(standard(fake),))

    game = games.adversarial(
        {"generator": generator, "discriminator": critic},
        compare,
        loss=losses.relativistic(),
        terms=[terms.r1(0.5), terms.r2(0.5)],
        sample=games.sampler(prior),
    )
    algorithm = alternating(game, optax.adam(2e-4, b1=0.0, b2=0.9))
    kind = "vectors" if len(shape) == 1 else "arrays"
    return Recipe(
        game,
        averaged(algorithm, decay=0.999),
        _BATCH_SIZE,
        prior,
        f"a fully connected pair for {kind} of {num_values} values",
    )
