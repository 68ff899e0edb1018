from collections.abc import Mapping, Sequence
from typing import Any

import jax

from advnet.games._custom import check_turns
from advnet.terms import weight_at
from advnet.types import Game, Memory, Metrics, Network, Objective, Play, PyTree, Weight

Part = tuple[Game, Weight]


def combine(
    parts: Sequence[Part], *, turns: Sequence[Sequence[str]] | None = None
) -> Game:
    """Combine games into one: players of the same name are one player.

    A player of several games minimizes the weighted sum of its objectives. A player of
    one game keeps its objective unscaled. The objectives of a player are evaluated in
    the order of the games, on the same batch and with the same key.

    Args:
      parts: Pairs (game, weight); a weight is a number or a schedule.
      turns: Order of updates. By default a player is updated in the latest of its
        turns.

    Returns:
      A game. Metrics keep their names; those of a player in several games get the
      index of the game, such as `generator/loss_0`, beside the total `generator/loss`.
      `sample` and `encode` are those of the first game that has them.

    Raises:
      ValueError: If there is no game, two games have different networks or memories
        under one name, or `turns` names a player that has no objective.

    Examples:
      Two critics for one generator:

      >>> generator, prior = nn.Dense(2), advnet.priors.normal(3)
      >>> make = lambda name, loss: advnet.games.adversarial(
      ...     {"generator": generator, name: nn.Dense(1)},
      ...     lambda play, x, key: advnet.types.Comparison(
      ...         (x,), (play("generator", prior(key, len(x))),)
      ...     ),
      ...     loss=loss, critic=name,
      ... )
      >>> game = combine([
      ...     (make("first", advnet.losses.hinge()), 1.0),
      ...     (make("second", advnet.losses.least_squares()), 0.5),
      ... ])
      >>> game.turns
      (('first', 'second'), ('generator',))
    """
    if not parts:
        raise ValueError("Expected at least one (game, weight), got none.")
    for part in parts:
        if isinstance(part, Game) or not isinstance(part, tuple) or len(part) != 2:
            raise TypeError(
                "Expected pairs (game, weight), such as (game, 1.0); got "
                f"{type(part).__name__}."
            )
    games = [game for game, _ in parts]
    owners = {
        name: [part for part in parts if name in part[0].objectives]
        for game in games
        for name in game.objectives
    }
    objectives = {
        name: own[0][0].objectives[name] if len(own) == 1 else _weighted_sum(name, own)
        for name, own in owners.items()
    }
    order = _latest_turns(games) if turns is None else tuple(map(tuple, turns))
    check_turns(order, objectives)
    return Game(
        players=_unite_players(games),
        objectives=objectives,
        turns=order,
        sample=next((game.sample for game in games if game.sample), None),
        encode=next((game.encode for game in games if game.encode), None),
        memories=_unite_memories(games),
    )


def _weighted_sum(name: str, parts: Sequence[Part]) -> Objective:
    """Return the weighted sum of the objectives of a player in several games."""

    def objective(
        play: Play, batch: PyTree, key: jax.Array
    ) -> tuple[jax.Array, Metrics]:
        total: jax.Array | None = None
        metrics: Metrics = {}
        for index, (game, weight) in enumerate(parts):
            value, part_metrics = game.objectives[name](play, batch, key)
            value = weight_at(weight, play.step) * value
            total = value if total is None else total + value
            metrics |= {f"{what}_{index}": x for what, x in part_metrics.items()}
        assert total is not None  # a player of two games or more
        return total, metrics | {f"{name}/loss": total}

    return objective


def _latest_turns(games: Sequence[Game]) -> tuple[tuple[str, ...], ...]:
    """Place every player in the latest turn that it has in any game."""
    latest: dict[str, int] = {}
    for game in games:
        for index, turn in enumerate(game.turns):
            for name in turn:
                latest[name] = max(index, latest.get(name, 0))
    indices = sorted(set(latest.values()))
    return tuple(tuple(n for n, i in latest.items() if i == index) for index in indices)


def _unite_players(games: Sequence[Game]) -> dict[str, Network]:
    players: dict[str, Network] = {}
    for game in games:
        for name, network in game.players.items():
            known = players.setdefault(name, network)
            if not (known == network or _is_same(known.source, network.source)):
                raise ValueError(
                    f"Two games have different networks for {name!r}. Pass the same "
                    "module to both, or give the players different names."
                )
    return players


def _unite_memories(games: Sequence[Game]) -> Mapping[str, Memory]:
    memories: dict[str, Memory] = {}
    for game in games:
        for name, memory in game.memories.items():
            if memories.setdefault(name, memory) is not memory:
                raise ValueError(
                    f"Two games have a memory named {name!r}. Give them different "
                    "names."
                )
    return memories


def _is_same(a: Any, b: Any) -> bool:
    """Return whether two networks were made from the same source."""
    if a is None or b is None:
        return False
    return a is b or (type(a) is type(b) and not callable(a) and bool(a == b))
