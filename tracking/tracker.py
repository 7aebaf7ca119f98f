"""The whole of tracking as one deterministic step: inputs of a tick in, people and hoists out."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from shapely import Polygon, contains_xy

from calibration.camera import Array, Camera
from calibration.rig import Rig
from calibration.site import Site
from tracking.box_people import people_of_looks
from tracking.hoists import HoistTracker
from tracking.observe import PersonFrame, inside, people_of_sights
from tracking.people import PeopleTracker
from tracking.people_filter import Bank
from tracking.records import Boxes, HoistState, Look, Person, Sight, source_of


@dataclass(frozen=True, slots=True)
class Tracks:
    """What is where at one tick.

    ``bank`` rows stand in the order of ``people``, ``hoist_filters`` (mean, covariance) in that of
    ``hoists``. ``looked_s`` is the newest stamp of each source, ``accepted`` and ``rejected`` how many of
    its inputs were taken and refused so far. ``waits_s`` are, for each source that looked since the tick
    before, the times between its looks, the first one back to the look before it (none for its very first).
    """

    time_s: float
    people: tuple[Person, ...]
    bank: Bank
    hoists: tuple[HoistState, ...]
    hoist_filters: tuple[tuple[Array, Array], ...]
    looked_s: dict[str, float]
    accepted: dict[str, int]
    rejected: dict[str, int]
    counts: dict[str, int]
    waits_s: dict[str, tuple[float, ...]] = field(default_factory=dict)


class Tracker:
    """People and hoists of one site. The same inputs give the same tracks, bit for bit."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._policy = site.policy
        self._rig = Rig([Camera.from_table(c) for c in site.camera])
        self._camera_rows = {c.name: k for k, c in enumerate(site.camera)}
        self._ignored = [Polygon(z.polygon_m) for z in site.zone if z.kind == "ignore"]
        self._people = PeopleTracker(site)
        self._hoists = HoistTracker(site)
        self._newest_s: dict[str, float] = {}
        self._counts: Counter[str] = Counter()
        self._accepted: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._waits_s: dict[str, list[float]] = {}

    def carry_on(self, old: Tracker) -> None:
        """Follow on all that ``old`` follows, of a site with the same floor, cameras and policy."""
        self._people.carry_on(old._people)
        self._hoists.carry_on(old._hoists)
        self._newest_s = dict(old._newest_s)
        self._counts, self._accepted, self._rejected = (
            Counter(old._counts),
            Counter(old._accepted),
            Counter(old._rejected),
        )

    def step(self, now_s: float, inputs: list[Look]) -> Tracks:
        """Take in all that arrived since the last tick and look at the world at ``now_s``."""
        self._waits_s = {}
        accepted = [i for i in inputs if self._accept(i, now_s)]
        self._people.observe(self._people_of(accepted), now_s)
        self._hoists.observe(accepted)
        people = self._people.people(now_s)
        states = self._hoists.states(now_s)
        pairs = [self._hoists.mean_and_cov(s.name, now_s) for s in states]
        return Tracks(
            time_s=now_s,
            people=people,
            bank=self._people.bank_at(now_s),
            hoists=states,
            hoist_filters=tuple(p for p in pairs if p is not None),
            looked_s=dict(self._newest_s),
            accepted=dict(self._accepted),
            rejected=dict(self._rejected),
            counts={**+self._counts, **self._hoists.counts, "hoist_outliers": self._hoists.refused},
            waits_s={source: tuple(waits) for source, waits in self._waits_s.items()},
        )

    def _accept(self, item: Look, now_s: float) -> bool:
        """Whether the stamp can be used; refusals are counted under a name that health shows."""
        source = source_of(item)
        newest = self._newest_s.get(source, -math.inf)
        if not math.isfinite(item.time_s):
            self._counts["stamp_not_finite"] += 1
        elif item.time_s > now_s + self._policy.future_limit_s:
            self._counts["stamp_in_future"] += 1
        elif item.time_s <= newest:
            self._counts["stamp_not_increasing"] += 1
        elif now_s - item.time_s > self._policy.late_limit_s + self._policy.tick_s:
            self._counts["too_late"] += 1
        elif isinstance(item, Boxes) and item.camera not in self._camera_rows:
            self._counts["unknown_camera"] += 1
        else:
            waits = self._waits_s.setdefault(source, [])
            if math.isfinite(newest):
                waits.append(item.time_s - newest)
            self._newest_s[source] = item.time_s
            self._accepted[source] += 1
            return True
        self._rejected[source] += 1
        return False

    def _people_of(self, items: list[Look]) -> list[PersonFrame]:
        """The people of what sees people, by kind of source; the order of frames says nothing."""
        looks = [i for i in items if isinstance(i, Boxes)]
        shown_to = [self._camera_rows[i.camera] for i in looks]
        frames: list[PersonFrame] = []
        if looks:
            frames = people_of_looks(looks, shown_to, self._rig, self._policy, self._site.structure, self._counts)
        sights = [i for i in items if isinstance(i, Sight)]
        if sights:
            frames += people_of_sights(sights, self._counts)
        return [self._not_ignored(f) for f in frames] if self._ignored else frames

    def _not_ignored(self, frame: PersonFrame) -> PersonFrame:
        x, y = frame.position_m.T
        ignored = np.logical_or.reduce([contains_xy(zone, x, y) for zone in self._ignored], axis=0)
        return inside(frame, ~ignored)
