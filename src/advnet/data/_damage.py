"""One error for every way in which the parsers of other libraries fail on bad files."""

import contextlib
import struct
import tokenize
import warnings
import zlib
from collections.abc import Iterator

# A deflate stream cannot expand further: https://zlib.net/zlib_tech.html
MAX_DEFLATE_EXPANSION = 1032

# Base classes of all errors that NumPy, Pillow and zipfile raised on damaged files in
# tests. RuntimeError stands for encrypted archives; its subclass NotImplementedError
# stands for archives with unusual compression.
_PARSER_ERRORS = (
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
    label: str, kind: str, *own_errors: type[BaseException], silence: bool = True
) -> Iterator[None]:
    """Turn any error of a parser into one ValueError that names the file.

    Args:
      label: Name of the file in the error.
      kind: Expected kind of file, for example ``"a .npy file"``.
      *own_errors: Exceptions that only this parser raises.
      silence: Whether warnings of the parser are silenced. Threads must not do so,
        because the filters of warnings belong to the process.

    Yields:
      None. The parser runs in the body.

    Raises:
      ValueError: If the body raises an error that parsers raise on damaged files.
    """
    try:
        with warnings.catch_warnings() if silence else contextlib.nullcontext():
            if silence:
                warnings.simplefilter("ignore")
            yield
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except (*_PARSER_ERRORS, *own_errors) as error:
        raise ValueError(
            f"{label} is damaged, or is not {kind}: {type(error).__name__}: {error}. "
            "Create or download it again."
        ) from error
