"""Losses by name, for configurations."""

from collections.abc import Callable

from advnet import _validation
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
    """The registered names, sorted.

    Examples:
      >>> names()[:3]
      ['f_gan', 'hinge', 'least_squares']
    """
    return sorted(_FACTORIES)


def get(name: str, **hyperparameters) -> Loss:
    """Makes a loss from its name; passing a `Loss` itself never needs this.

    Args:
      name: One of `names()`.
      **hyperparameters: Passed to the factory.

    Raises:
      ValueError: If no loss has the name; it lists the known and the nearest.

    Examples:
      >>> get("hinge", margin=2.0).theory.equilibrium
      4.0
      >>> get("hing")
      Traceback (most recent call last):
      ValueError: No loss named 'hing'. Did you mean 'hinge'? Known: ...
    """
    return _validation.require_known(_FACTORIES, name, "loss")(**hyperparameters)


def register(name: str, factory: Callable[..., Loss]) -> None:
    """Adds your own loss to the registry.

    Args:
      name: A name not taken yet.
      factory: Returns a `Loss`; its keyword arguments become those of `get`.

    Raises:
      ValueError: If the name is taken.

    Examples:
      >>> register("hinge", hinge)
      Traceback (most recent call last):
      ValueError: The loss name 'hinge' is taken; choose another.
    """
    if name in _FACTORIES:
        raise ValueError(f"The loss name {name!r} is taken; choose another.")
    _FACTORIES[name] = factory
