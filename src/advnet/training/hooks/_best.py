import math
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

from advnet._validation import check_at_least
from advnet.training._fit import StopTraining
from advnet.types import Batches, Metrics, State


class Best:
    """Hook that scores the state periodically and keeps a copy of the best one.

    Use it for early stopping and for model selection, with any score on data held out
    from training. The score that selects a state is optimistic: report a score on other
    data.

    Attributes:
      every: Number of steps between scores.
      history: All pairs (step, score) so far.
      state: The best state, or None before the first score.

    Examples:
      >>> scores = {10: 1.0, 20: 3.0, 30: 2.0, 40: 2.5}
      >>> best = Best(lambda state: scores[int(state["step"])], every=10, patience=2)
      >>> for step in (10, 20, 30):
      ...     best(step, {"step": jnp.asarray(step)}, {})
      >>> best.step, best.score
      (20, 3.0)
      >>> best(40, {"step": jnp.asarray(40)}, {})
      Traceback (most recent call last):
      advnet.training._fit.StopTraining
    """

    def __init__(
        self,
        score: Callable[[State], float],
        *,
        every: int,
        patience: int | None = None,
        lower_is_better: bool = False,
        keep: Callable[[State], None] | None = None,
    ):
        """Set the score and its schedule.

        Args:
          score: Function from a state to a number, such as a distance to held-out data
            or their log-likelihood.
          every: Number of steps between scores.
          patience: Number of scores without improvement after which training ends;
            None for no such limit.
          lower_is_better: True for distances.
          keep: Function that is called with each state that is the best so far, such
            as the `save` of a `Checkpoints`. By default a copy stays in memory.

        Raises:
          ValueError: If `every` or `patience` is below 1.
        """
        check_at_least(1, every=every, patience=1 if patience is None else patience)
        self.every = every
        self.history: list[tuple[int, float]] = []
        self.state: State | None = None
        self._score, self._patience = score, patience
        self._sign = -1 if lower_is_better else 1
        self._keep = self._copy if keep is None else keep

    @property
    def step(self) -> int:
        """The step of the best score."""
        return self._best()[0]

    @property
    def score(self) -> float:
        """The best score."""
        return self._best()[1]

    def begin(self, step: int, batches: Batches) -> None:
        """Remove the scores of later steps, which training will compute again.

        Raises:
          StopTraining: If the patience ended at an earlier step.
        """
        self.history = [pair for pair in self.history if pair[0] <= step]
        self._check_patience()

    def __call__(self, step: int, state: State, metrics: Metrics) -> None:
        """Score the state if `every` divides the step."""
        if step % self.every:
            return
        self.history.append((step, float(self._score(state))))
        if self.step == step:
            self._keep(state)
        self._check_patience()

    def end(self, step: int, state: State) -> None:
        """Do nothing; the best state is stored already."""

    def _check_patience(self) -> None:
        """Raise StopTraining after too many scores without an improvement."""
        if self._patience is None or not self.history:
            return
        num_later = sum(1 for scored_step, _ in self.history if scored_step > self.step)
        if num_later >= self._patience:
            raise StopTraining

    def _best(self) -> tuple[int, float]:
        """Return the step and the value of the best score; raise if there is none."""
        if not self.history:
            raise ValueError(
                f"Nothing was scored yet; states are scored every {self.every} steps."
            )
        return best_of(self.history, sign=self._sign)

    def _copy(self, state: State) -> None:
        """Store a copy of a state; the state itself is donated to the next step."""
        self.state = jax.tree.map(jnp.copy, state)


def best_of(
    history: Sequence[tuple[int, float]], *, sign: int = 1
) -> tuple[int, float]:
    """Return the first pair (step, score) with the best score.

    Args:
      history: Pairs (step, score), at least one.
      sign: -1 if lower is better.

    Returns:
      The pair.

    Examples:
      >>> best_of([(10, 1.0), (20, 3.0), (30, 3.0)])
      (20, 3.0)
    """
    return max(history, key=lambda pair: _rank(sign * pair[1]))


def _rank(score: float) -> float:
    """Return a score by which NaN is never the best."""
    return float("-inf") if math.isnan(score) else score
