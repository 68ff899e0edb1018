"""Many runs as one program: seeds, hyperparameters, and what became of them."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from advnet import _validation
from advnet.types import Algorithm, Metrics, PyTree, State


def population(algorithm: Algorithm, num: int) -> Algorithm:
    """Trains `num` seeds of an algorithm at once, on the same batches.

    Member i is the run that `algorithm.init(jax.random.fold_in(key, i), batch)` starts,
    to rounding; a larger population begins with the same members.

    Args:
      algorithm: See `advnet.dynamics`.
      num: Members.

    Returns:
      An algorithm whose state has one `step` and a leading axis [num] everywhere else,
      for `fit`, checkpoints and `vmap` like any other. Metrics are means over members.
      See `select_member` and `map_members` for what to do with it.

    Raises:
      ValueError: If `num` < 1.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> together = population(advnet.alternating(game, optax.sgd(0.1)), 3)
      >>> state = together.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> state, metrics = together.train_step(state, jnp.zeros((8, 1)))
      >>> state.key.shape, metrics["generator/loss"].shape
      ((3,), ())
    """
    _validation.check_at_least(1, num=num)

    def init(key: jax.Array, batch: PyTree) -> State:
        keys = jax.vmap(lambda i: jax.random.fold_in(key, i))(jnp.arange(num))
        return _init_members(lambda key: algorithm.init(key, batch), keys)

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        return _step_members(lambda one: algorithm.train_step(one, batch), state)

    return Algorithm(init, train_step)


def sweep(make: Callable[[PyTree], Algorithm], values: PyTree) -> Algorithm:
    """Trains one algorithm under many hyperparameters at once, from the same seed.

    For several seeds of each, make a population inside: the state's arrays are then
    [values, seeds, ...].

    Args:
      make: From one of the values, traced, to an algorithm. Learning rates and weights
        of terms may be traced; numbers of steps and sizes of layers may not.
      values: An array [num], or a pytree of such.

    Returns:
      An algorithm as `population` gives, with one member for each value.

    Raises:
      ValueError: If there are no values, or their numbers differ.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> make = lambda rate: population(advnet.alternating(game, optax.sgd(rate)), 2)
      >>> together = sweep(make, jnp.array([0.1, 0.01, 0.001]))
      >>> together.init(jax.random.key(0), jnp.zeros((8, 1))).key.shape
      (3, 2)
    """
    values = jax.tree.map(jnp.asarray, values)
    numbers = {leaf.shape[:1] for leaf in jax.tree.leaves(values)}
    if len(numbers) != 1 or numbers <= {(), (0,)}:
        raise ValueError(
            f"Expected values of one leading length >= 1, got {sorted(numbers)}. Give "
            "an array [num] of each hyperparameter."
        )

    def init(key: jax.Array, batch: PyTree) -> State:
        return _init_members(lambda value: make(value).init(key, batch), values)

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        step = lambda one, value: make(value).train_step(one, batch)
        return _step_members(step, state, values)

    return Algorithm(init, train_step)


def select_member(state: State, index: int) -> State:
    """One member of a population, an ordinary state: to sample from, or to go on with.

    Args:
      state: Of a `population` or `sweep`, or several by `jax.vmap`.
      index: Which, from 0.

    Raises:
      IndexError: If there is no such member.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> together = population(advnet.alternating(game, optax.sgd(0.1)), 3)
      >>> state = together.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> advnet.sample(game, select_member(state, 2), jax.random.key(1), 5).shape
      (5, 1)
    """
    num = state.key.shape[0] if state.key.ndim else 0
    if not 0 <= index < num:
        raise IndexError(f"No member {index}: the state has {num}, counted from 0.")
    key, players = jax.tree.map(lambda x: x[index], (state.key, state.players))
    # Of states that `jax.vmap` has made each has a step of its own.
    return State(state.step[index] if state.step.ndim else state.step, key, players)


def map_members(fn: Callable[[State], PyTree], state: State) -> PyTree:
    """A function of one member's state, for all members at once.

    Args:
      fn: From an ordinary state to arrays, traced.
      state: Of a `population` or `sweep`.

    Returns:
      What `fn` gives, with a leading axis [num].

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> together = population(advnet.alternating(game, optax.sgd(0.1)), 3)
      >>> state = together.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> draw = lambda one: advnet.sample(game, one, jax.random.key(1), 5)
      >>> map_members(draw, state).shape
      (3, 5, 1)
    """
    one = lambda key, players: fn(State(state.step, key, players))
    return jax.vmap(one)(state.key, state.players)


class Summary(NamedTuple):
    """What became of a population.

    Attributes:
      num: Members.
      collapsed: The share that collapsed, in [0, 1].
      mean: Of each score, over all members.
      sd: Standard deviation of each score over members (n - 1); 0 for a single one.
    """

    num: int
    collapsed: float
    mean: dict[str, float]
    sd: dict[str, float]

    def __str__(self) -> str:
        """Everything, on one line."""
        scores = (
            f"{name} {self.mean[name]:.4g} (sd {self.sd[name]:.2g})"
            for name in self.mean
        )
        return f"{self.num} members, {self.collapsed:.0%} collapsed; " + ", ".join(
            scores
        )


def summary(
    scores: Mapping[str, ArrayLike],
    *,
    collapsed: Callable[[dict[str, np.ndarray]], ArrayLike],
) -> Summary:
    """How many members collapsed, by your rule, and how scores spread.

    Args:
      scores: By name, a number for each member, [num].
      collapsed: From the scores to booleans [num].

    Returns:
      The share that collapsed, and means and standard deviations over all members.

    Raises:
      ValueError: If a score is not finite, or shapes are not [num].

    Examples:
      >>> scores = {"modes": [8, 8, 3, 8]}
      >>> print(summary(scores, collapsed=lambda scores: scores["modes"] < 8))
      4 members, 25% collapsed; modes 6.75 (sd 2.5)
    """
    table = {name: np.asarray(values, np.float64) for name, values in scores.items()}
    fell = np.asarray(collapsed(dict(table)))
    if (
        not table
        or any(x.shape != fell.shape for x in table.values())
        or fell.ndim != 1
    ):
        raise ValueError(
            "Expected scores and a rule that give one value a member, [num]; got "
            f"{ {name: x.shape for name, x in table.items()} } and {fell.shape}."
        )
    for name, values in table.items():
        if not np.isfinite(values).all():
            raise ValueError(
                f"Expected finite {name}, got {values[~np.isfinite(values)][0]} for "
                f"member {np.flatnonzero(~np.isfinite(values))[0]}. Give a member that "
                "diverged the worst score there is."
            )
    ddof = min(1, len(fell) - 1)
    return Summary(
        num=len(fell),
        collapsed=float(fell.mean()),
        mean={name: float(values.mean()) for name, values in table.items()},
        sd={name: float(values.std(ddof=ddof)) for name, values in table.items()},
    )


def _init_members(init: Callable[..., State], over: PyTree) -> State:
    def parts(one: PyTree):
        state = init(one)
        return state.step, state.key, state.players

    # One step for all: `fit` and hooks then see an ordinary state.
    return State(*jax.vmap(parts, out_axes=(None, 0, 0))(over))


def _step_members(
    train_step: Callable[..., tuple[State, Metrics]], state: State, *over: PyTree
) -> tuple[State, Metrics]:
    def one(key: jax.Array, players: PyTree, *own: PyTree):
        after, metrics = train_step(State(state.step, key, players), *own)
        return after.step, after.key, after.players, metrics

    together = jax.vmap(one, out_axes=(None, 0, 0, 0))
    step, key, players, metrics = together(state.key, state.players, *over)
    return State(step, key, players), {
        name: values.mean() for name, values in metrics.items()
    }
