"""The one place that knows orbax."""

import os
from pathlib import Path

from advnet._extras import require
from advnet.types import PyTree


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
