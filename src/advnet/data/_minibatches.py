"""Mini-batches as a pure function of the step, without an iterator state to save."""

import dataclasses
import functools
import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from advnet import _examples, _validation
from advnet._moments import check_float32
from advnet.types import PyTree


def take_examples(arrays: PyTree, indices: np.ndarray) -> PyTree:
    """Gather examples of arrays in memory."""
    return jax.tree.map(lambda leaf: leaf.take(indices, axis=0), arrays)


@dataclasses.dataclass(frozen=True, eq=False)
class Minibatches:
    """Endless stream of shuffled mini-batches; ``batches(step)`` is one batch.

    The stream of examples consists of a new permutation of the data for every epoch.
    Batch `step` is the slice ``[step * batch_size, (step + 1) * batch_size)`` of the
    stream, and may span several epochs. Each example therefore appears exactly once in
    every epoch (`num_examples` consecutive examples), for any batch size.

    `minibatches` and `from_source` build objects of this class. It implements
    `advnet.types.StackedBatches`.

    Attributes:
      arrays: The data: a pytree of arrays [num_examples, ...], or a `Source`.
      batch_size: Examples per batch.
      num_examples: Examples per epoch.
      order: Function from an epoch to its permutation, int [num_examples].
      gather: Function from the data and integer indices of any shape to the selected
        examples; the shape of a leaf is that of the indices, then that of an example.
    """

    arrays: Any = dataclasses.field(repr=False)
    batch_size: int
    num_examples: int
    order: Callable[[int], np.ndarray] = dataclasses.field(repr=False)
    gather: Callable[[Any, np.ndarray], PyTree] = dataclasses.field(
        default=take_examples, repr=False
    )

    def __call__(self, step: int) -> PyTree:
        """Return the batch of a step.

        Args:
          step: Any integer >= 0, in any order, or a concrete scalar array.

        Returns:
          The structure of `arrays`; leaves are new NumPy arrays [batch_size, ...].
        """
        return self.rows(step, slice(None))

    def rows(self, step: int, rows: slice | np.ndarray) -> PyTree:
        """Return some rows of the batch of a step, without reading the other rows.

        Args:
          step: Any integer >= 0.
          rows: Positions in the batch: a slice, or integers [m].

        Returns:
          The structure of `arrays`; leaves are new NumPy arrays [m, ...].
        """
        indices = self._indices(require_step(step), self.batch_size)
        return self.gather(self.arrays, indices[rows])

    def stacked(self, start: int, stop: int) -> PyTree:
        """Return the batches of the steps from `start` to `stop` - 1 in one call.

        Args:
          start: Any integer >= 0.
          stop: An integer > `start`.

        Returns:
          The structure of `arrays`; leaves are [stop - start, batch_size, ...].
        """
        num = (stop - start) * self.batch_size
        indices = self._indices(require_step(start), num)
        return self.gather(self.arrays, indices.reshape(-1, self.batch_size))

    @property
    def steps_per_epoch(self) -> float:
        """Number of steps in an epoch, num_examples / batch_size; it may be < 1."""
        return self.num_examples / self.batch_size

    def epoch(self, step: int) -> int:
        """Return the epoch, from 0, of the first example of batch `step`."""
        return require_step(step) * self.batch_size // self.num_examples

    def _indices(self, step: int, num: int) -> np.ndarray:
        """Return the indices of `num` examples, from the first example of a step."""
        epoch, offset = divmod(step * self.batch_size, self.num_examples)
        pieces, missing = [], num
        while missing:
            pieces.append(self.order(epoch)[offset : offset + missing])
            missing -= len(pieces[-1])
            epoch, offset = epoch + 1, 0
        return np.concatenate(pieces)


def minibatches(arrays: PyTree, batch_size: int, *, key: jax.Array) -> Minibatches:
    """Shuffle arrays in memory into an endless, repeatable stream of mini-batches.

    A batch is a pure function of the step and the key. A resumed run sees the same
    batches as an uninterrupted run, and any step can be inspected alone.

    Args:
      arrays: A pytree (an array, a `Split`, a dict, ...) whose leaves are arrays
        [n, ...] with the same n. The arrays are not copied: do not write to them
        afterwards. Floating-point leaves must be finite; float64 becomes float32.
      batch_size: Examples per batch, >= 1; it may exceed n and need not divide it.
      key: A typed key, ``jax.random.key(seed)``.

    Returns:
      A function from a step to a batch; see `Minibatches`.

    Raises:
      ValueError: If there are no examples, leaves differ in n or have no example
        axis, floating-point values are not finite, float32 does not hold the
        differences of a float64 leaf, or ``batch_size < 1``.
      TypeError: If a leaf is not numeric, `batch_size` is not an integer, or `key` is
        not a single typed key.

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
    _validation.check_at_least(1, batch_size=batch_size)
    num_examples = _require_common_length(arrays)
    checked = jax.tree_util.tree_map_with_path(require_numbers, arrays)
    jax.tree_util.tree_map_with_path(_check_float32, arrays)
    order = shuffled_epochs(key, num_examples)
    return Minibatches(checked, int(batch_size), num_examples, order)


def _check_float32(path: Any, leaf: Any) -> None:
    """Raise if a float64 leaf loses its variation in float32."""
    check_float32(np.asarray(leaf), name=_leaf_name(path))


def shuffled_epochs(key: jax.Array, num_examples: int) -> Callable[[int], np.ndarray]:
    """Return a function from an epoch to its permutation, int [num_examples]."""
    _check_typed_key(key)
    # A NumPy copy, because the buffer of the key may be donated with a training state.
    bits, impl = np.asarray(jax.random.key_data(key)), jax.random.key_impl(key)

    # Two entries, because a batch may span the end of an epoch.
    @functools.lru_cache(maxsize=2)
    def order(epoch: int) -> np.ndarray:
        key = jax.random.wrap_key_data(jnp.asarray(bits), impl=impl)
        epoch_key = jax.random.fold_in(key, epoch)
        permutation = np.asarray(jax.random.permutation(epoch_key, num_examples))
        permutation.flags.writeable = False
        return permutation

    return order


def require_step(step: Any) -> int:
    """Return a step as an int, or raise if it is negative."""
    step = operator.index(step)
    if step < 0:
        raise ValueError(f"Expected a step >= 0, got {step}.")
    return step


def require_numbers(path: Any, leaf: Any) -> np.ndarray:
    """Return a leaf as a NumPy array, float64 converted to float32, or raise.

    Args:
      path: Path of the leaf in its pytree, for errors.
      leaf: An array.

    Raises:
      TypeError: If the leaf does not hold numbers or truth values.
      ValueError: If a floating-point value is not finite.
    """
    array = np.asarray(leaf)
    dtype = array.dtype
    if not (jnp.issubdtype(dtype, np.number) or jnp.issubdtype(dtype, np.bool_)):
        raise TypeError(
            f"Expected {_leaf_name(path)} to be numeric, got dtype {dtype}. Convert "
            "it, or leave it out."
        )
    if dtype == np.float64:
        # A value that overflows becomes infinite, and raises below.
        with np.errstate(over="ignore"):
            array = array.astype(np.float32)
    _examples.check_finite(array, name=_leaf_name(path))
    return array


def _check_typed_key(key: Any) -> None:
    """Raise TypeError if `key` is not a single typed key."""
    if not isinstance(key, jax.Array) or not jnp.issubdtype(
        key.dtype, jax.dtypes.prng_key
    ):
        is_array = isinstance(key, jax.Array | np.ndarray)
        received = f"{key.dtype}{list(key.shape)}" if is_array else repr(key)
        raise TypeError(
            f"Expected a typed key, got {received}. Create one with "
            "jax.random.key(seed), or wrap an old one with "
            "jax.random.wrap_key_data(key)."
        )
    if key.shape != ():
        raise TypeError(
            f"Expected a single key, got an array of keys of shape {list(key.shape)}. "
            "Pass one of them."
        )


def _require_common_length(arrays: PyTree) -> int:
    """Return the length n that all leaves share, or raise."""
    lengths = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(arrays):
        if np.ndim(leaf) == 0:
            raise ValueError(
                f"Expected {_leaf_name(path)} to be an array [n, ...], got a scalar, "
                f"{leaf!r}. Give each leaf an example axis; convert a list of numbers "
                "to one array with numpy.asarray."
            )
        lengths[_leaf_name(path)] = np.shape(leaf)[0]
    if not lengths:
        raise ValueError("Expected arrays [n, ...], got a pytree without leaves.")
    if len(set(lengths.values())) > 1:
        received = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        raise ValueError(f"Expected leaves of equal length n, got {received}.")
    if 0 in lengths.values():
        raise ValueError(f"Expected at least one example, got 0 in {[*lengths]}.")
    return next(iter(lengths.values()))


def _leaf_name(path: Any) -> str:
    return "arrays" + jax.tree_util.keystr(path)
