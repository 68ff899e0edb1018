"""The one-dimensional convolutional pair for series [n, t, c]."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from advnet import modules, priors
from advnet._examples import require_floats
from advnet._moments import Moments, check_float32, compute_moments
from advnet.recipes._fully_connected import Units, game_in_units, in_units
from advnet.recipes._parts import in_precision, optimize
from advnet.recipes._recipe import Recipe
from advnet.recipes._settings import Settings
from advnet.types import Network, Variables

_TAKES = (
    "loss",
    "r1",
    "r2",
    "learning_rate",
    "batch_size",
    "k",
    "ema",
    "width",
    "precision",
)
_DEFAULTS = Settings(
    loss="relativistic",
    r1=1.0,
    r2=1.0,
    learning_rate=5e-4,
    batch_size=64,
    k=1,
    ema=0.995,
    width=32,
    precision="float32",
)
_MIN_LENGTH = 12  # of a critic with two layers
_MAX_LAYERS = 4
_MARGIN = 8  # positions that are generated beyond both ends, where padding shows
_MAX_NOISE = 256
_NO_SETTINGS = Settings()


def series(
    train: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    num_classes: int | None = None,
    settings: Settings = _NO_SETTINGS,
) -> Recipe:
    """Build a convolutional pair for series, in units of the data.

    Each channel is standardized by its mean and deviation over all series and times.

    Args:
      train: Training series [n, t, c], n >= 2 and t >= 12.
      labels: Classes of the series, integers [n] from 0, for a conditional pair.
      num_classes: Number of classes; the largest label plus 1 by default.
      settings: Settings of training that replace those of the pair.

    Returns:
      The game, its algorithm, the batch size and the prior. With labels, the batch is
      `(x, labels)`.

    Raises:
      ValueError: If the series are too short, are not finite, or a setting does not
        apply.

    Examples:
      >>> series(np.random.default_rng(0).normal(size=(100, 64, 2))).about
      'a convolutional pair for series of 64 times and 2 channels'

    References:
      Isola et al. 2017 (patches); Jolicoeur-Martineau 2019 and Huang et al. 2024.
    """
    x = require_floats(train, name="series", min_examples=2)
    check_float32(x, name="series")
    if x.ndim != 3 or x.shape[1] < _MIN_LENGTH:
        raise ValueError(
            f"Expected series [n, t, c] of t >= {_MIN_LENGTH} times, got shape "
            f"{list(x.shape)}. Choose longer windows, or pass kind='arrays'."
        )
    if labels is not None and num_classes is None:
        num_classes = int(np.max(labels)) + 1
    length, channels = x.shape[1:]
    about = f"a convolutional pair for series of {length} times and {channels} channels"
    settings = settings.completed(_DEFAULTS, _TAKES, about)
    pooled = compute_moments(x.astype(np.float32).reshape(-1, channels))
    units = Units(Moments(pooled.mean[None], pooled.deviation[None]))
    prior = priors.normal(min(_MAX_NOISE, max(_MIN_LENGTH, length * channels)))
    players = _players(length, channels, num_classes, settings)
    players["generator"] = in_units(players["generator"], units)
    game = game_in_units(players, units, prior, num_classes, settings)
    return Recipe(
        game,
        optimize(game, settings, b1=0.0, b2=0.9),
        settings.require("batch_size") * settings.require("k"),
        prior,
        about if num_classes is None else f"{about}, {num_classes} classes",
        settings=settings.as_dict(),
    )


def _players(
    length: int, channels: int, num_classes: int | None, settings: Settings
) -> dict[str, Network]:
    width = settings.require("width")
    layers = min(_MAX_LAYERS, int(math.log2(length / 3)))
    # Waves are far from linear in their phase and frequency: several hidden layers that
    # all times share can express them. Without z itself, noise at every time is learned
    # slowly.
    front = modules.MLPGenerator(
        shape=(8 * width,),
        hidden=(8 * width,) * 3,
        activations=jax.nn.leaky_relu,
        output=jax.nn.leaky_relu,
        kernel_init=jax.nn.initializers.lecun_normal(),
    )
    generator = modules.SeriesGenerator(
        shape=(length + 2 * _MARGIN, channels),
        features=(2 * width, width),
        output=lambda y: y[:, _MARGIN : _MARGIN + length],
    )
    critic = modules.PatchDiscriminator(
        layers=layers,
        features=width,
        normalization="none",
        kernel_init=jax.nn.initializers.he_normal(),
    )
    if num_classes is not None:
        front = modules.Concatenate(front, num_classes=num_classes)
        generator = modules.Concatenate(generator, num_classes=num_classes)
        critic = modules.Concatenate(critic, num_classes=num_classes, channels=True)
    return {
        "generator": _with_front(
            in_precision(front, settings), in_precision(generator, settings)
        ),
        "discriminator": in_precision(critic, settings),
    }


def _with_front(front: Network, generator: Network) -> Network:
    """Return a generator that receives z and the front's output beside each other."""

    def init(key: jax.Array, z: jax.Array, *labels: jax.Array) -> Variables:
        front_key, generator_key = jax.random.split(key)
        first = front.init(front_key, z, *labels)
        hidden, _ = front.apply(first, z, *labels, key=front_key, train=False)
        inputs = jnp.concatenate([z, hidden], axis=1)
        second = generator.init(generator_key, inputs, *labels)
        return Variables(
            {"front": first.params, "convolutions": second.params},
            {"front": first.state, "convolutions": second.state},
        )

    def apply(variables: Variables, z: jax.Array, *labels: jax.Array, **options):
        first, second = (
            Variables(variables.params[name], variables.state[name])
            for name in ("front", "convolutions")
        )
        hidden, state = front.apply(first, z, *labels, **options)
        inputs = jnp.concatenate([z, hidden], axis=1)
        output, later_state = generator.apply(second, inputs, *labels, **options)
        return output, {"front": state, "convolutions": later_state}

    return Network(init, apply)
