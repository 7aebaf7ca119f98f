"""How does a file appear whole or not at all?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO

from calibration.errors import BadInput


def temporary_beside(path: Path) -> Path:
    """A hidden name in the same folder, so that ``os.replace`` onto ``path`` stays within one file system."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def open_new(path: Path, target: Path) -> IO[bytes]:
    """Open ``path`` for writing; it must not exist. Raises BadInput that names ``target``."""
    try:
        return open(path, "xb")
    except FileExistsError:
        raise BadInput(f"{path}: exists already, expected a name for a new file") from None
    except OSError as error:
        raise BadInput(f"{target}: cannot be written ({error.strerror or error})") from None


@contextmanager
def atomic_text(path: Path | str) -> Iterator[TextIO]:
    """Text file (UTF-8, ``\\n`` line ends) that replaces ``path`` when the block ends without an error.

    After an error ``path`` is as it was before. Raises BadInput where it cannot be written.
    """
    path = Path(path)
    temporary = temporary_beside(path)
    with open_new(temporary, path) as raw:
        raw.close()
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _replace(temporary: Path, path: Path) -> None:
    try:
        os.replace(temporary, path)
    except OSError as error:
        raise BadInput(f"{path}: cannot be written ({error.strerror or error})") from None


def replace_target(temporary: Path, path: Path) -> None:
    """Put the finished ``temporary`` in the place of ``path``. Raises BadInput, the temporary then is gone."""
    try:
        _replace(temporary, path)
    except BadInput:
        temporary.unlink(missing_ok=True)
        raise
