"""Checkpoints, written with orbax; no other file imports it."""

import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from advnet._extras import require
from advnet._validation import check_at_least
from advnet.training._contents import (
    Contents,
    ForeignCheckpoint,
    contents_of,
)
from advnet.training._not_finite import check_finite_state
from advnet.training._placement import check_no_pattern, place_arrays, set_aside
from advnet.types import PyTree, State


def save(path: str | os.PathLike, state: PyTree) -> Path:
    """Write a state to a new folder, which appears only when it is complete.

    Args:
      path: A folder that does not exist yet.
      state: Any pytree of arrays, including typed keys.

    Returns:
      The absolute path of the folder.

    Raises:
      ImportError: Without `pip install "advnet[checkpoint]"`.
      ValueError: If the folder exists.

    Examples:
      >>> folder = pathlib.Path(tempfile.mkdtemp()) / "state"
      >>> path = save(folder, {"weights": jnp.ones(3)})
      >>> restore(folder, {"weights": jnp.zeros(3)})["weights"]
      Array([1., 1., 1.], dtype=float32)
    """
    target = Path(path).absolute()
    with require("orbax.checkpoint", "checkpoint").StandardCheckpointer() as writer:
        writer.save(target, state)
    return target


def restore(path: str | os.PathLike, like: PyTree) -> PyTree:
    """Read a state that `save` wrote, bit for bit.

    Args:
      path: The folder.
      like: A pytree of the same structure: a state, or the abstract state
        `jax.eval_shape(algorithm.init, key, batch)`. An array without a sharding goes
        to the devices it was saved on, or to the first device if this machine does
        not have those.

    Returns:
      The state.

    Raises:
      ImportError: Without `pip install "advnet[checkpoint]"`.
      ValueError: If structure or shapes differ from `like`.
      FileNotFoundError: If there is no such checkpoint.
    """
    with require("orbax.checkpoint", "checkpoint").StandardCheckpointer() as reader:
        return place_arrays(
            lambda like: reader.restore(Path(path).absolute(), like), like
        )


class Checkpoints:
    """Folder with the newest checkpoints of a run, in one subfolder for each step.

    Checkpoints are written while training continues, and appear only when complete. A
    checksum of every array is stored, and checked when a checkpoint is restored. Use
    the object as a context manager, which waits for the last write.

    Examples:
      >>> folder = tempfile.mkdtemp()
      >>> state = advnet.types.State(jnp.asarray(7), jax.random.key(0), {})
      >>> with Checkpoints(folder, keep=2) as checkpoints:
      ...     checkpoints.save(state)
      >>> with Checkpoints(folder, read_only=True) as checkpoints:
      ...     int(checkpoints.restore(state).step)
      7
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        *,
        keep: int | None = 2,
        run: str = "",
        read_only: bool = False,
    ):
        """Open a folder, and create it if it does not exist.

        Args:
          folder: The folder.
          keep: Number of newest checkpoints to keep; None keeps all until `delete`.
          run: Name of the run. It is stored, and checkpoints of another run are
            refused.
          read_only: Whether the folder is only read, for example while another process
            trains. It must exist then, and nothing in it is changed.

        Raises:
          ImportError: Without `pip install "advnet[checkpoint]"`.
          ValueError: If `keep` < 1, or the path holds one of ``* ? [``.
        """
        if keep is not None:
            check_at_least(1, keep=keep)
        check_no_pattern(folder)
        self._orbax = require("orbax.checkpoint", "checkpoint")
        self._run, self._read_only, self._is_closed = run, read_only, False
        self._options = self._orbax.CheckpointManagerOptions(
            max_to_keep=None if read_only else keep,
            create=not read_only,
            read_only=read_only,
            save_interval_steps=0 if read_only else 1,
            cleanup_tmp_directories=not read_only,  # left by killed processes
            lightweight_initialize=True,  # a damaged file must not hide other steps
        )
        self._manager = self._open(Path(folder).absolute())

    def save(self, state: State) -> None:
        """Start to write a state, under the number of its step.

        Args:
          state: The state; it may be donated as soon as this method returns.

        Raises:
          NotFinite: If the state holds NaN or infinity. It is then not written, and the
            earlier checkpoints remain.
          ValueError: If there is a checkpoint of that step or of a later step.
          RuntimeError: If the folder is closed, or was opened with `read_only`.
          OSError: If no file can be made in the folder.
        """
        self._check_writable()
        # Where this fails, threads of orbax would keep the process for five minutes.
        tempfile.TemporaryFile(dir=self._manager.directory).close()
        check_finite_state(state)
        step, newest = int(state.step), max(self.steps, default=-1)
        if newest >= step:
            raise ValueError(
                f"Expected a step after {newest}, the newest checkpoint of "
                f"{self._manager.directory}, got {step}. Restore that checkpoint "
                "first, or name another folder: it may belong to an earlier run."
            )
        args = self._orbax.args
        items = args.Composite(
            state=args.StandardSave(state),
            sums=args.JsonSave(contents_of(state, self._run).to_json()),
        )
        # Without force, orbax does not write a step below a step it has skipped.
        self._manager.save(step, args=items, force=True)

    def restore(self, like: State, *, required: bool = True) -> State | None:
        """Restore the newest undamaged checkpoint, or return None if there is none.

        Damaged checkpoints are skipped with a warning. Unless the folder is read only,
        they are renamed, so that their steps can be written again, and deleted once
        training has passed their steps.

        Args:
          like: A state of the same structure, abstract or not. The restored arrays get
            its shardings. Arrays without one go to the devices they were saved on, or
            to the first device if this machine does not have those.
          required: Whether to raise if all checkpoints are damaged. Otherwise they are
            skipped, and the result is None.

        Returns:
          The state, or None if the folder holds no checkpoint.

        Raises:
          ValueError: If there are checkpoints and all are damaged, or one belongs to
            another run or does not match `like`.
          RuntimeError: If the folder is closed.
        """
        self.wait()
        reasons: dict[int, str] = {}
        state = None
        while steps := [step for step in self.steps if step not in reasons]:
            try:
                state = self._read(steps[-1], like)
                break
            except ForeignCheckpoint as error:
                raise ValueError(
                    f"{self._manager.directory}/{steps[-1]}: {error}."
                ) from None
            except Exception as error:  # noqa: BLE001 - orbax raises Exception itself
                self._list_again()
                if steps[-1] in self.steps:  # not deleted by another process meanwhile
                    reason = (str(error).splitlines() or [type(error).__name__])[0]
                    reasons[steps[-1]] = reason[:200]
                    self._warn_skipped(steps[-1], reason[:200])
        if state is None and reasons and required:
            raise ValueError(
                f"No checkpoint in {self._manager.directory} is undamaged and matches "
                f"this run ({'; '.join(f'{s}: {r}' for s, r in reasons.items())}). "
                "Start a new run in another folder, or repair this one."
            )
        if not self._read_only:
            restored_step = 0 if state is None else int(state.step)
            set_aside(Path(self._manager.directory), list(reasons), restored_step)
            self._list_again()
        return state

    @property
    def steps(self) -> list[int]:
        """Steps of all checkpoints in increasing order, damaged ones included."""
        return sorted(self._manager.all_steps())

    def delete(self, step: int) -> None:
        """Delete the checkpoint of a step, after waiting for pending writes."""
        self._check_writable()
        self.wait()
        self._manager.delete(step)

    def wait(self) -> None:
        """Wait until all checkpoints are written."""
        if self._is_closed:
            raise RuntimeError(_closed(self._manager.directory))
        self._manager.wait_until_finished()

    def __enter__(self) -> "Checkpoints":
        """Return the object itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Wait for the last write, and close the folder."""
        self._is_closed = True
        self._manager.close()

    def _open(self, folder: Path) -> Any:
        """Return orbax's manager of the folder."""
        with _without_notes_of_readers():
            return self._orbax.CheckpointManager(folder, options=self._options)

    def _list_again(self) -> None:
        """List the steps again; orbax's own `reload` ends at a damaged file."""
        self._manager.close()
        self._manager = self._open(Path(self._manager.directory))

    def _check_writable(self) -> None:
        if self._is_closed:
            raise RuntimeError(_closed(self._manager.directory))
        if self._read_only:
            raise RuntimeError(
                f"{self._manager.directory} was opened to be read. Open it without "
                "read_only to change it."
            )

    def _read(self, step: int, like: State) -> State:
        """Read the checkpoint of a step.

        Raises:
          ForeignCheckpoint: If it belongs to another run, or does not match `like`.
          Exception: If it is damaged.
        """
        args, restore = self._orbax.args, self._manager.restore
        sums = restore(step, args=args.Composite(sums=args.JsonRestore())).sums
        contents = Contents.from_json(sums)
        contents.check_belongs(self._run, like)

        def read(like: PyTree) -> PyTree:
            items = args.Composite(state=args.StandardRestore(like))
            return restore(step, args=items).state

        state = place_arrays(read, like)
        contents.check_undamaged(state)
        return state

    def _warn_skipped(self, step: int, reason: str) -> None:
        folder = self._manager.directory
        message = f"Skipped the checkpoint of step {step} in {folder}: {reason}"
        warnings.warn(message, stacklevel=3)


@contextmanager
def _without_notes_of_readers() -> Iterator[None]:
    """Leave out orbax's warning that a folder opened with `read_only` is read only."""
    is_other = lambda record: not record.msg.startswith("Given directory is read only")
    logger = logging.getLogger("absl")
    logger.addFilter(is_other)
    try:
        yield
    finally:
        logger.removeFilter(is_other)


def _closed(folder: Any) -> str:
    return f"{folder} is closed. Use Checkpoints inside its `with` block."
