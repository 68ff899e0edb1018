"""The nouns of the library. One screen, no logic."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax

PyTree = Any
"""A nested structure of arrays, as in `jax.tree`."""

Metrics = dict[str, jax.Array]
"""Scalars keyed `player/what`."""

Prior = Callable[[jax.Array, int], jax.Array]
"""`prior(key, num) -> z [num, ...]`: the noise p_z the generator starts from."""


class Variables(NamedTuple):
    """What a network owns: `params` are optimized, `state` (batch means) is not."""

    params: PyTree
    state: PyTree = ()


class Network(NamedTuple):
    """A pair of pure functions; every player is one.

    `init(key, *inputs) -> Variables` and
    `apply(variables, *inputs, key=key, train=bool) -> (output, state)`.
    `output_range` is the (low, high) interval the output cannot leave, if known.
    """

    init: Callable[..., Variables]
    apply: Callable[..., tuple[PyTree, PyTree]]
    output_range: tuple[float, float] | None = None


class Comparison(NamedTuple):
    """The two things a critic tells apart, each a tuple of its inputs [m, ...].

    `given` (labels, masks) is shown beside both and never interpolated or penalized.
    `noise` is what the fakes were made from; terms may read it, no critic is shown it.
    """

    real: tuple[PyTree, ...]
    fake: tuple[PyTree, ...]
    given: tuple[PyTree, ...] = ()
    noise: PyTree = ()


class Theory(NamedTuple):
    """What a loss does to two discrete distributions p (data) and q (model), [n] each.

    With the critic at `optimal_logit(p, q) -> [n]` the discriminator's loss is
    `equilibrium - divergence(p, q)`, in nats where the loss is a log-likelihood.
    """

    name: str
    divergence: Callable[[jax.Array, jax.Array], jax.Array]
    optimal_logit: Callable[[jax.Array, jax.Array], jax.Array]
    equilibrium: float


class Loss(NamedTuple):
    """Two functions `(real_logits [m], fake_logits [m]) -> per-example loss [m]`.

    `probability` maps logits to D(x) in [0, 1] where the loss gives them that meaning.
    """

    discriminator: Callable[[jax.Array, jax.Array], jax.Array]
    generator: Callable[[jax.Array, jax.Array], jax.Array]
    probability: Callable[[jax.Array], jax.Array] | None = None
    theory: Theory | None = None


class View(NamedTuple):
    """All that a term may look at while an objective is evaluated.

    `critic(*shown) -> logits [m]` reads the critic's module state and never records
    it, so it can be differentiated; `given` is bound to it. The outputs are the
    critic's own, before the readout turned them into logits.
    """

    play: Callable[..., PyTree]
    critic: Callable[..., jax.Array]
    comparison: Comparison
    real_output: PyTree
    fake_output: PyTree
    real_logits: jax.Array
    fake_logits: jax.Array
    batch: PyTree
    key: jax.Array


class Term(NamedTuple):
    """A summand `weight * mean(fn(view))` of a player's loss; fn gives [m] or []."""

    name: str
    player: str
    fn: Callable[[View], jax.Array]
    weight: float | jax.Array = 1.0


Objective = Callable[..., tuple[jax.Array, Metrics]]
"""`objective(play, batch, key) -> (loss [], metrics)`, for one player to minimize."""


class Game(NamedTuple):
    """A differentiable game: named players, an objective each, and the order of moves.

    `turns` groups the players: those of one turn move together, from the same point.
    The first turn is the one that `alternating` repeats k times; who has no turn is
    frozen. `sample(play, key, num, condition)` draws from the model, `encode(play, x,
    key)` answers which noise x came from, where a game can.
    """

    players: Mapping[str, Network]
    objectives: Mapping[str, Objective]
    turns: tuple[tuple[str, ...], ...]
    sample: Callable[..., PyTree] | None = None
    encode: Callable[..., PyTree] | None = None


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Player:
    """One player during training; `average` is kept by `dynamics.averaged`."""

    variables: Variables
    opt_state: PyTree
    average: Variables | None = None


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class State:
    """The whole run, a pytree: nothing else needs saving.

    The randomness of a step is `fold_in(key, step)`, so any step can be replayed alone.
    """

    step: jax.Array
    key: jax.Array
    players: dict[str, Player]


class Algorithm(NamedTuple):
    """`init(key, batch) -> state`, `train_step(state, batch) -> (state, metrics)`."""

    init: Callable[[jax.Array, PyTree], State]
    train_step: Callable[[State, PyTree], tuple[State, Metrics]]
