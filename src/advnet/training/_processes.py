"""A watch over the other processes of a run, which ends this process without them."""

import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax

# As in sendmail: a temporary failure, which the same command continues.
EXIT_PROCESS_LOST = 75

_EXIT_ERROR = 1  # as Python's own exit code after an exception

_ENDED, _FAILED = "ended", "failed: "
_MAX_BEAT = 1.0  # seconds
_MAX_REASON = 200  # characters

_num_watches = 0


@contextmanager
def watch_processes(*, timeout: float = 30.0) -> Iterator[None]:
    """End this process if another process of `jax.distributed` dies or hangs.

    Training in several processes waits for all of them in every step. If one is killed,
    the others would wait until the coordinator's timeout, and then abort. Within this
    context each process reports every second that it is alive. A process that misses
    the reports of another one for `timeout` seconds writes one line to standard error
    and exits with code 75. Nothing is saved then: the same command continues from the
    newest checkpoint, with the processes started again.

    An exception that leaves the context ends its process with the traceback and exit
    code 1, because the end of `Checkpoints` would wait for the other processes. These
    exit with code 75 and a line with the error.

    The process with index 0 runs JAX's coordinator. If it is killed, JAX aborts the
    other processes within a second, with lines of its own, and no Python code can
    prevent that. The newest checkpoint is whole in this case, too.

    Use it inside of `Checkpoints`:

        with Checkpoints(folder) as checkpoints, watch_processes():
            ...

    With a single process, nothing happens.

    Args:
      timeout: Seconds without a report after which a process counts as dead. It must
        exceed the longest time for which one Python call holds the interpreter's lock,
        and should be less than half of the `heartbeat_timeout_seconds` of
        `jax.distributed.initialize`, 100 by default.

    Yields:
      None.

    Raises:
      ValueError: If `timeout` is not above 0.

    Examples:
      >>> with watch_processes():
      ...     pass  # fit(...)
    """
    if not timeout > 0:
        raise ValueError(f"Expected timeout > 0, in seconds, got {timeout}.")
    if jax.process_count() == 1:
        yield
        return
    watch = _Watch(_coordination_client(), timeout)
    thread = threading.Thread(target=watch.run, daemon=True, name="watch_processes")
    thread.start()
    try:
        yield
        watch.last_report = _ENDED
    except Exception as error:  # noqa: BLE001 - the process ends with its traceback
        if _is_failed_collective(error):  # another process may be the cause
            thread.join(timeout + 3 * watch.beat)
        watch.last_report = _FAILED + f"{type(error).__name__}: {error}"[:_MAX_REASON]
        watch.stop.set()
        thread.join()
        _exit(_EXIT_ERROR, "".join(traceback.format_exception(error)), watch.beat)
    finally:
        watch.stop.set()
        thread.join()


class _Watch:
    """Reports of this process, and the times of the last reports of all others.

    Attributes:
      stop: Event that ends the watch.
      beat: Seconds between reports.
      last_report: Report to write at the end; None if the process was interrupted.
    """

    def __init__(self, client: Any, timeout: float):
        global _num_watches
        _num_watches += 1  # the same in every process, as all of them run one program
        self.stop = threading.Event()
        self.beat = min(_MAX_BEAT, timeout / 10)
        self.last_report: str | None = None
        self._client, self._timeout = client, timeout
        self._folder = f"advnet/watch/{_num_watches}/"
        self._reports: dict[str, tuple[str, float]] = {}

    def run(self) -> None:
        """Report and read reports until the watch is stopped."""
        number = 0
        while not self.stop.wait(self.beat):
            number += 1
            self._exchange(str(number))
            reason = self._find_lost_process()
            if reason is not None:
                line = (
                    f"advnet: {reason}; process {jax.process_index()} ends. Start all "
                    "processes again to continue from the newest checkpoint.\n"
                )
                _exit(EXIT_PROCESS_LOST, line, self.beat)
        if self.last_report is not None:
            self._exchange(self.last_report)

    def _exchange(self, report: str) -> None:
        """Write a report and read those of the other processes."""
        now, key = time.monotonic(), f"{self._folder}{jax.process_index()}"
        try:
            self._client.key_value_set(key, report, allow_overwrite=True)
            reports = self._client.key_value_dir_get(self._folder)
        except jax.errors.JaxRuntimeError:  # the coordinator does not answer
            return
        for name, value in reports:
            if self._reports.get(name, ("", 0.0))[0] != value:
                self._reports[name] = value, now

    def _find_lost_process(self) -> str | None:
        """Return which process is lost and why, or None."""
        now = time.monotonic()
        for name, (value, since) in self._reports.items():
            process = f"process {name.rpartition('/')[2]} of {jax.process_count()}"
            if value.startswith(_FAILED):
                return f"{process} failed ({value.removeprefix(_FAILED)})"
            if value != _ENDED and now - since > self._timeout:
                return f"{process} gave no sign of life for {self._timeout:g} s"
        return None


def _exit(code: int, text: str, beat: float) -> None:
    """Write text and end this process here: an exception does not end a collective."""
    sys.stdout.flush()
    sys.stderr.write(text)
    sys.stderr.flush()
    if jax.process_index() == 0:
        time.sleep(3 * beat)  # the coordinator ends after the others
    os._exit(code)


def _is_failed_collective(error: Exception) -> bool:
    """Return whether an operation of several processes may have raised the error."""
    return isinstance(error, jax.errors.JaxRuntimeError) or "Gloo" in str(error)


def _coordination_client() -> Any:
    """Return the client of JAX's key-value store, for which JAX has no public name."""
    from jax._src import distributed

    return distributed.global_state.client
