"""Registry of losses by name, for configuration files and command lines."""

from collections.abc import Callable

from advnet._validation import require_known
from advnet.losses._f_gan import f_gan
from advnet.losses._integral import hinge, wasserstein
from advnet.losses._least_squares import least_squares
from advnet.losses._logistic import minimax, non_saturating
from advnet.losses._relativistic import relativistic, relativistic_average
from advnet.types import Loss

_FACTORIES: dict[str, Callable[..., Loss]] = {
    "f_gan": f_gan,
    "hinge": hinge,
    "least_squares": least_squares,
    "minimax": minimax,
    "non_saturating": non_saturating,
    "relativistic": relativistic,
    "relativistic_average": relativistic_average,
    "wasserstein": wasserstein,
}


def names() -> list[str]:
    """Return the names of the registered losses, sorted.

    Returns:
      The names that `get` accepts.

    Examples:
      >>> names()[:3]
      ['f_gan', 'hinge', 'least_squares']
    """
    return sorted(_FACTORIES)


def get(name: str, **hyperparameters) -> Loss:
    """Build a loss from its name.

    Functions of this library take a `Loss`; a name is needed only in configurations.

    Args:
      name: One of `names()`.
      **hyperparameters: Keyword arguments of the factory, such as `margin` for
        "hinge".

    Returns:
      The loss.

    Raises:
      ValueError: If the name is unknown; the message suggests the closest name and
        lists all of them.

    Examples:
      >>> get("hinge", margin=2.0).theory.equilibrium
      4.0
      >>> get("hing")
      Traceback (most recent call last):
      ValueError: No loss named 'hing'. Did you mean 'hinge'? Known: ...
    """
    return require_known(_FACTORIES, name, "loss")(**hyperparameters)


def register(name: str, factory: Callable[..., Loss]) -> None:
    """Add a loss to the registry.

    Args:
      name: A name that is not in use.
      factory: Function that returns a `Loss`. `get` passes it its keyword arguments.

    Raises:
      ValueError: If the name is in use.

    Examples:
      >>> register("hinge", hinge)
      Traceback (most recent call last):
      ValueError: The loss name 'hinge' is in use; choose a different name.
    """
    if name in _FACTORIES:
        raise ValueError(f"The loss name {name!r} is in use; choose a different name.")
    _FACTORIES[name] = factory
