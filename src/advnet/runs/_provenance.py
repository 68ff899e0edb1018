import sys
from importlib import metadata
from typing import NamedTuple

import jax

_PACKAGES = ("advnet", "jax", "flax", "optax", "numpy")


class Provenance(NamedTuple):
    """The command, the device and the versions behind a file.

    Attributes:
      command: The command line.
      device: Kind of the device.
      versions: Versions of the library and its dependencies, by package.
    """

    command: str
    device: str
    versions: dict[str, str]


def current_provenance() -> Provenance:
    """Return the provenance of the files that this process writes.

    Returns:
      The command line, the device and the versions.

    Examples:
      >>> "jax" in current_provenance().versions
      True
    """
    return Provenance(
        command=" ".join(["advnet", *sys.argv[1:]]),
        device=jax.devices()[0].device_kind,
        versions={name: metadata.version(name) for name in _PACKAGES},
    )
