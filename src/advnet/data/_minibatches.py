"""Minibatches as a pure function of the step: no iterator, so nothing to save."""

import dataclasses
import functools
import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def take(arrays: Any, indices: np.ndarray) -> Any:
    """Those examples of arrays in memory."""
    return jax.tree.map(lambda leaf: leaf.take(indices, axis=0), arrays)


@dataclasses.dataclass(frozen=True, eq=False)
class Minibatches:
    """Endless shuffled minibatches; ``batches(step)`` is the batch of that step.

    The stream of examples is one fresh permutation of the data after another. Batch
    `step` is the slice ``[step * batch_size, (step + 1) * batch_size)`` of it, which
    may span several epochs. So in every epoch (`num_examples` consecutive draws) each
    example appears exactly once, whatever the batch size.

    Make one with `minibatches`.

    Attributes:
      arrays: The data: a pytree of arrays [num_examples, ...].
      batch_size: Examples per batch.
      num_examples: Examples per epoch.
      order: Maps an epoch to the permutation it visits, int [num_examples].
      gather: From the data and indices, int of any shape, to those examples: leaves
        of that shape and then an example's.
    """

    arrays: Any = dataclasses.field(repr=False)
    batch_size: int
    num_examples: int
    order: Callable[[int], np.ndarray] = dataclasses.field(repr=False)
    gather: Callable[[Any, np.ndarray], Any] = dataclasses.field(
        default=take, repr=False
    )

    def __call__(self, step: int) -> Any:
        """Gathers the batch of a step.

        Args:
          step: Any integer >= 0, in any order; a concrete scalar array will do.

        Returns:
          The structure of `arrays`; leaves are new NumPy arrays [batch_size, ...].
        """
        return self.rows(step, slice(None))

    def rows(self, step: int, rows: slice | np.ndarray) -> Any:
        """Gathers some rows of the batch of a step; the others are not read.

        Args:
          step: Any integer >= 0.
          rows: Which of the batch_size examples: a slice, or integers [m].
        """
        indices = self._indices(checked_step(step), self.batch_size)
        return self.gather(self.arrays, indices[rows])

    def stacked(self, start: int, stop: int) -> Any:
        """Gathers the batches of the steps from `start` to `stop` - 1 at once.

        Args:
          start: Any integer >= 0.
          stop: A larger one.

        Returns:
          The structure of `arrays`; leaves are [stop - start, batch_size, ...].
        """
        num = (stop - start) * self.batch_size
        indices = self._indices(checked_step(start), num)
        return self.gather(self.arrays, indices.reshape(-1, self.batch_size))

    @property
    def steps_per_epoch(self) -> float:
        """Steps in one pass over the data, num_examples / batch_size; may be < 1."""
        return self.num_examples / self.batch_size

    def epoch(self, step: int) -> int:
        """The epoch, from 0, to which the first example of batch `step` belongs."""
        return checked_step(step) * self.batch_size // self.num_examples

    def _indices(self, step: int, num: int) -> np.ndarray:
        """The `num` examples from the first of a step on."""
        epoch, offset = divmod(step * self.batch_size, self.num_examples)
        pieces, missing = [], num
        while missing:
            pieces.append(self.order(epoch)[offset : offset + missing])
            missing -= len(pieces[-1])
            epoch, offset = epoch + 1, 0
        return np.concatenate(pieces)


def minibatches(arrays: Any, batch_size: int, *, key: jax.Array) -> Minibatches:
    """Shuffles arrays in memory into an endless, replayable stream of minibatches.

    A pure function of the step and the key: a resumed run sees the batches which the
    interrupted one would have seen, and any step can be looked at alone.

    Args:
      arrays: A pytree (an array, a `Split`, a dict, ...) whose leaves are arrays
        [n, ...] with the same n. Kept, not copied: do not write to them afterwards.
        Floating leaves must be finite; float64 becomes float32.
      batch_size: Examples per batch, >= 1; it may exceed n and need not divide it.
      key: A typed key, ``jax.random.key(seed)``.

    Returns:
      A callable from a step to a batch; see `Minibatches`.

    Raises:
      ValueError: If there are no examples, leaves disagree on n or have no example
        axis, floating values are NaN or infinite, or ``batch_size < 1``.
      TypeError: If a leaf is not numeric, or `key` is not one typed key.

    Examples:
      >>> import jax, numpy as np
      >>> from advnet import data
      >>> x = np.arange(6.0).reshape(3, 2)
      >>> batches = data.minibatches({"x": x}, 2, key=jax.random.key(0))
      >>> batches(10)["x"].shape
      (2, 2)
      >>> batches.num_examples, batches.steps_per_epoch, batches.epoch(10)
      (3, 1.5, 6)
      >>> epoch = np.concatenate([batches(step)["x"] for step in range(3)])[:3]
      >>> sorted(epoch[:, 0].tolist())
      [0.0, 2.0, 4.0]
    """
    batch_size = checked_size(batch_size)
    num_examples = _num_examples(arrays)
    arrays = jax.tree_util.tree_map_with_path(checked_leaf, arrays)
    return Minibatches(arrays, batch_size, num_examples, shuffled(key, num_examples))


def shuffled(key: jax.Array, num_examples: int) -> Callable[[int], np.ndarray]:
    """A fresh permutation for every epoch, as a function of the epoch."""
    _check_key(key)
    # The key lives on as NumPy: its buffer may be donated with a training state.
    bits, impl = np.asarray(jax.random.key_data(key)), jax.random.key_impl(key)

    # Two: a batch which spans an epoch's end must not evict what the next one needs.
    @functools.lru_cache(maxsize=2)
    def order(epoch: int) -> np.ndarray:
        key = jax.random.wrap_key_data(jnp.asarray(bits), impl=impl)
        epoch_key = jax.random.fold_in(key, epoch)
        permutation = np.asarray(jax.random.permutation(epoch_key, num_examples))
        permutation.flags.writeable = False
        return permutation

    return order


def checked_size(batch_size: int) -> int:
    """The number of examples in a batch as an int >= 1, or an error."""
    batch_size = operator.index(batch_size)
    if batch_size < 1:
        raise ValueError(f"Expected batch_size >= 1, got {batch_size}.")
    return batch_size


def checked_step(step: int) -> int:
    """The step as an int >= 0, or an error."""
    step = operator.index(step)
    if step < 0:
        raise ValueError(f"Expected a step >= 0, got {step}.")
    return step


def _check_key(key: Any) -> None:
    if not isinstance(key, jax.Array) or not jnp.issubdtype(
        key.dtype, jax.dtypes.prng_key
    ):
        got = f"{key.dtype}{list(key.shape)}" if hasattr(key, "dtype") else repr(key)
        raise TypeError(
            f"Expected a typed key, got {got}. Make one with jax.random.key(seed), or "
            "wrap an old one with jax.random.wrap_key_data(key)."
        )
    if key.shape != ():
        raise TypeError(
            f"Expected one key, got an array of keys of shape {list(key.shape)}. "
            "Pass one of them."
        )


def _num_examples(arrays: Any) -> int:
    """The common leading length of all leaves."""
    lengths = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(arrays):
        if np.ndim(leaf) == 0:
            raise ValueError(
                f"Expected {_name(path)} to be an array [n, ...], got a scalar, "
                f"{leaf!r}. Give each leaf an example axis; make a list of numbers one "
                "array with numpy.asarray."
            )
        lengths[_name(path)] = np.shape(leaf)[0]
    if not lengths:
        raise ValueError("Expected arrays [n, ...], got a pytree without leaves.")
    if len(set(lengths.values())) > 1:
        got = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        raise ValueError(f"Expected leaves of one leading length, got {got}.")
    if 0 in lengths.values():
        raise ValueError(f"Expected at least one example, got 0 in {[*lengths]}.")
    return next(iter(lengths.values()))


def checked_leaf(path: Any, leaf: Any) -> np.ndarray:
    """A leaf as a finite numeric NumPy array, float64 narrowed to float32."""
    array = np.asarray(leaf)
    dtype = array.dtype
    if not (jnp.issubdtype(dtype, np.number) or jnp.issubdtype(dtype, np.bool_)):
        raise TypeError(
            f"Expected {_name(path)} to be numeric, got dtype {dtype}. Convert it, or "
            "leave it out."
        )
    if dtype == np.float64:
        # What overflows becomes infinite, and is reported as such below.
        with np.errstate(over="ignore"):
            array = array.astype(np.float32)
    if jnp.issubdtype(dtype, np.inexact):
        _check_finite(_name(path), array)
    return array


def _check_finite(name: str, array: np.ndarray) -> None:
    finite = np.isfinite(array)
    if finite.all():
        return
    first = tuple(np.argwhere(~finite)[0].tolist())
    raise ValueError(
        f"Expected {name} to be finite in {array.dtype}, got {np.sum(~finite)} of "
        f"{array.size} values NaN or infinite, the first at {first}. Remove or replace "
        "them."
    )


def _name(path: Any) -> str:
    return "arrays" + jax.tree_util.keystr(path)
