"""Late frames in their true place: go back to before them, and take in all that came since again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Timed(Protocol):
    """Something that one source saw at one time."""

    @property
    def source(self) -> str: ...

    @property
    def time_s(self) -> float: ...


_ROUNDING_S = 1e-6  # a frame that is exactly as late as is kept must find its instant

S = TypeVar("S")
F = TypeVar("F", bound=Timed)


@dataclass(frozen=True, slots=True)
class _Instant(Generic[S, F]):
    time_s: float
    frames: tuple[F, ...]
    before: S


class Rewind(Generic[S, F]):
    """A state that frames change, in true time order however they arrive.

    ``step(state, time_s, frames)`` must be pure: state after all frames of one instant. Kept is what
    goes back ``keep_s`` from the time that is asked for; older frames are taken as of the oldest instant.
    """

    def __init__(self, start: S, step: Callable[[S, float, Sequence[F]], S], keep_s: float) -> None:
        self.state = start
        self._step = step
        self._keep_s = keep_s
        self._past: list[_Instant[S, F]] = []
        self._waiting: list[F] = []

    def add(self, frames: Sequence[F], now_s: float) -> S | None:
        """Take in what arrived by ``now_s``; frames stamped later wait. Gives the state that was gone back to."""
        self._waiting += frames
        ready = [f for f in self._waiting if f.time_s <= now_s]
        if not ready:
            return None
        self._waiting = [f for f in self._waiting if f.time_s > now_s]
        first_s = min(f.time_s for f in ready)
        back = None
        while self._past and self._past[-1].time_s >= first_s:
            instant = self._past.pop()
            ready += instant.frames
            back = self.state = instant.before
        ready.sort(key=lambda f: (f.time_s, f.source))
        start = 0
        for end in range(1, len(ready) + 1):
            if end == len(ready) or ready[end].time_s > ready[start].time_s:
                self._take(tuple(ready[start:end]))
                start = end
        oldest_s = now_s - self._keep_s - _ROUNDING_S
        self._past = [p for p in self._past if p.time_s >= oldest_s]
        return back

    def carried_on(
        self, step: Callable[[S, float, Sequence[F]], S], fitted: Callable[[S], S] = lambda state: state
    ) -> Rewind[S, F]:
        """The same past and present, from here on by another ``step``; ``fitted`` makes states fit it."""
        other = Rewind(fitted(self.state), step, self._keep_s)
        other._past = [_Instant(p.time_s, p.frames, fitted(p.before)) for p in self._past]
        other._waiting = list(self._waiting)
        return other

    def _take(self, frames: tuple[F, ...]) -> None:
        time_s = frames[0].time_s
        self._past.append(_Instant(time_s, frames, self.state))
        self.state = self._step(self.state, time_s, frames)
