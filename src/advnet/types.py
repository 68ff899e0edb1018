"""Types and protocols that all packages share; this file holds no logic."""

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax

__all__ = [  # fmt: skip
    "Algorithm", "Batches", "Comparison", "Game", "Hook", "LifecycleHook", "Loss",
    "Memory", "Metrics", "Network", "Objective", "Play", "Player", "Prior", "PyTree",
    "Sampler", "Schedule", "StackedBatches", "State", "Term", "Theory", "Variables",
    "View", "Weight",
]  # fmt: skip

PyTree = Any
"""Nested structure of arrays, as in `jax.tree`."""

Metrics = dict[str, jax.Array]
"""Scalars by name; a name has the form `player/what`."""

Prior = Callable[[jax.Array, int], jax.Array]
"""Distribution p_z of the generator's noise: `prior(key, num) -> z [num, ...]`."""


class Variables(NamedTuple):
    """Variables of a network: `params` are optimized, `state` is not.

    `state` holds the running batch statistics and other module state.
    """

    params: PyTree
    state: PyTree = ()


class Network(NamedTuple):
    """Pair of pure functions that defines a player.

    `init(key, *inputs) -> Variables` and
    `apply(variables, *inputs, key=key, train=bool) -> (output, state)`.
    `output_range` is the interval (low, high) that contains every output, or None.
    `source` is the object that the network was made from, if any. With
    `takes_shared_key`, `apply` also gets a `shared_key` that is the same in all calls
    of one objective.
    """

    init: Callable[..., Variables]
    apply: Callable[..., tuple[PyTree, PyTree]]
    output_range: tuple[float, float] | None = None
    source: Any = None
    takes_shared_key: bool = False


class Comparison(NamedTuple):
    """Real and fake inputs that a critic tells apart, two tuples of arrays [m, ...].

    `given` (labels, masks) is shown to the critic beside both, and is never
    interpolated or penalized. `noise` is the noise that the fakes were generated from:
    terms may read it, the critic does not receive it.
    """

    real: tuple[PyTree, ...]
    fake: tuple[PyTree, ...]
    given: tuple[PyTree, ...] = ()
    noise: PyTree = ()


class Theory(NamedTuple):
    """Divergence that a loss minimizes, for discrete distributions p (data), q (model).

    With the critic at `optimal_logit(p, q) -> [n]`, the discriminator's loss is
    `equilibrium - divergence(p, q)`, in nats if the loss is a log-likelihood.
    """

    name: str
    divergence: Callable[[jax.Array, jax.Array], jax.Array]
    optimal_logit: Callable[[jax.Array, jax.Array], jax.Array]
    equilibrium: float


class Loss(NamedTuple):
    """Two functions `(real_logits [m], fake_logits [m]) -> loss per example [m]`.

    The logits may also be maps [m, ...positions] with one loss per position. Functions
    that average over examples do so over axis 0, position by position. `probability`
    maps logits to D(x) in [0, 1], and `threshold` is the logit of an undecided critic,
    where the loss defines them.
    """

    discriminator: Callable[[jax.Array, jax.Array], jax.Array]
    generator: Callable[[jax.Array, jax.Array], jax.Array]
    probability: Callable[[jax.Array], jax.Array] | None = None
    theory: Theory | None = None
    threshold: float | None = None


class Play(Protocol):
    """Players of a game as an objective calls them: `play("generator", z) -> output`.

    `variables` holds the variables of every player by name, `states` their module
    state, `step` the training step (int32 []), and `memories` the values of the game's
    memories, which `record` updates. See `games.Play`, the implementation.
    """

    variables: dict[str, Variables]
    step: jax.Array
    memories: dict[str, PyTree]

    @property
    def states(self) -> dict[str, PyTree]:
        """Module state of every player by name; it can be assigned."""
        ...

    @states.setter
    def states(self, states: Mapping[str, PyTree], /) -> None: ...

    def __call__(self, name: str, *inputs: PyTree, train: bool | None = None) -> PyTree:
        """Apply a player to `inputs` and record its new module state."""

    def pure(self, name: str) -> Callable[..., PyTree]:
        """Return a player as a pure function that does not record module state."""
        ...

    def ensure_initialized(self, name: str, *inputs: PyTree) -> None:
        """Initialize a player from `inputs` if it has no variables yet."""

    def record(self, name: str, value: PyTree) -> None:
        """Update a memory with a value; it is kept if the memory's writer moves."""

    def fork(self, index: jax.Array, states: Mapping[str, PyTree]) -> "Play":
        """Return a copy with other module states, and with randomness for `index`."""
        ...


class View(NamedTuple):
    """Everything that a term can read while an objective is evaluated.

    `critic(*inputs) -> logits` reads the critic's module state and does not record it,
    so it can be differentiated; `comparison.given` is bound to it. `real_output` and
    `fake_output` are the critic's outputs before the readout turns them into logits.
    Logits are one array [m], one map [m, ...positions], or a list or dict of such
    arrays.
    """

    play: Play
    critic: Callable[..., jax.Array]
    comparison: Comparison
    real_output: PyTree
    fake_output: PyTree
    real_logits: PyTree
    fake_logits: PyTree
    batch: PyTree
    key: jax.Array
    map_weights: tuple[float, ...] = ()

    @property
    def step(self) -> jax.Array:
        """Training step, int32 []."""
        return self.play.step


Schedule = Callable[[jax.Array], jax.Array]
"""Function of the training step (int32 []) to a number."""

Weight = float | jax.Array | Schedule
"""Factor of a term or of an objective: a number or a schedule."""


class Term(NamedTuple):
    """Summand `weight * mean(fn(view))` of a player's loss; `fn` returns [m] or [].

    `weight` is a number or a schedule. Where `active(step)` is false, the term is not
    evaluated; see `terms.every`.
    """

    name: str
    player: str
    fn: Callable[[View], jax.Array]
    weight: Weight = 1.0
    active: Schedule | None = None


Objective = Callable[[Play, PyTree, jax.Array], tuple[jax.Array, Metrics]]
"""Loss that a player minimizes: `objective(play, batch, key) -> (loss [], metrics)`."""

Sampler = Callable[..., PyTree]
"""Sampling function of a game, see `games.sampler`:
`sample(play, key, num, *, condition=None, noise=None) -> samples [num, ...]`."""


class Memory(NamedTuple):
    """State of a game that is not optimized: a pool of past samples, running means.

    `init(value) -> memory` makes it from the first recorded value, and
    `update(memory, value, key) -> memory` records a value. Only updates of the player
    `writer` change it; every player reads it as `play.memories[name]`.
    """

    init: Callable[[PyTree], PyTree]
    update: Callable[[PyTree, PyTree, jax.Array], PyTree]
    writer: str = "generator"


class Game(NamedTuple):
    """Differentiable game: named players, one objective for each, and their turns.

    `turns` groups the players: the players of one turn are updated together, from the
    same point. `alternating` repeats the first turn k times. A player without a turn is
    frozen. `sample` draws from the model (see `Sampler`), and
    `encode(play, x, key, *, condition=None) -> z` infers the noise of examples; both
    are optional. `memories` is state that objectives record, by name.
    """

    players: Mapping[str, Network]
    objectives: Mapping[str, Objective]
    turns: tuple[tuple[str, ...], ...]
    sample: Sampler | None = None
    encode: Callable[..., PyTree] | None = None
    memories: Mapping[str, Memory] = MappingProxyType({})


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Player:
    """State of one player in training.

    `dynamics.averaged` maintains `average`; `memories` are those that it writes.
    """

    variables: Variables
    opt_state: PyTree
    average: Variables | None = None
    memories: dict[str, PyTree] = dataclasses.field(default_factory=dict)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class State:
    """Complete state of a training run, a pytree; a checkpoint holds nothing else.

    The randomness of a step is `fold_in(key, step)`, so any single step can be
    repeated.
    """

    step: jax.Array
    key: jax.Array
    players: dict[str, Player]


class Algorithm(NamedTuple):
    """Pair `init(key, batch) -> state`, `train_step(state, batch) -> (state, metrics)`.

    Both functions are pure.
    """

    init: Callable[[jax.Array, PyTree], State]
    train_step: Callable[[State, PyTree], tuple[State, Metrics]]


@runtime_checkable
class Batches(Protocol):
    """Source of batches: a pure function of the step, counted from 0."""

    def __call__(self, step: int, /) -> PyTree:
        """Return the batch of a step, leaves [m, ...]."""


@runtime_checkable
class StackedBatches(Batches, Protocol):
    """Source of batches that can also gather those of several steps in one call."""

    def stacked(self, start: int, stop: int, /) -> PyTree:
        """Return the batches of the steps from `start` to `stop - 1`, stacked."""


@runtime_checkable
class Hook(Protocol):
    """Function that `training.fit` calls after a step, counted from 1."""

    def __call__(self, step: int, state: State, metrics: Metrics, /) -> None:
        """Read the state and the metrics of a step."""


@runtime_checkable
class LifecycleHook(Hook, Protocol):
    """Hook that `training.fit` also calls where training begins and where it ends."""

    @property
    def every(self) -> int:
        """Number of steps between the steps at which the hook acts."""
        ...

    def begin(self, step: int, batches: Batches, /) -> None:
        """Prepare for training that starts at `step` on `batches`."""

    def end(self, step: int, state: State, /) -> None:
        """Act on the last state, unless training ended with an error."""
