from collections.abc import Callable

import jax
import jax.numpy as jnp

from advnet import _validation
from advnet.training._fit import StopTraining
from advnet.types import Metrics, State


class Best:
    """A hook that scores the state on a schedule, and keeps a copy of the best.

    When to stop, and which state to keep: any number the user trusts, on data held out
    from training. A score chosen by is optimistic; report on other data.

    Attributes:
      every: Steps between scores.
      history: Every (step, score) so far.
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
        """Decides what is good.

        Args:
          score: Of a state; a distance to held-out data, a likelihood of it.
          every: Steps between scores.
          patience: Ends training after so many scores without a better one; None never.
          lower_is_better: True for distances.
          keep: Called with a state that is the best so far, such as the `save` of a
            `Checkpoints`; by default a copy stays in memory.

        Raises:
          ValueError: If `every` or `patience` is below 1.
        """
        _validation.check_at_least(
            1, every=every, patience=1 if patience is None else patience
        )
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

    def begin(self, step: int, batches: object) -> None:
        """Forgets scores of later steps: training has gone back, and comes again."""
        self.history = [pair for pair in self.history if pair[0] <= step]

    def __call__(self, step: int, state: State, metrics: Metrics) -> None:
        """Scores, if the step is one to score at."""
        if step % self.every:
            return
        self.history.append((step, float(self._score(state))))
        if self.step == step:
            self._keep(state)
        scores_since = sum(1 for when, _ in self.history if when > self.step)
        if self._patience is not None and scores_since >= self._patience:
            raise StopTraining

    def _best(self) -> tuple[int, float]:
        if not self.history:
            raise ValueError(f"Nothing was scored yet; scores come every {self.every}.")
        # NaN is never the best; of equals the first is.
        return max(self.history, key=lambda pair: _rank(self._sign * pair[1]))

    def _copy(self, state: State) -> None:
        self.state = jax.tree.map(jnp.copy, state)


def _rank(value: float) -> float:
    return value if value == value else float("-inf")
