import signal
from collections.abc import Iterator
from contextlib import contextmanager

from advnet.training._fit import StopTraining
from advnet.types import Metrics, State


class Interruption:
    """A hook that ends training after the step under way, once a signal has come.

    Attributes:
      signal: The number of the one that came, or None.
    """

    signal: int | None = None

    def __call__(self, step: int, state: State, metrics: Metrics) -> None:
        """Ends training if asked to."""
        if self.signal is not None:
            raise StopTraining


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Turns Ctrl-C and SIGTERM into the end of training after the step under way.

    `fit` then returns the state it reached; a second signal raises KeyboardInterrupt
    as ever. Works in the main thread only, as signals do.

    Examples:
      >>> with interruptible() as stop_on_signal:
      ...     hooks = [stop_on_signal]  # for fit
    """
    interruption = Interruption()

    def remember(number: int, frame) -> None:
        if interruption.signal is not None:
            raise KeyboardInterrupt
        interruption.signal = number

    watched = (signal.SIGINT, signal.SIGTERM)
    previous = [signal.signal(number, remember) for number in watched]
    try:
        yield interruption
    finally:
        for number, handler in zip(watched, previous, strict=True):
            signal.signal(number, handler)
