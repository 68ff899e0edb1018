"""A state in files of bounded size, bit for bit, for machines that return few files."""

import pathlib

import jax
import jax.numpy as jnp
import numpy as np

from advnet.types import PyTree

MAX_BYTES = 15 * 2**20


def _as_array(leaf: jax.Array) -> np.ndarray:
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        leaf = jax.random.key_data(leaf)
    return np.asarray(leaf)


def save(folder: pathlib.Path, state: PyTree) -> int:
    """Write the arrays of a state as `state_0.bin`, `state_1.bin`, ...

    Returns:
      The number of files.
    """
    content = b"".join(_as_array(leaf).tobytes() for leaf in jax.tree.leaves(state))
    pieces = [content[i : i + MAX_BYTES] for i in range(0, len(content), MAX_BYTES)]
    for number, piece in enumerate(pieces):
        (folder / f"state_{number}.bin").write_bytes(piece)
    return len(pieces)


def load(folder: pathlib.Path, like: PyTree) -> PyTree:
    """Read a state that `save` wrote, in the structure and shapes of `like`.

    Raises:
      ValueError: If the files hold another number of bytes than `like`.
    """
    paths = sorted(
        folder.glob("state_*.bin"), key=lambda path: int(path.stem.split("_")[1])
    )
    content = b"".join(path.read_bytes() for path in paths)
    leaves, tree = jax.tree.flatten(like)
    arrays = [_as_array(leaf) for leaf in leaves]
    expected = sum(array.nbytes for array in arrays)
    if len(content) != expected:
        raise ValueError(
            f"Expected {expected} bytes in {len(paths)} files of {folder}, got "
            f"{len(content)}. Give the folder of a run with the same options."
        )
    restored, offset = [], 0
    for leaf, array in zip(leaves, arrays, strict=True):
        values = np.frombuffer(content, array.dtype, array.size, offset)
        values = jnp.asarray(values.reshape(array.shape))
        offset += array.nbytes
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            values = jax.random.wrap_key_data(values)
        restored.append(values)
    return jax.tree.unflatten(tree, restored)
