"""Downloads into the user's cache: checked, and with an error that helps."""

from collections.abc import Sequence
from pathlib import Path

from advnet._extras import require


def cache_folder(name: str) -> Path:
    """Where the downloads of data set `name` are kept."""
    return Path(require("pooch", "data").os_cache("advnet"), name)


def fetch(
    name: str, folder: Path, *, mirrors: Sequence[str], md5: str, unpack: bool = False
) -> None:
    """Puts a file into `folder`, unless it is there already with the right checksum.

    Args:
      name: The file's name, in the folder and at every mirror.
      folder: Where to put it; made if need be.
      mirrors: Addresses it is looked for under, in turn; each ends with a slash.
      md5: The checksum, in hexadecimal. Nothing with another one is ever kept.
      unpack: Whether to unpack the file, a tar archive, beside itself.

    Raises:
      OSError: If no mirror gave the file.
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
        except (OSError, ValueError) as error:  # no connection | wrong checksum
            failures.append(f"  {mirror}{name}: {error}")
    raise OSError(
        f"Could not download {name} into {folder}:\n" + "\n".join(failures) + "\n"
        "If this machine has no network, copy the official files into a folder and "
        "name it with data_dir= (--data-dir), or use advnet.data.mnist_5k(), which "
        "needs no download."
    )
