"""One parser after another gets its files spoilt; what must hold of each."""

from __future__ import annotations

import random
import resource
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from calibration.errors import HoistwatchError
from tests.fuzz.spoil import Spoil, spoilt

LIMIT_S = 10.0
"""Of one file: longer counts as a hang."""
MEMORY_BYTES = 1 << 30
"""More than this in one file counts as a fault too: a few kilobytes must not fill a machine."""


@dataclass(frozen=True)
class Target:
    """One parser.

    name: shown. seeds: good files by name, the first is the one that is spoilt, unless ``any_of`` lets another be;
    read: reads it, in the folder of the files; it may write ``outputs``, and only if it ends without an error.
    silent: it answers a file of no use by None or the like, and never raises.
    """

    name: str
    seeds: dict[str, bytes]
    read: Callable[[Path], object]
    ways: tuple[Spoil, ...]
    spoil: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    silent: bool = False
    mode: int = 0o644
    cost: int = 1
    """Of these many cases of others, one is made."""


@dataclass
class Tally:
    """How many files were read all the same, refused, and what went wrong."""

    read: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)
    slowest_s: float = 0.0

    @property
    def cases(self) -> int:
        return self.read + self.refused + len(self.faults)


def run(target: Target, folder: Path, seed: int, count: int, faults_most: int = 5) -> Tally:
    """``count`` spoilt files. Each case has a seed of its own: SEED:NUMBER gives it again."""
    folder.mkdir(parents=True, exist_ok=True)
    tally = Tally()
    for number in range(count):
        data = case(target, seed, number)
        for name, content in (target.seeds | data).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(target.mode)
        before = _listing(folder)
        fault = _one(target, folder, sorted(data), tally)
        if not fault:
            fault = _left(folder, before, target)
        if fault:
            tally.faults.append(f"{target.name} {seed}:{number}: {fault}")
            if len(tally.faults) >= faults_most:
                break
        for name in target.outputs:
            (folder / name).unlink(missing_ok=True)
    return tally


def case(target: Target, seed: int, number: int) -> dict[str, bytes]:
    """The spoilt file of a case, by its name."""
    draw = random.Random(f"{target.name}:{seed}:{number}")
    name = draw.choice(target.spoil or tuple(target.seeds)[:1])
    return {name: spoilt(target.seeds[name], draw, target.ways)}


def _one(target: Target, folder: Path, spoilt_names: list[str], tally: Tally) -> str:
    """Read it; what was wrong with how it ended."""
    begun_s, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fault = ""
    try:
        target.read(folder)
        tally.read += 1
    except HoistwatchError as error:
        fault = _sentence(str(error), spoilt_names, target)
        tally.refused += not fault
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        fault = f"{type(error).__name__}: {str(error)[:200]}\n{''.join(traceback.format_tb(error.__traceback__)[-3:])}"
    took_s = time.perf_counter() - begun_s
    tally.slowest_s = max(tally.slowest_s, took_s)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    if not fault and took_s > LIMIT_S:
        return f"took {took_s:.1f} s"
    if not fault and grown > MEMORY_BYTES:
        return f"took {grown >> 20} MiB"
    return fault


def _sentence(text: str, names: list[str], target: Target) -> str:
    if target.silent:
        return f"raised {text[:200]!r}, expected to be silent"
    if not any(Path(name).name in text or Path(name).stem in text for name in names):
        return f"does not name {', '.join(names)}: {text[:300]!r}"
    if len(text) > 800:
        return f"is {len(text)} characters long: {text[:200]!r}"
    return ""


def _listing(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _left(folder: Path, before: dict[str, bytes], target: Target) -> str:
    after = _listing(folder)
    odd = [n for n in after.keys() - before.keys() if n not in target.outputs]
    changed = [n for n in before if after.get(n) != before[n] and n not in target.outputs]
    return f"left {odd}, changed {changed}" if odd or changed else ""


def totals(tallies: dict[str, Tally]) -> Iterator[str]:
    """A table."""
    yield f"{'parser':34}{'files':>8}{'read':>8}{'refused':>9}{'faults':>8}{'slowest':>10}"
    for name, tally in tallies.items():
        yield (
            f"{name:34}{tally.cases:8d}{tally.read:8d}{tally.refused:9d}{len(tally.faults):8d}"
            f"{1e3 * tally.slowest_s:7.0f} ms"
        )
    whole = sum(tally.cases for tally in tallies.values())
    yield f"{'all':34}{whole:8d}"
