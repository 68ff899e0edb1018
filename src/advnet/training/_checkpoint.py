"""The one place that knows orbax."""

import itertools
import os
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from advnet import _validation
from advnet._extras import require
from advnet.training._not_finite import NotFinite, is_finite
from advnet.types import PyTree, State


def save(path: str | os.PathLike, state: PyTree) -> Path:
    """Writes a state, whole or not at all.

    Args:
      path: A folder that does not exist yet.
      state: Any pytree of arrays, typed keys included.

    Returns:
      The absolute path written.

    Raises:
      ImportError: Without `pip install "advnet[checkpoint]"`.
      ValueError: If the folder exists.

    Examples:
      >>> folder = pathlib.Path(tempfile.mkdtemp()) / "state"
      >>> written = save(folder, {"weights": jnp.ones(3)})
      >>> restore(folder, {"weights": jnp.zeros(3)})["weights"]
      Array([1., 1., 1.], dtype=float32)
    """
    target = Path(path).absolute()
    with require("orbax.checkpoint", "checkpoint").StandardCheckpointer() as writer:
        writer.save(target, state)
    return target


def restore(path: str | os.PathLike, like: PyTree) -> PyTree:
    """Reads what `save` wrote, bit for bit.

    Args:
      path: The folder.
      like: A pytree of the same structure: a state, or the abstract one from
        `jax.eval_shape(algorithm.init, key, batch)`.

    Returns:
      The state.

    Raises:
      ImportError: Without `pip install "advnet[checkpoint]"`.
      ValueError: If structure or shapes differ from `like`.
      FileNotFoundError: If there is no such checkpoint.
    """
    with require("orbax.checkpoint", "checkpoint").StandardCheckpointer() as reader:
        return reader.restore(Path(path).absolute(), like)


class Checkpoints:
    """A folder of checkpoints: the newest few of a run, one folder a step.

    Each is written beside training, whole or not at all, with a checksum of every
    array; only what passes is ever read. Use it as a context, which waits for the last
    write.

    Examples:
      >>> folder = tempfile.mkdtemp()
      >>> like = State(jnp.asarray(7), jax.random.key(0), {})
      >>> with Checkpoints(folder, keep=2) as checkpoints:
      ...     checkpoints.save(like)
      >>> with Checkpoints(folder) as checkpoints:
      ...     int(checkpoints.restore(like).step)
      7
    """

    def __init__(self, folder: str | os.PathLike, *, keep: int | None = 2):
        """Opens a folder, made if it does not exist.

        Args:
          folder: Where they lie.
          keep: How many of the newest to keep; None for all, until you `delete`.

        Raises:
          ImportError: Without `pip install "advnet[checkpoint]"`.
          ValueError: If `keep` < 1.
        """
        if keep is not None:
            _validation.check_at_least(1, keep=keep)
        self._orbax = require("orbax.checkpoint", "checkpoint")
        options = self._orbax.CheckpointManagerOptions(max_to_keep=keep)
        self._manager = self._orbax.CheckpointManager(
            Path(folder).absolute(), options=options
        )

    def save(self, state: State) -> None:
        """Starts to write the state of a step.

        Args:
          state: All of it is kept; it may be donated as soon as this returns.

        Raises:
          NotFinite: If it holds NaN or infinity; nothing is then written, so that the
            good ones before it stay.
          ValueError: If there is a checkpoint of that step.
        """
        _refuse_not_finite(state)
        args = self._orbax.args
        items = args.Composite(
            state=args.StandardSave(state), sums=args.JsonSave(_checksums(state))
        )
        # Forced: orbax would not write a step below one that was passed over.
        self._manager.save(int(state.step), args=items, force=True)

    def restore(self, like: State) -> State | None:
        """The newest whole checkpoint, or None if none was ever written.

        Damaged ones are passed over with a warning, and set aside under another name,
        so that the steps to come can be written.

        Args:
          like: A state of the same structure, abstract or not; its shardings are taken.

        Raises:
          ValueError: If there are checkpoints, and none is whole and fits.
        """
        self.wait()
        found = self._first_whole(self.steps[::-1], like)
        if found is None:
            return None
        for step in found.passed_over:
            folder = Path(self._manager.directory) / str(step)
            names = (f"{step}.damaged{again}" for again in itertools.count())
            free = (folder.with_name(name) for name in names)
            folder.rename(next(path for path in free if not path.exists()))
        self._manager.reload()
        return found.state

    @property
    def steps(self) -> list[int]:
        """Of the checkpoints there are, damaged or not, in order."""
        return sorted(self._manager.all_steps())

    def delete(self, step: int) -> None:
        """Removes the checkpoint of a step, when everything is written."""
        self.wait()
        self._manager.delete(step)

    def wait(self) -> None:
        """Returns when everything is written."""
        self._manager.wait_until_finished()

    def __enter__(self) -> "Checkpoints":
        """Itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Waits for the last write."""
        self._manager.close()

    def _first_whole(self, steps: list[int], like: State) -> "_Found | None":
        reasons: dict[int, str] = {}
        for step in steps:
            try:
                return _Found(self._read(step, like), list(reasons))
            except Exception as error:  # noqa: BLE001 - orbax raises Exception itself
                reasons[step] = str(error).splitlines()[0][:200]
                warnings.warn(
                    f"Passed over the checkpoint of step {step}: {reasons[step]}",
                    stacklevel=3,
                )
        if not steps:
            return None
        listed = "; ".join(f"{step}: {reason}" for step, reason in reasons.items())
        raise ValueError(
            f"No checkpoint in {self._manager.directory} is whole and fits this run "
            f"({listed}). Start another run, or mend the folder."
        )

    def _read(self, step: int, like: State) -> State:
        args = self._orbax.args
        items = args.Composite(
            state=args.StandardRestore(like), sums=args.JsonRestore()
        )
        restored = self._manager.restore(step, args=items)
        damaged = [
            name
            for name, total in _checksums(restored.state).items()
            if restored.sums.get(name, total) != total
        ]
        if damaged:
            raise ValueError(f"the checksum of {damaged[0]} differs")
        return restored.state


class _Found(NamedTuple):
    state: State
    passed_over: list[int]


def _checksums(state: PyTree) -> dict[str, int]:
    """CRC-32 of every array that this process holds whole."""
    return {
        name: zlib.crc32(np.ascontiguousarray(values).tobytes())
        for name, values in _arrays(state)
    }


def _refuse_not_finite(state: State) -> None:
    for name, values in _arrays(state):
        if not is_finite(values):
            owner = [player for player in state.players if f"['{player}']" in name]
            raise NotFinite(
                int(state.step),
                owner[0] if owner else "",
                name,
                f"{name} is not finite at step {int(state.step)}; no checkpoint was "
                "written. Go on from the last one with a lower learning rate, or a "
                "penalty on the critic (terms.r1).",
            )


def _arrays(state: PyTree) -> Iterator[tuple[str, np.ndarray]]:
    for path, leaf in jax.tree_util.tree_leaves_with_path(state):
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            leaf = jax.random.key_data(leaf)
        name = jax.tree_util.keystr(path).lstrip(".")
        if isinstance(leaf, jax.Array) and not leaf.is_fully_addressable:
            if not leaf.is_fully_replicated:
                continue
            leaf = leaf.addressable_data(0)
        yield name, np.asarray(leaf)
