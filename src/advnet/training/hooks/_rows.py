from collections.abc import Callable

import jax.numpy as jnp

from advnet._validation import check_at_least
from advnet.types import Batches, Hook, Metrics, State

_COUNT = "_count"

WriteRow = Callable[[int, dict[str, float]], None]


def metric_rows(every: int, write: WriteRow) -> Hook:
    """Build a hook that passes on the metrics of every `every`-th step as numbers.

    A term that is not evaluated at every step has a metric `name_count` beside its
    own (`terms.every`): its value is then the mean of the evaluations since the last
    row.
    """
    check_at_least(1, every=every)
    return _MetricRows(every, write)


class _MetricRows:
    """Hook behind `metric_rows`."""

    def __init__(self, every: int, write: WriteRow):
        self.every = every
        self._write = write
        self._sums: Metrics = {}
        self._counts: Metrics = {}
        self._last: dict[str, float] = {}

    def begin(self, step: int, batches: Batches) -> None:
        """Forget the evaluations before `step`."""
        self._sums, self._counts = {}, {}

    def __call__(self, step: int, state: State, metrics: Metrics) -> None:
        """Add up the evaluations, and pass on a row where one is due."""
        counted = [name for name in metrics if name + _COUNT in metrics]
        for name in counted:  # on the device, without waiting for it
            count = metrics[name + _COUNT]
            self._sums[name] = self._sums.get(name, 0) + metrics[name] * count
            self._counts[name] = self._counts.get(name, 0) + count
        if step % self.every:
            return
        row = {
            name: float(value)
            for name, value in metrics.items()
            if name.removesuffix(_COUNT) not in counted
        }
        for name in counted:
            count = float(self._counts[name])
            if count:
                self._last[name] = float(jnp.asarray(self._sums[name])) / count
            row[name] = self._last.get(name, 0.0)
        self._sums, self._counts = {}, {}
        self._write(step, {name: row[name] for name in metrics if name in row})

    def end(self, step: int, state: State) -> None:
        """Do nothing: a row is due at the multiples of `every` only."""
