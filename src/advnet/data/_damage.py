"""One answer to all the ways in which other people's parsers fail on damaged files."""

import contextlib
import struct
import tokenize
import warnings
import zlib
from collections.abc import Iterator

# A deflate stream cannot expand further: https://zlib.net/zlib_tech.html
MAX_DEFLATE_EXPANSION = 1032

# What the readers of NumPy, Pillow and zipfile were seen to raise on damage,
# by base class; RuntimeError covers encrypted and NotImplementedError unusual zips.
_ON_DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NameError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    tokenize.TokenError,
    zlib.error,
)


@contextlib.contextmanager
def damage_as_value_error(
    label: str, kind: str, *also: type[BaseException]
) -> Iterator[None]:
    """Turns whatever a parser raises into one ValueError which names the file.

    Args:
      label: The file, as the message shall name it.
      kind: What it should have been, e.g. ``"a .npy file"``.
      *also: Exceptions of the parser's own.

    Yields:
      Nothing; the parser runs in the body, its warnings silenced.

    Raises:
      ValueError: If the body raises what parsers raise on damage.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except (*_ON_DAMAGE, *also) as error:
        raise ValueError(
            f"{label} is damaged, or is not {kind}: {type(error).__name__}: {error}. "
            "Make or fetch it again."
        ) from error
