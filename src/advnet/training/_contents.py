"""Record of what a checkpoint holds, by which a damaged or foreign one is known."""

import json
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from advnet.types import PyTree


class ForeignCheckpoint(ValueError):  # noqa: N818 - a mix-up, not a fault of the file
    """An undamaged checkpoint of another run, or of other networks."""


class ArrayRecord(NamedTuple):
    """Shape, type and checksum of one array.

    Attributes:
      shape: Shape of the array.
      dtype: Type of its values.
      checksum: CRC-32 of its bytes; None where one process could not read all of them.
    """

    shape: tuple[int, ...]
    dtype: str
    checksum: int | None


class Contents(NamedTuple):
    """Record of the arrays of a state, by name, and of the run they belong to.

    Attributes:
      run: Name of the run, "" without one.
      arrays: One record for each array.
    """

    run: str
    arrays: dict[str, ArrayRecord]

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON values, with a checksum of its own."""
        arrays = {name: [*array] for name, array in self.arrays.items()}
        record = {"run": self.run, "arrays": arrays}
        return record | {"checksum": _checksum_of_json(record)}

    @classmethod
    def from_json(cls, values: Any) -> "Contents":
        """Return the record stored in `values`.

        Raises:
          ValueError: If the record is damaged.
        """
        try:
            record = {"run": values["run"], "arrays": values["arrays"]}
            if values["checksum"] != _checksum_of_json(record):
                raise ValueError("its checksum differs")
            arrays = {
                name: ArrayRecord(tuple(shape), dtype, checksum)
                for name, (shape, dtype, checksum) in record["arrays"].items()
            }
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"the list of arrays is damaged ({error})") from None
        return cls(record["run"], arrays)

    def check_belongs(self, run: str, like: PyTree) -> None:
        """Raise if the arrays are not those of `like`, or belong to another run.

        Args:
          run: Name of the expected run; "" accepts any.
          like: The expected state, abstract or not.

        Raises:
          ForeignCheckpoint: With the difference, and what to do.
        """
        if run and self.run != run:
            raise ForeignCheckpoint(
                f"expected a checkpoint of run {run}, got one of run "
                f"{self.run or '(unnamed)'}; move it to its own run folder"
            )
        expected = {
            name: (tuple(leaf.shape), str(leaf.dtype)) for name, leaf in _leaves(like)
        }
        received = {name: array[:2] for name, array in self.arrays.items()}
        for name in [*expected, *received]:
            if expected.get(name) != received.get(name):
                raise ForeignCheckpoint(
                    f"expected {name} {_in_words(expected.get(name))}, got "
                    f"{_in_words(received.get(name))}; use the networks and the "
                    "optimizers it was saved with"
                )

    def check_undamaged(self, state: PyTree) -> None:
        """Raise ValueError if the values of an array have changed."""
        for name, values in named_arrays(state):
            checksum = self.arrays[name].checksum
            if checksum is not None and checksum != _checksum(values):
                raise ValueError(f"the checksum of {name} differs")


def contents_of(state: PyTree, run: str) -> Contents:
    """Compute the record of a state."""
    checksums = {name: _checksum(values) for name, values in named_arrays(state)}
    arrays = {
        name: ArrayRecord(tuple(leaf.shape), str(leaf.dtype), checksums.get(name))
        for name, leaf in _leaves(state)
    }
    return Contents(run, arrays)


def named_arrays(state: PyTree) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the arrays of a state that this process can read completely, with names."""
    for name, leaf in _leaves(state):
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            leaf = jax.random.key_data(leaf)
        if isinstance(leaf, jax.Array) and not leaf.is_fully_addressable:
            if not leaf.is_fully_replicated:
                continue
            leaf = leaf.addressable_data(0)
        yield name, np.asarray(leaf)


def _leaves(state: PyTree) -> Iterator[tuple[str, Any]]:
    for path, leaf in jax.tree_util.tree_leaves_with_path(state):
        yield jax.tree_util.keystr(path).lstrip("."), leaf


def _checksum(values: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(values).tobytes())


def _checksum_of_json(record: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(record, sort_keys=True).encode())


def _in_words(array: tuple[tuple[int, ...], str] | None) -> str:
    return "no such array" if array is None else f"{array[1]} {list(array[0])}"
