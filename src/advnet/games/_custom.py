from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jax

from advnet.games._validation import array_shape
from advnet.networks import as_network
from advnet.types import Game, Memory, Metrics, Objective, Play, PyTree, Sampler

PlayerObjective = Callable[[Play, PyTree, jax.Array], Any]


def custom(
    players: Mapping[str, Any],
    objectives: Mapping[str, PlayerObjective],
    turns: Sequence[Sequence[str]],
    *,
    sample: Sampler | None = None,
    encode: Callable[..., PyTree] | None = None,
    memories: Mapping[str, Memory] | None = None,
) -> Game:
    """Build a game from objectives of your own.

    Args:
      players: Networks by name, in any form that `networks.as_network` accepts.
      objectives: For each player that is trained, a function
        `objective(play, batch, key)` that returns its loss [], or the loss and a
        mapping of further metrics by name.
      turns: Groups of players, in the order of their updates. The players of one turn
        are updated together; a player without a turn is frozen.
      sample: `sample(play, key, num, *, condition=None, noise=None)`, which draws from
        the model; see `games.sampler`.
      encode: `encode(play, x, key, *, condition=None)`, which infers the noise.
      memories: State that objectives record with `play.record`.

    Returns:
      A game. Its metrics have the form `player/what`, with `player/loss` for every
      player.

    Raises:
      ValueError: If a turn or an objective names an unknown player, or a player has a
        turn and no objective; at `init`, if a loss is not a scalar, or a metric is not.
      TypeError: If `turns` holds a string in place of a group; at `init`, if an
        objective returns something else.

    Examples:
      A bilinear game, min over x and max over y of x y:

      >>> number = advnet.networks.plain(lambda key: jnp.ones(()), lambda value: value)
      >>> game = custom(
      ...     {"x": number, "y": number},
      ...     {
      ...         "x": lambda play, batch, key: play("x") * play("y"),
      ...         "y": lambda play, batch, key: -play("x") * play("y"),
      ...     },
      ...     turns=[["x"], ["y"]],
      ... )
      >>> sorted(game.objectives)
      ['x', 'y']
    """
    _check_known(objectives, players, "An objective")
    for turn in turns:
        if isinstance(turn, str):
            raise TypeError(
                f"Expected turns as groups of players, such as [['critic'], "
                f"['generator']]; got the string {turn!r}. Put it in a list."
            )
        _check_known(turn, players, "A turn")
    check_turns(turns, objectives)
    return Game(
        players={name: as_network(source) for name, source in players.items()},
        objectives={name: _checked(name, fn) for name, fn in objectives.items()},
        turns=tuple(map(tuple, turns)),
        sample=sample,
        encode=encode,
        memories=dict(memories or {}),
    )


def check_turns(turns: Iterable[Iterable[str]], objectives: Iterable[str]) -> None:
    """Raise ValueError if a player has a turn and no objective, or two turns."""
    known, names = set(objectives), [name for turn in turns for name in turn]
    for name in names:
        if name not in known:
            raise ValueError(
                f"The player {name!r} has a turn and no objective; objectives "
                f"exist for {sorted(known)}. Add one, or remove its turn."
            )
        if names.count(name) > 1:
            raise ValueError(f"The player {name!r} has two turns; expected one.")


def _check_known(names: Iterable[str], players: Iterable[str], what: str) -> None:
    known = sorted(players)
    for name in names:
        if name not in known:
            raise ValueError(
                f"{what} names {name!r}, which is not a player; this game has {known}."
            )


def _checked(name: str, fn: PlayerObjective) -> Objective:
    """Return an objective that checks what `fn` returns and prefixes its metrics."""

    def objective(
        play: Play, batch: PyTree, key: jax.Array
    ) -> tuple[jax.Array, Metrics]:
        result = fn(play, batch, key)
        loss, metrics = result if isinstance(result, tuple) else (result, {})
        _check_scalar(loss, f"the loss of {name}")
        if not isinstance(metrics, Mapping):
            raise TypeError(
                f"Expected the objective of {name} to return a loss, or (loss, "
                f"metrics) with a mapping of metrics; got {type(metrics).__name__}."
            )
        for metric, value in metrics.items():
            _check_scalar(value, f"the metric {metric!r} of {name}")
        prefixed = {
            metric if metric.startswith(f"{name}/") else f"{name}/{metric}": value
            for metric, value in metrics.items()
        }
        return loss, {f"{name}/loss": loss, **prefixed}

    return objective


def _check_scalar(value: Any, what: str) -> None:
    if array_shape(value) != ():
        shape = array_shape(value)
        description = type(value).__name__ if shape is None else f"shape {shape}"
        raise ValueError(
            f"Expected {what} to be a scalar array, got {description}. Take its mean."
        )
