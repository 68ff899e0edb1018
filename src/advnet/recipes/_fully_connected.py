"""The fully connected pair for the user's data, which works in units of the data."""

import jax
import jax.numpy as jnp
import numpy as np

from advnet import games, losses, modules, priors
from advnet._moments import Moments
from advnet.recipes._parts import in_precision, optimize, penalties
from advnet.recipes._recipe import Recipe
from advnet.recipes._settings import Settings
from advnet.types import Comparison, Game, Network, Play, Prior, PyTree

_TAKES = (
    "loss",
    "r1",
    "r2",
    "learning_rate",
    "batch_size",
    "k",
    "ema",
    "width",
    "model",
    "augment",
    "precision",
)
_DEFAULTS = Settings(
    loss="relativistic",
    r1=0.5,
    r2=0.5,
    learning_rate=2e-4,
    batch_size=64,
    k=1,
    ema=0.999,
    width=256,
    model="mlp",
    augment="none",
    precision="float32",
)


class Units:
    """Scale and mean of the data, as float32 numbers that broadcast over examples."""

    def __init__(self, moments: Moments):
        """Split each mean, because float32 rounds a mean far from 0 by deviations."""
        self.scale = moments.scale.astype(np.float32)[None]
        self.mean = moments.mean.astype(np.float32)[None]
        self.rest = (moments.mean[None] - self.mean).astype(np.float32)

    def standardize(self, x: jax.Array) -> jax.Array:
        """Return examples [m, ...] in units of their deviations."""
        return (x.astype(jnp.float32) - self.mean - self.rest) / self.scale

    def restore(self, y: jax.Array) -> jax.Array:
        """Return standardized examples [m, ...] in units of the data."""
        return y * self.scale + self.rest + self.mean


def fully_connected(
    moments: Moments, num_classes: int | None, settings: Settings
) -> Recipe:
    """Build the fully connected pair for examples with the given moments.

    Args:
      moments: Means and deviations of the values of an example.
      num_classes: Number of classes of a conditional pair, or None.
      settings: Settings of the user.

    Raises:
      ValueError: If a setting does not apply.
    """
    shape = moments.mean.shape
    num_values = int(np.prod(shape))
    kind = "vectors" if len(shape) == 1 else "arrays"
    about = f"a fully connected pair for {kind} of {num_values} values"
    settings = settings.completed(_DEFAULTS, _TAKES, about)
    _check_names(settings, about)
    prior = priors.normal(min(100, max(2, num_values)))
    units = Units(moments)
    players = _players(shape, units, num_classes, settings)
    game = game_in_units(players, units, prior, num_classes, settings)
    if num_classes is not None:
        about += f" of {num_classes} classes"
    return Recipe(
        game,
        optimize(game, settings, b1=0.0, b2=0.9),
        settings.require("batch_size") * settings.require("k"),
        prior,
        about,
        settings=settings.as_dict(),
    )


def game_in_units(
    players: dict[str, Network],
    units: Units,
    prior: Prior,
    num_classes: int | None,
    settings: Settings,
) -> Game:
    """Build the game of a pair whose critic sees values in units of their deviations.

    Args:
      players: The generator, whose output is in units of the data, and the critic.
      units: Scale and mean of the data.
      prior: Distribution of z.
      num_classes: Number of classes of a conditional pair, or None.
      settings: Settings without None for the loss.
    """

    def compare(play: Play, batch: PyTree, key: jax.Array) -> Comparison:
        """Compare as `games.gan`, with every value in units of its deviation."""
        x, *labels = (batch,) if num_classes is None else batch
        z = prior(key, len(x))
        fake = play("generator", z, *labels)
        return Comparison(
            real=(units.standardize(x),),
            fake=(units.standardize(fake),),
            given=tuple(labels),
            noise=z,
        )

    return games.adversarial(
        players,
        compare,
        loss=losses.get(settings.require("loss")),
        terms=penalties(settings),
        sample=games.sampler(prior, conditional=num_classes is not None),
    )


def _check_names(settings: Settings, about: str) -> None:
    """Raise if a name stands for something that vectors do not have."""
    expected = {"model": "mlp", "augment": "none"}
    for name, value in expected.items():
        if getattr(settings, name) != value:
            raise ValueError(
                f"Expected {name} {value!r} for {about}, got "
                f"{getattr(settings, name)!r}. Leave it out, or pass images [n, h, w, "
                "c] in [0, 1]."
            )


def _players(
    shape: tuple[int, ...], units: Units, num_classes: int | None, settings: Settings
) -> dict[str, Network]:
    hidden = (settings.require("width"),) * 2
    generator = modules.MLPGenerator(
        shape=shape,
        hidden=hidden,
        output=lambda y: y,
        kernel_init=jax.nn.initializers.lecun_normal(),
    )
    critic = modules.MLPDiscriminator(
        hidden=hidden,
        activation=jax.nn.leaky_relu,
        noise=0.0,
        features=num_classes is not None,
    )
    if num_classes is not None:
        generator = modules.Concatenate(generator, num_classes=num_classes)
        critic = modules.Projection(critic, num_classes=num_classes)
    players = {"generator": generator, "discriminator": critic}
    players = {n: in_precision(module, settings) for n, module in players.items()}
    return players | {"generator": in_units(players["generator"], units)}


def in_units(network: Network, units: Units) -> Network:
    """Return a network whose output is in units of the data, in float32."""

    def apply(variables, *inputs, **options):
        output, state = network.apply(variables, *inputs, **options)
        return units.restore(output), state

    return network._replace(apply=apply)
