"""How does a file appear whole or not at all?"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO

from calibration.errors import BadInput

_DISK_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def temporary_beside(path: Path) -> Path:
    """A hidden name in the same folder, so that ``os.replace`` onto ``path`` stays within one file system."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def open_target(path: Path) -> IO[bytes]:
    """Open a new file for writing. Raises BadInput where it exists already or cannot be made."""
    try:
        return open(path, "xb")
    except FileExistsError:
        raise BadInput(f"{path}: exists already, expected a name for a new file") from None
    except OSError as error:
        raise _unwritable(path, error) from None


def open_temporary(temporary: Path, path: Path) -> IO[bytes]:
    """Open the temporary of ``path``; one left by a killed process is overwritten. Raises BadInput."""
    try:
        return open(temporary, "wb")
    except OSError as error:
        raise _unwritable(path, error) from None


def put_in_place(temporary: Path, path: Path) -> None:
    """Put the finished ``temporary`` in the place of ``path``. Raises BadInput; the temporary then is gone."""
    try:
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _unwritable(path, error) from None


def throw_away(temporary: Path, path: Path, error: BaseException) -> None:
    """Remove ``temporary`` after ``error``. Raises BadInput naming ``path`` where a full disk was the cause."""
    temporary.unlink(missing_ok=True)
    if isinstance(error, OSError) and error.errno in _DISK_FAULTS:
        raise _unwritable(path, error) from None


@contextmanager
def atomic_text(path: Path | str) -> Iterator[TextIO]:
    """Text file (UTF-8, ``\\n`` line ends) that replaces ``path`` when the block ends without an error.

    After an error ``path`` is as it was before. Raises BadInput where it cannot be written.
    """
    path = Path(path)
    temporary = temporary_beside(path)
    try:
        with io.TextIOWrapper(open_temporary(temporary, path), encoding="utf-8", newline="\n") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException as error:
        throw_away(temporary, path, error)
        raise
    put_in_place(temporary, path)


def _unwritable(path: Path, error: OSError) -> BadInput:
    return BadInput(f"{path}: cannot be written ({error.strerror or error})")
