import signal
from collections.abc import Iterator
from contextlib import contextmanager

from advnet.training._fit import StopTraining
from advnet.types import Metrics, State


class Interruption:
    """Hook that ends training after the current step once a signal has arrived.

    Attributes:
      signal: Number of the signal, or None if there was none.
    """

    signal: int | None = None

    def __call__(self, step: int, state: State, metrics: Metrics) -> None:
        """End training if a signal has arrived."""
        if self.signal is not None:
            raise StopTraining


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Let Ctrl-C, SIGTERM and SIGHUP end training after the current step.

    `fit` then returns its current state. A second signal raises KeyboardInterrupt. A
    SIGHUP that the process ignores, as under nohup, stays ignored. As signal handlers
    do, this works in the main thread only.

    Yields:
      A hook for `fit`.

    Examples:
      >>> with interruptible() as stop_on_signal:
      ...     hooks = [stop_on_signal]  # for fit
    """
    interruption = Interruption()

    def handle(number: int, frame) -> None:
        if interruption.signal is not None:
            raise KeyboardInterrupt
        interruption.signal = number

    numbers = [signal.SIGINT, signal.SIGTERM]
    hang_up = getattr(signal, "SIGHUP", None)  # Windows does not have it
    if hang_up is not None and signal.getsignal(hang_up) != signal.SIG_IGN:
        numbers.append(hang_up)
    previous_handlers = [signal.signal(number, handle) for number in numbers]
    try:
        yield interruption
    finally:
        for number, handler in zip(numbers, previous_handlers, strict=True):
            signal.signal(number, handler)
