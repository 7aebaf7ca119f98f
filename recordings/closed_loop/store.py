"""Where do results lie, so that a run that was killed goes on? One small file a scenario, whole or not there.

``settings.json`` says what the results belong to: seed, arms, crowds and the program's own code. A folder
with other settings is refused, results of two programs are never mixed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from calibration.errors import BadInput
from recordings.atomic import atomic_text
from recordings.closed_loop.records import CaseResult

SETTINGS = "settings.json"
CASES = "cases"
_PACKAGES = ("calibration", "tracking", "safety", "recordings")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What results belong to. ``arms`` and ``baselines`` are names; baselines run on the first ``compared`` only."""

    seed: int
    arms: tuple[str, ...]
    baselines: tuple[str, ...]
    compared: int | None
    crowds: tuple[str, ...]
    code: str


def code_digest() -> str:
    """Of everything that decides results: the program's own modules and the library of scenarios."""
    root = Path(__file__).parents[2]
    digest = hashlib.sha256()
    paths = [p for package in _PACKAGES for p in (root / package).rglob("*") if p.suffix in (".py", ".toml")]
    for path in sorted(paths):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


class Results:
    """A folder of results."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        """Opens or begins it. Raises BadInput where it holds results of other settings, or cannot be written."""
        self.folder, self.settings = folder, settings
        known = _known(folder)
        if known is None:
            if folder.is_dir() and any(folder.iterdir()):
                raise BadInput(f"{folder}: has files but no {SETTINGS}, expected a new folder or one of results")
            _make(folder / CASES)
            _write(folder / SETTINGS, settings)
            return
        for field in Settings.__struct_fields__:
            before, now = getattr(known, field), getattr(settings, field)
            if before != now:
                what = "another version of the program" if field == "code" else f"{field} {_words(before)}"
                raise BadInput(
                    f"{folder}: holds results of {what}, expected {_words(now)}; choose another folder, or remove it"
                )
        _make(folder / CASES)

    def missing(self, scenarios: int) -> list[int]:
        """Numbers below ``scenarios`` that have no result yet."""
        return [k for k in range(scenarios) if not self._path(k).is_file()]

    def keep(self, result: CaseResult) -> None:
        """Write one result, whole or not at all."""
        _write(self._path(result.number), result)

    def read(self, scenarios: int) -> list[CaseResult]:
        """All results below ``scenarios`` that are there, in order. Raises BadInput for a file of no use."""
        out = []
        for number in range(scenarios):
            path = self._path(number)
            if path.is_file():
                try:
                    out.append(msgspec.json.decode(path.read_bytes(), type=CaseResult))
                except (msgspec.MsgspecError, ValueError, RecursionError, OSError) as error:
                    raise BadInput(f"{path}: is no result of a scenario ({error}); remove it") from None
        return out

    def _path(self, number: int) -> Path:
        return self.folder / CASES / f"{number:06d}.json"


def _known(folder: Path) -> Settings | None:
    path = folder / SETTINGS
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder}: is a file, expected a folder")
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Settings)
    except (msgspec.MsgspecError, ValueError, RecursionError, OSError) as error:
        raise BadInput(f"{path}: cannot be read ({error})") from None


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{folder}: cannot be made ({error.strerror or error})") from None


def _write(path: Path, record: msgspec.Struct) -> None:
    with atomic_text(path) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(record), indent=1).decode() + "\n")


def _words(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value) or "none"
    return "all" if value is None else str(value)
