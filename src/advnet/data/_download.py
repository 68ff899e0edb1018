"""Downloads into the user's cache, with a check of every file."""

from collections.abc import Sequence
from pathlib import Path

from advnet._extras import require


def cache_folder(name: str) -> Path:
    """Return the folder in the user's cache for the downloads of data set `name`."""
    return Path(require("pooch", "data").os_cache("advnet"), name)


def fetch(
    name: str, folder: Path, *, mirrors: Sequence[str], md5: str, unpack: bool = False
) -> None:
    """Download a file into `folder`, unless it is there with the right checksum.

    Args:
      name: Name of the file, in the folder and at every mirror.
      folder: Destination; it is created if it does not exist.
      mirrors: Addresses to try in turn, each with a slash at its end.
      md5: Checksum in hexadecimal. A download with another checksum is deleted.
      unpack: Whether to unpack the file, a tar archive, into the same folder.

    Raises:
      OSError: If the download fails at every mirror.
    """
    pooch = require("pooch", "data")
    failures = []
    for mirror in mirrors:
        try:
            pooch.retrieve(
                mirror + name,
                known_hash=f"md5:{md5}",
                fname=name,
                path=folder,
                processor=pooch.Untar(extract_dir=".") if unpack else None,
            )
            return
        except (OSError, ValueError) as error:  # no connection, or a wrong checksum
            failures.append(f"  {mirror}{name}: {error}")
    raise OSError(
        f"Could not download {name} into {folder}:\n" + "\n".join(failures) + "\n"
        "If this machine has no network, copy the official files into a folder and "
        "pass it as data_dir= (--data-dir), or use advnet.data.mnist_5k(), which "
        "needs no download."
    )
