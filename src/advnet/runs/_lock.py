"""A lock that lets one process at a time train in a run folder."""

import errno
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from advnet._extras import require
from advnet._files import LOCK_NAME
from advnet.runs._processes import is_first_process

# What file systems without locks answer, some network file systems among them.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a run folder; the system releases it if the process ends.

    Of several processes of one run, the first holds it.

    Raises:
      BlockingIOError: If another process holds the lock.
    """
    if not is_first_process():
        yield
        return
    filelock = require("filelock", "checkpoint")
    lock = filelock.FileLock(folder / LOCK_NAME, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise BlockingIOError(
            f"Expected {folder} to be free, but another process trains this run. Wait "
            "for it to end, or name another folder with --run."
        ) from None
    except (NotImplementedError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _NO_LOCKS:
            raise
        warnings.warn(
            f"{folder} is on a file system without locks ({error}): do not start this "
            "run twice at the same time.",
            stacklevel=3,
        )
    try:
        yield
    finally:
        lock.release()
