"""People over time: what arrives in whatever order, the names by which people are known, their records."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Array, Flags
from calibration.site import Site
from tracking import existence
from tracking import people_filter as imm
from tracking.observe import PersonFrame
from tracking.people_state import Crowd, State
from tracking.people_step import PeopleModel
from tracking.records import Mode, Person
from tracking.rewind import Rewind

_MODES = (Mode.STAND, Mode.WALK, Mode.MANOEUVRE)
_SAME_M = 0.5


def _or_none(values: Array, known: Flags) -> NDArray[np.object_]:
    out = values.astype(object)
    out[~known] = None
    return out


class PeopleTracker:
    """Follows people from frames of any number of cameras. Deterministic: state in, state out."""

    def __init__(self, site: Site) -> None:
        self._policy = site.policy
        self._model = PeopleModel(site)
        keep_s = site.policy.late_limit_s + 2 * site.policy.tick_s
        self._rewind: Rewind[State, PersonFrame] = Rewind(self._model.start(), self._model.step, keep_s)
        self._names: dict[int, int] = {}
        self._next_name = 1
        self._shown: tuple[float, imm.Bank, Crowd, Array, Array] | None = None

    def carry_on(self, old: PeopleTracker) -> None:
        """Follow on whom ``old`` follows, of the same floor, cameras and policy; structures may differ."""
        before, now = old._model.levels_m, self._model.levels_m
        self._rewind = old._rewind.carried_on(self._model.step, lambda state: state.on_levels(before, now))
        self._names, self._next_name = dict(old._names), old._next_name

    @property
    def time_s(self) -> float | None:
        """Time of the filter: of the newest observation taken in."""
        return self._rewind.state.time_s

    def observe(self, frames: Sequence[PersonFrame], now_s: float) -> None:
        """Take in frames that arrived by ``now_s``; late ones in their true place, early ones when it is time."""
        old = self._rewind.state
        back = self._rewind.add(frames, now_s)
        if back is not None:
            self._keep_names(old.crowd, self._rewind.state.crowd, back.next_key)
        self._shown = None

    def people(self, now_s: float) -> tuple[Person, ...]:
        """Confirmed people at ``now_s`` (s), oldest first; lost ones are marked."""
        bank, crowd, mean, cov = self._at(now_s)
        if not len(crowd):
            return ()
        names = self._rewind.state.sources
        order = sorted(range(len(names)), key=names.__getitem__)
        sources = [names[k] for k in order]
        heard = crowd.heard_s[:, order] >= now_s - self._policy.coast_time_s
        stature = crowd.stature
        measured = stature.var_m2 < self._policy.person_height_sigma_m**2
        reach = stature.reach(now_s)
        columns = (
            crowd.key,
            mean,
            cov.reshape(-1, 4),
            bank.probability.argmax(axis=1),
            bank.probability,
            crowd.born_s,
            np.maximum(0.0, now_s - crowd.seen_s),
            heard,
            _or_none(stature.height_m, measured),
            self._model.lost(crowd, now_s),
            stature.on_level(self._model.levels_m),
            _or_none(reach, ~np.isnan(reach)),
            existence.probability(crowd.log_odds),
        )
        return tuple(
            Person(
                id=f"P{self._name(key)}",
                time_s=now_s,
                x_m=x,
                y_m=y,
                vx_mps=vx,
                vy_mps=vy,
                var_x_m2=xx,
                cov_xy_m2=xy,
                var_y_m2=yy,
                mode=_MODES[mode],
                mode_probability=tuple(probability),
                born_s=born_s,
                unseen_s=unseen_s,
                sources=tuple(compress(sources, by)),
                height_m=height_m,
                lost=lost,
                floor_m=floor_m,
                top_m=top_m,
                existence=exists,
            )
            for (
                key,
                (x, y, vx, vy),
                (xx, xy, _, yy),
                mode,
                probability,
                born_s,
                unseen_s,
                by,
                height_m,
                lost,
                floor_m,
                top_m,
                exists,
            ) in zip(*(c.tolist() for c in columns), strict=True)
        )

    def bank_at(self, now_s: float) -> imm.Bank:
        """The filters of the confirmed people, in the order of ``people``, predicted to ``now_s``."""
        return self._at(now_s)[0]

    def _at(self, now_s: float) -> tuple[imm.Bank, Crowd, Array, Array]:
        if self._shown is None or self._shown[0] != now_s:
            state = self._rewind.state
            crowd = state.crowd.take(state.crowd.confirmed)
            bank = crowd.bank
            if state.time_s is not None and len(crowd):
                bank = imm.predict(bank, imm.models(self._policy, max(0.0, now_s - state.time_s)))
            mean, cov = bank.fused()
            keep = self._model.alive(crowd, mean[:, :2], now_s) & self._model.watched(mean[:, :2])
            keep &= np.isfinite(mean).all(axis=1)
            self._shown = (now_s, bank.take(keep), crowd.take(keep), mean[keep], cov[keep, :2, :2])
        return self._shown[1:]

    def _name(self, key: int) -> int:
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = self._next_name
            self._next_name += 1
        return name

    def _keep_names(self, old: Crowd, new: Crowd, since_key: int) -> None:
        """People born after the instant that was gone back to got new keys: by their place they keep their names."""
        named = {k: self._names.pop(k) for k in list(self._names) if k >= since_key}
        if not named:
            return
        was, _ = old.bank.fused()
        now, _ = new.bank.fused()
        fresh = {int(k): now[i, :2] for i, k in enumerate(new.key) if k >= since_key}
        for i, key in enumerate(old.key.tolist()):
            if key in named and fresh:
                nearest = min(fresh, key=lambda k: float(np.hypot(*(fresh[k] - was[i, :2]))))
                if np.hypot(*(fresh[nearest] - was[i, :2])) < _SAME_M:
                    self._names[nearest] = named[key]
                    del fresh[nearest]
