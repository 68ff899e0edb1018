"""The pair for encoded tables: a generator with a head for each column."""

from typing import Any

import jax
import numpy as np
from jax.typing import ArrayLike

from advnet import games, losses, modules, priors
from advnet._examples import require_floats
from advnet.data import Table
from advnet.recipes._parts import in_precision, optimize, penalties
from advnet.recipes._recipe import Recipe
from advnet.recipes._settings import Settings

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
    "precision",
)
_DEFAULTS = Settings(
    loss="relativistic",
    r1=0.5,
    r2=0.5,
    learning_rate=5e-4,
    batch_size=500,
    k=1,
    ema=0.999,
    width=256,
    model="mlp",
    precision="float32",
)
_MAX_NOISE = 64  # values of z besides the draws of categories
_NO_SETTINGS = Settings()


def table(
    x: ArrayLike,
    table: Table,
    *,
    condition: Any = None,
    settings: Settings = _NO_SETTINGS,
) -> Recipe:
    """Build the pair for rows of a table, with settings by the number of rows.

    The generator draws every category by the Gumbel-max trick, and the critic sees the
    encoded rows. The loss is the relativistic pairing loss with the penalties R1 and
    R2, as in R3GAN. Samples are drawn from an average of the generator.

    Args:
      x: Encoded rows to train on [n, d], n >= 2.
      table: The table that encoded them.
      condition: Name of a category that is given instead of drawn. The batch is then
        `(x, labels)`, and samples are drawn with `condition=labels`, with labels from
        `table.labels`.
      settings: Settings of training that replace those of the recipe. `model` can only
        be "mlp".

    Returns:
      The game, its algorithm, the batch size and the prior.

    Raises:
      ValueError: If `x` is not an array of encoded rows of this table, the table has
        only constant columns, or a setting does not apply.
      KeyError: If `condition` is not a category of the table.

    Examples:
      >>> import pandas as pd
      >>> frame = pd.DataFrame({"city": ["Rome", "Oslo"] * 50, "sold": range(100)})
      >>> rows = advnet.data.Table.from_rows(frame)
      >>> table(rows.encode(frame), rows).about
      'a pair for tables with 1 column of numbers and 1 category'

    References:
      Huang et al. 2024, section 3; Xu et al. 2019, section 4.4, for the heads.
    """
    x = require_floats(x, name="encoded rows", min_examples=2)
    if x.shape[1:] != (table.num_values,) or not table.num_values:
        raise ValueError(
            f"Expected encoded rows [n, {table.num_values}], with at least one value, "
            f"got {list(x.shape)}. Encode with the same table; a table of constants "
            "has nothing to learn."
        )
    about = _describe(table)
    settings = settings.completed(_DEFAULTS, _TAKES, about)
    if settings.model != "mlp":
        raise ValueError(
            f"Expected model 'mlp' for {about}, got {settings.model!r}. Leave it out."
        )
    batch_size = _batch_size(settings, len(x))
    prior = priors.normal(_num_noise(table) + sum(table.block_sizes))
    generator, critic = _players(table, condition, settings)
    adversaries = generator, critic, prior
    loss = losses.get(settings.require("loss"))
    if condition is None:
        game = games.gan(*adversaries, loss=loss, terms=penalties(settings))
    else:  # the critic sees the condition within the row
        game = games.conditional(
            *adversaries, loss=loss, terms=penalties(settings), show_critic=False
        )
    return Recipe(
        game,
        optimize(game, settings, b1=0.0, b2=0.9),
        batch_size * settings.require("k"),
        prior,
        about if condition is None else f"{about}, given {condition}",
        settings=settings.as_dict() | {"batch_size": batch_size},
    )


def _batch_size(settings: Settings, num: int) -> int:
    """Return the batch size, which is at most a quarter of the rows by default."""
    if settings.batch_size != _DEFAULTS.batch_size:
        return settings.require("batch_size")
    return int(np.clip(num // 4, 2, settings.batch_size))


def _num_noise(table: Table) -> int:
    return int(np.clip(2 * table.num_values, 8, _MAX_NOISE))


def _players(table: Table, condition: Any, settings: Settings):
    """Return the networks of the generator and the critic."""
    hidden = (settings.require("width"),) * 2
    generator = modules.TabularGenerator(
        numbers=table.num_numbers,
        blocks=table.block_sizes,
        hidden=hidden,
        condition=None if condition is None else table.block_index(condition),
    )
    critic = modules.MLPDiscriminator(
        hidden=hidden, activation=jax.nn.leaky_relu, noise=0.0
    )
    return in_precision(generator, settings), in_precision(critic, settings)


def _describe(table: Table) -> str:
    categories = [block for block in table.blocks if not block.is_gap]
    num_numbers, num_categories = len(table.codecs), len(categories)
    return (
        f"a pair for tables with {num_numbers} column{'s' * (num_numbers != 1)} of "
        f"numbers and {num_categories} categor{'y' if num_categories == 1 else 'ies'}"
    )
