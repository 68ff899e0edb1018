"""Import of optional dependencies, with an error that says how to install them."""

import importlib
from types import ModuleType

__all__ = ["require"]


def require(module: str, extra: str) -> ModuleType:
    """Import an optional dependency, or raise an error that says how to install it.

    Args:
      module: Dotted name of the module, for example ``"scipy.io"``.
      extra: Name of the optional dependency group that contains the module, for
        example ``"data"``.

    Returns:
      The imported module: the last part of the dotted name.

    Raises:
      ImportError: If `module` cannot be imported. The message contains the command
        that installs it.

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
