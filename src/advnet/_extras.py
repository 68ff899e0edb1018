"""Optional dependencies: imported where they are used, with a helpful failure."""

import importlib
from types import ModuleType

__all__ = ["require"]


def require(module: str, extra: str) -> ModuleType:
    """Imports an optional dependency, or says how to install it.

    Args:
      module: Dotted name of the module, e.g. ``"scipy.io"``.
      extra: The group of optional dependencies which brings it, e.g. ``"data"``.

    Returns:
      The imported module (the last part of the dotted name).

    Raises:
      ImportError: If `module` cannot be imported; the message names the extra.

    Examples:
      >>> require("math", "data").sqrt(16.0)
      4.0
      >>> require("no_such_module", "data")
      Traceback (most recent call last):
      ...
      ImportError: This needs no_such_module, which could not be imported \
(No module named 'no_such_module'). Install it with: pip install "advnet[data]"
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        message = (
            f"This needs {module}, which could not be imported ({error}). "
            f'Install it with: pip install "advnet[{extra}]"'
        )
        raise ImportError(message, name=module) from error
