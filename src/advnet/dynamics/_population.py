"""Many runs as one program: several seeds or hyperparameters, and their summary."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from advnet._validation import check_at_least
from advnet.types import Algorithm, Metrics, PyTree, State


def population(
    algorithm: Algorithm, num: int, *, member_metrics: bool = False
) -> Algorithm:
    """Train `num` seeds of an algorithm as one program, on the same batches.

    Member i equals the run that starts with
    `algorithm.init(jax.random.fold_in(key, i), batch)`, to rounding. A larger
    population starts with the same members.

    Args:
      algorithm: See `advnet.dynamics`.
      num: Number of members.
      member_metrics: Whether to report the metrics of every member too, as
        `player/what_0`, `player/what_1`, ...

    Returns:
      An algorithm for `fit`, checkpoints and `vmap`, as any other. Its state has one
      `step`, and a leading axis [num] everywhere else. Its metrics are means over
      members. See `select_member` and `map_members` for the use of the state.

    Raises:
      ValueError: If `num` < 1.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> seeds = population(advnet.alternating(game, optax.sgd(0.1)), 3)
      >>> state = seeds.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> state, metrics = seeds.train_step(state, jnp.zeros((8, 1)))
      >>> state.key.shape, metrics["generator/loss"].shape
      ((3,), ())
    """
    check_at_least(1, num=num)

    def init(key: jax.Array, batch: PyTree) -> State:
        keys = jax.vmap(lambda i: jax.random.fold_in(key, i))(jnp.arange(num))
        return _init_members(lambda key: algorithm.init(key, batch), keys)

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        return _step_members(
            lambda member: algorithm.train_step(member, batch),
            state,
            member_metrics=member_metrics,
        )

    return Algorithm(init, train_step)


def sweep(
    make: Callable[[PyTree], Algorithm],
    values: PyTree,
    *,
    member_metrics: bool = False,
) -> Algorithm:
    """Train one algorithm with many hyperparameters as one program, from one seed.

    For several seeds of each value, let `make` return a population: the state's arrays
    are then [values, seeds, ...].

    Args:
      make: Function from a traced value to an algorithm. Learning rates and weights of
        terms may be traced; numbers of steps and sizes of layers may not.
      values: An array [num], or a pytree of such arrays.
      member_metrics: Whether to report the metrics of every member too.

    Returns:
      An algorithm as from `population`, with one member for each value.

    Raises:
      ValueError: If there are no values, or the arrays differ in length.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> make = lambda rate: population(advnet.alternating(game, optax.sgd(rate)), 2)
      >>> rates = sweep(make, jnp.array([0.1, 0.01, 0.001]))
      >>> rates.init(jax.random.key(0), jnp.zeros((8, 1))).key.shape
      (3, 2)
    """
    values = jax.tree.map(jnp.asarray, values)
    lengths = {leaf.shape[:1] for leaf in jax.tree.leaves(values)}
    if len(lengths) != 1 or lengths <= {(), (0,)}:
        raise ValueError(
            f"Expected values of one leading length >= 1, got {sorted(lengths)}. Pass "
            "an array [num] of each hyperparameter."
        )

    def init(key: jax.Array, batch: PyTree) -> State:
        return _init_members(lambda value: make(value).init(key, batch), values)

    def train_step(state: State, batch: PyTree) -> tuple[State, Metrics]:
        step = lambda member, value: make(value).train_step(member, batch)
        return _step_members(step, state, values, member_metrics=member_metrics)

    return Algorithm(init, train_step)


def select_member(state: State, index: int) -> State:
    """Return the state of one member of a population, to sample from or to train.

    Args:
      state: State of a `population` or a `sweep`, or several states from `jax.vmap`.
      index: Index of the member, from 0.

    Returns:
      The state of a single run.

    Raises:
      IndexError: If there is no member of that index.

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> seeds = population(advnet.alternating(game, optax.sgd(0.1)), 3)
      >>> state = seeds.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> advnet.sample(game, select_member(state, 2), jax.random.key(1), 5).shape
      (5, 1)
    """
    num = state.key.shape[0] if state.key.ndim else 0
    if not 0 <= index < num:
        raise IndexError(f"No member {index}: the state has {num}, counted from 0.")
    key, players = jax.tree.map(lambda x: x[index], (state.key, state.players))
    # States from `jax.vmap` have one step for each member.
    return State(state.step[index] if state.step.ndim else state.step, key, players)


def map_members(fn: Callable[[State], PyTree], state: State) -> PyTree:
    """Apply a function of a single run's state to all members of a population.

    Args:
      fn: Function from the state of one member to arrays; it is traced.
      state: State of a `population` or a `sweep`.

    Returns:
      The results of `fn`, with a leading axis [num].

    Examples:
      >>> game = advnet.games.gan(
      ...     nn.Dense(1), nn.Dense(1), advnet.priors.normal(2),
      ...     loss=advnet.losses.hinge(),
      ... )
      >>> seeds = population(advnet.alternating(game, optax.sgd(0.1)), 3)
      >>> state = seeds.init(jax.random.key(0), jnp.zeros((8, 1)))
      >>> draw = lambda member: advnet.sample(game, member, jax.random.key(1), 5)
      >>> map_members(draw, state).shape
      (3, 5, 1)
    """
    apply = lambda key, players: fn(State(state.step, key, players))
    return jax.vmap(apply)(state.key, state.players)


class Summary(NamedTuple):
    """Share of collapsed members of a population, and statistics of their scores.

    Attributes:
      num: Number of members.
      collapsed: Share of the members that collapsed, in [0, 1].
      mean: Mean of each score over all members.
      sd: Standard deviation of each score over members (n - 1); 0 for a single member.
    """

    num: int
    collapsed: float
    mean: dict[str, float]
    sd: dict[str, float]

    def __str__(self) -> str:
        """Return all fields on one line."""
        scores = ", ".join(
            f"{name} {self.mean[name]:.4g} (sd {self.sd[name]:.2g})"
            for name in self.mean
        )
        return f"{self.num} members, {self.collapsed:.0%} collapsed; {scores}"


def summary(
    scores: Mapping[str, ArrayLike],
    *,
    collapsed: Callable[[dict[str, np.ndarray]], ArrayLike],
) -> Summary:
    """Compute the share of collapsed members and the spread of scores over members.

    Args:
      scores: Scores by name, one value for each member, [num].
      collapsed: Function from the scores to booleans [num], True for a collapsed
        member.

    Returns:
      The share of collapsed members, and means and standard deviations over all
      members.

    Raises:
      ValueError: If a score is not finite, or shapes are not [num].

    Examples:
      >>> scores = {"modes": [8, 8, 3, 8]}
      >>> print(summary(scores, collapsed=lambda scores: scores["modes"] < 8))
      4 members, 25% collapsed; modes 6.75 (sd 2.5)
    """
    table = {name: np.asarray(values, np.float64) for name, values in scores.items()}
    is_collapsed = np.asarray(collapsed(dict(table)))
    _check_scores(table, is_collapsed)
    ddof = min(1, len(is_collapsed) - 1)
    return Summary(
        num=len(is_collapsed),
        collapsed=float(is_collapsed.mean()),
        mean={name: float(values.mean()) for name, values in table.items()},
        sd={name: float(values.std(ddof=ddof)) for name, values in table.items()},
    )


def _check_scores(table: Mapping[str, np.ndarray], is_collapsed: np.ndarray) -> None:
    """Raise ValueError if scores are not finite or not one value for each member."""
    shapes = {name: values.shape for name, values in table.items()}
    same = all(shape == is_collapsed.shape for shape in shapes.values())
    if not table or not same or is_collapsed.ndim != 1:
        raise ValueError(
            "Expected scores and a rule that give one value per member, [num]; got "
            f"{shapes} and {is_collapsed.shape}."
        )
    for name, values in table.items():
        wrong = np.flatnonzero(~np.isfinite(values))
        if len(wrong):
            raise ValueError(
                f"Expected finite {name}, got {values[wrong[0]]} for member "
                f"{wrong[0]}. Give a member that diverged the worst possible score."
            )


def _init_members(init: Callable[..., State], inputs: PyTree) -> State:
    """Initialize one member for each row of `inputs`."""

    def init_member(member_inputs: PyTree):
        state = init(member_inputs)
        return state.step, state.key, state.players

    # All members share one step, so that `fit` and hooks read a scalar step.
    return State(*jax.vmap(init_member, out_axes=(None, 0, 0))(inputs))


def _step_members(
    train_step: Callable[..., tuple[State, Metrics]],
    state: State,
    *inputs: PyTree,
    member_metrics: bool,
) -> tuple[State, Metrics]:
    """Advance every member by one step, and return means of their metrics."""

    def step_member(key: jax.Array, players: PyTree, *member_inputs: PyTree):
        state_after, metrics = train_step(
            State(state.step, key, players), *member_inputs
        )
        return state_after.step, state_after.key, state_after.players, metrics

    step_all = jax.vmap(step_member, out_axes=(None, 0, 0, 0))
    step, key, players, metrics = step_all(state.key, state.players, *inputs)
    means = {name: values.mean() for name, values in metrics.items()}
    if member_metrics:
        means |= {
            f"{name}_{index}": values[index]
            for name, values in metrics.items()
            for index in range(len(values))
        }
    return State(step, key, players), means
