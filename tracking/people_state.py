"""Everybody who is followed, as columns: filters, existence, height, who saw them when."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from calibration.camera import Array, Flags, Rows
from tracking import people_filter as imm
from tracking.appearance import Clothes
from tracking.hit_rate import HitRates
from tracking.stature import Statures


@dataclass(frozen=True, slots=True)
class Crowd:
    """n tracks. Nothing here is changed in place, so that an older state can be gone back to.

    key: (n,) number by birth, never given twice. log_odds: (n,) of existence. heard_s: (n, sources)
    when each source found them last, −inf never.
    """

    bank: imm.Bank
    key: Rows
    born_s: Array
    seen_s: Array
    log_odds: Array
    confirmed: Flags
    stature: Statures
    heard_s: Array
    clothes: Clothes

    def __len__(self) -> int:
        return len(self.key)

    @classmethod
    def empty(cls, levels: int) -> Crowd:
        none, nobody = np.zeros(0), Statures.unknown(0, 0.0, 0.0, levels, 0)
        return cls(
            imm.Bank.empty(),
            np.zeros(0, np.int64),
            none,
            none,
            none,
            np.zeros(0, bool),
            nobody,
            np.zeros((0, 0)),
            Clothes.unknown(0, 0),
        )

    def take(self, rows: Rows | Flags) -> Crowd:
        return Crowd(
            self.bank.take(rows),
            self.key[rows],
            self.born_s[rows],
            self.seen_s[rows],
            self.log_odds[rows],
            self.confirmed[rows],
            self.stature.take(rows),
            self.heard_s[rows],
            self.clothes.take(rows),
        )

    def joined(self, other: Crowd) -> Crowd:
        return Crowd(
            self.bank.joined(other.bank),
            np.concatenate([self.key, other.key]),
            np.concatenate([self.born_s, other.born_s]),
            np.concatenate([self.seen_s, other.seen_s]),
            np.concatenate([self.log_odds, other.log_odds]),
            np.concatenate([self.confirmed, other.confirmed]),
            self.stature.joined(other.stature),
            np.concatenate([self.heard_s, other.heard_s]),
            self.clothes.joined(other.clothes),
        )


@dataclass(frozen=True, slots=True)
class State:
    """All that following people remembers at ``time_s``, None before the first look.

    sources: columns of ``crowd.heard_s``. looked_s: (sources,) newest look of each. close_since: pairs of
    keys, the older first, that stand on one spot, and since when. rates: of sources that are no cameras.
    """

    time_s: float | None
    crowd: Crowd
    sources: tuple[str, ...]
    looked_s: Array
    next_key: int
    close_since: tuple[tuple[tuple[int, int], float], ...]
    rates: HitRates

    @classmethod
    def start(cls, levels: int, cells: int) -> State:
        """Nobody yet, on a site of so many levels to stand on and cells in which hit rates are learned."""
        return cls(None, Crowd.empty(levels), (), np.zeros(0), 1, (), HitRates.none(cells))

    def on_levels(self, before_m: Array, now_m: Array) -> State:
        """The same people where the levels to stand on are others."""
        if np.array_equal(before_m, now_m):
            return self
        stature = self.crowd.stature.on_levels(before_m, now_m)
        return replace(self, crowd=replace(self.crowd, stature=stature))

    def with_sources(self, names: tuple[str, ...]) -> State:
        """Columns for sources that were never heard before."""
        new = tuple(n for n in names if n not in self.sources)
        if not new:
            return self
        heard = np.concatenate([self.crowd.heard_s, np.full((len(self.crowd), len(new)), -np.inf)], axis=1)
        return replace(
            self,
            crowd=replace(
                self.crowd,
                heard_s=heard,
                stature=self.crowd.stature.with_sources(len(new)),
                clothes=self.crowd.clothes.with_sources(len(new)),
            ),
            sources=self.sources + new,
            looked_s=np.append(self.looked_s, np.full(len(new), -np.inf)),
            rates=self.rates.with_sources(len(new)),
        )
