"""Is every situation told, in time, and nothing else? Seeded variations of the library, over several processes.

Results lie in a folder, one small file a variation, so that a run that was ended goes on where it was.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import msgspec

from calibration.errors import BadInput
from recordings.atomic import atomic_text
from recordings.plant.scenario_file import library, load_scenario, scenario_path
from recordings.situations.records import Trial
from recordings.situations.trial import trial

SETTINGS = "settings.json"
TRIALS = "trials"
_PACKAGES = ("calibration", "tracking", "safety", "recordings")
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What to run: names of scenarios, how many variations of each, the seed, and in how many processes."""

    scenarios: tuple[str, ...]
    variations: int
    seed: int = 1
    jobs: int = 1


class _Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What results belong to: they are never mixed with those of another seed or program."""

    seed: int
    code: str


def judged_scenarios() -> tuple[str, ...]:
    """The scenarios of the library that show one situation, or one normal thing, each."""
    return tuple(name for name in library() if not name.startswith("sample-"))


def evaluate_situations(order: Order, folder: Path, progress: Progress) -> list[Trial]:
    """Run what is missing in ``folder``, and read everything that the order asks for.

    Raises BadInput where a scenario cannot be read, or the folder holds other things.
    """
    for name in order.scenarios:
        load_scenario(scenario_path(name))
    _open(folder, _Settings(seed=order.seed, code=code_digest()))
    # All scenarios come once before any comes twice: what was run when it is ended says something of each.
    wanted = [(name, number) for number in range(order.variations) for name in order.scenarios]
    missing = [item for item in wanted if not _path(folder, *item).is_file()]
    done = len(wanted) - len(missing)
    progress(done / max(1, len(wanted)))
    for result in _run(missing, order):
        with atomic_text(_path(folder, result.scenario, result.number)) as stream:
            stream.write(msgspec.json.encode(result).decode() + "\n")
        done += 1
        progress(done / len(wanted))
    return [_read(_path(folder, name, number)) for name in order.scenarios for number in range(order.variations)]


def code_digest() -> str:
    """Of everything that decides results: the program's own modules and the library of scenarios."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    paths = [p for package in _PACKAGES for p in (root / package).rglob("*") if p.suffix in (".py", ".toml")]
    for path in sorted(paths):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _open(folder: Path, settings: _Settings) -> None:
    """Begin a folder of results, or go on with it."""
    path = folder / SETTINGS
    if path.is_file():
        try:
            known = msgspec.json.decode(path.read_bytes(), type=_Settings)
        except (msgspec.MsgspecError, ValueError, RecursionError, OSError) as error:
            raise BadInput(f"{path}: cannot be read ({error})") from None
        if known != settings:
            what = "another seed" if known.seed != settings.seed else "another version of the program"
            raise BadInput(f"{folder}: holds results of {what}; choose another folder, or remove it")
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder}: has no {SETTINGS}, expected a new folder or one of results")
    try:
        (folder / TRIALS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{folder}: cannot be made ({error.strerror or error})") from None
    with atomic_text(path) as stream:
        stream.write(msgspec.json.encode(settings).decode() + "\n")


def _path(folder: Path, name: str, number: int) -> Path:
    return folder / TRIALS / f"{Path(name).stem}-{number:04d}.json"


def _read(path: Path) -> Trial:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Trial)
    except (msgspec.MsgspecError, ValueError, RecursionError, OSError) as error:
        raise BadInput(f"{path}: is no result of a variation ({error}); remove it") from None


def _run(items: Sequence[tuple[str, int]], order: Order) -> Iterator[Trial]:
    if order.jobs == 1 or len(items) <= 1:
        for name, number in items:
            yield _one(name, number, order.seed)
        return
    # Not forked: libraries with threads of their own do not survive that.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(order.jobs, len(items)), context, _ends_with_its_parent) as pool:
        left = iter(items)
        waiting: set[Future[Trial]] = set()
        try:
            while True:
                while len(waiting) < 2 * order.jobs and (item := next(left, None)) is not None:
                    waiting.add(pool.submit(_one, *item, order.seed))
                if not waiting:
                    return
                ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in ended:
                    yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _one(name: str, number: int, seed: int) -> Trial:
    path = scenario_path(name)
    return trial(name, load_scenario(path), path.parent, number, seed)


def _ends_with_its_parent() -> None:
    """A worker whose parent was killed ends too, instead of waiting for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
