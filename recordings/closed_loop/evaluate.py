"""Run many scenarios over several processes, and go on where an earlier run was stopped."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from recordings.closed_loop.arms import Arm
from recordings.closed_loop.cases import Case, case_of
from recordings.closed_loop.course import play
from recordings.closed_loop.crowd_cases import Crowd, read_crowds
from recordings.closed_loop.meter import lost_s, motion_s
from recordings.closed_loop.records import ArmResult, CaseResult
from recordings.closed_loop.store import Results, Settings, code_digest

Told = Callable[[int, int], None]
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run.

    arms: the engine's. baselines: on the first ``compared`` scenarios only; None is all. crowds: folder of
    recorded ways, None for none.
    """

    scenarios: int
    seed: int
    arms: tuple[Arm, ...]
    baselines: tuple[Arm, ...] = ()
    compared: int | None = None
    crowds: Path | None = None
    jobs: int = 1


def evaluate(order: Order, out: Path, told: Told | None = None) -> Results:
    """Run what is missing in ``out``. ``told`` hears how many of how many scenarios have a result.

    Every result is kept as it comes; whatever ends this, the next call goes on from there, and results are
    the same however often and in how many processes it was done. Raises BadInput for a folder that cannot
    be used, before anything runs.
    """
    crowds = read_crowds(order.crowds) if order.crowds is not None else ()
    settings = Settings(
        seed=order.seed,
        arms=tuple(arm.name for arm in order.arms),
        baselines=tuple(arm.name for arm in order.baselines),
        compared=order.compared if order.baselines else None,
        crowds=tuple(crowd.name for crowd in crowds),
        code=code_digest(),
    )
    results = Results(out, settings)
    missing = results.missing(order.scenarios)
    done = order.scenarios - len(missing)
    if told is not None:
        told(done, order.scenarios)
    for result in _run(order, crowds, missing):
        results.keep(result)
        done += 1
        if told is not None:
            told(done, order.scenarios)
    return results


def result_of(case: Case, arms: Sequence[Arm]) -> CaseResult:
    """One scenario under nobody and under each of the arms."""
    with tempfile.TemporaryDirectory() as folder:
        case.write(Path(folder))
        outcomes = play(case.scenario, Path(folder), arms)
    undisturbed = outcomes[0].meter
    return CaseResult(
        number=case.number,
        stratum=case.stratum,
        name=case.name,
        situation=case.scenario.scenario.situation,
        seconds=case.scenario.scenario.seconds,
        people=len(case.scenario.person),
        motion_s=round(motion_s(undisturbed), _DIGITS),
        arms=tuple(
            ArmResult(
                arm=outcome.arm,
                touches=outcome.meter.touches(),
                crashes=outcome.meter.crashes(),
                actions=outcome.actions,
                lost_s=round(lost_s(outcome.meter, undisturbed), _DIGITS),
            )
            for outcome in outcomes
        ),
    )


def arms_of(order: Order, number: int) -> tuple[Arm, ...]:
    """Which arms a scenario is run with."""
    compared = order.compared is None or number < order.compared
    return (*order.arms, *(order.baselines if compared else ()))


def _run(order: Order, crowds: tuple[Crowd, ...], numbers: Sequence[int]) -> Iterator[CaseResult]:
    if order.jobs == 1 or len(numbers) <= 1:
        for number in numbers:
            yield result_of(case_of(number, order.seed, crowds), arms_of(order, number))
        return
    # Not forked: libraries with threads of their own do not survive that.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(order.jobs, len(numbers)), context, _ends_with_its_parent) as pool:
        try:
            yield from _spread(pool, order, crowds, numbers)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _spread(
    pool: ProcessPoolExecutor, order: Order, crowds: tuple[Crowd, ...], numbers: Sequence[int]
) -> Iterator[CaseResult]:
    """A few scenarios ahead of the workers, so that little waits in a queue when somebody ends it."""
    left = iter(numbers)
    waiting: set[Future[CaseResult]] = set()
    while True:
        while len(waiting) < 2 * order.jobs:
            number = next(left, None)
            if number is None:
                break
            waiting.add(pool.submit(_one, number, order.seed, crowds, arms_of(order, number)))
        if not waiting:
            return
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()


def _one(number: int, seed: int, crowds: tuple[Crowd, ...], arms: tuple[Arm, ...]) -> CaseResult:
    return result_of(case_of(number, seed, crowds), arms)


def _ends_with_its_parent() -> None:
    """A worker whose parent was killed ends too, instead of waiting for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
