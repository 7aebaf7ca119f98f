"""What truly happened in a run? Contacts, closest approaches, who was below a load, what the contacts allowed."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from recordings.plant.cabinet import OrderChange
from recordings.plant.contacts import Gap, gaps
from recordings.plant.records import Order, World
from recordings.plant.scenario import Composite, Scenario

TRUTH_ATTACHMENT = "truth.json"
_LASTS_S = 0.3
"""Contact that is gone for less than this is the same contact."""
_HIT_MPS = 0.15
_SOON_M = 3.0
_Key = tuple[str, str, str, str, str]


class Approach(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When two things were closest; fields as in ``contacts.Gap``."""

    time_s: float
    kind: str
    person: str = ""
    load: str = ""
    hoist: str = ""
    other: str = ""
    gap_m: float
    speed_mps: float


class Contact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch of contact. ``speed_mps`` and ``energy_j`` are the greatest in it, ``hit_s`` when that energy was."""

    from_s: float
    until_s: float
    hit_s: float
    kind: str
    person: str = ""
    load: str = ""
    hoist: str = ""
    other: str = ""
    speed_mps: float
    energy_j: float


class Below(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody below a suspended load, and how little was between head and load."""

    from_s: float
    until_s: float
    person: str
    load: str
    hoist: str
    clearance_m: float


class Allowed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From ``time_s`` on the contacts of a hoist allowed this."""

    time_s: float
    hoist: str
    permit: bool
    slow: bool


class TruthSummary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Content of the attachment ``truth.json``. ``closest`` holds what came nearer than 3 m, nearest first."""

    situation: Composite
    contacts: tuple[Contact, ...] = ()
    below: tuple[Below, ...] = ()
    closest: tuple[Approach, ...] = ()
    orders: tuple[Allowed, ...] = ()

    @property
    def changes(self) -> tuple[OrderChange, ...]:
        """What the contacts did, for a run in which they are to do the same."""
        return tuple(OrderChange(o.time_s, o.hoist, Order(permit=o.permit, slow=o.slow)) for o in self.orders)

    @property
    def hits(self) -> tuple[Contact, ...]:
        """Contacts with somebody or something that did not merely touch."""
        return tuple(c for c in self.contacts if c.speed_mps > _HIT_MPS)


class Truth:
    """Gathers what happens while a scenario runs."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._closest: dict[_Key, Approach] = {}
        self._contacts: dict[_Key, list[Contact]] = {}
        self._below: dict[tuple[str, str], list[Below]] = {}
        self._orders: tuple[Allowed, ...] = ()

    def add(self, world: World) -> None:
        """Take in the next instant. Times must rise."""
        for gap in gaps(world, self._scenario, _SOON_M):
            key = (gap.kind, gap.person, gap.load, gap.hoist, gap.other)
            best = self._closest.get(key)
            if best is None or gap.gap_m < best.gap_m:
                self._closest[key] = _approach(gap, world.time_s)
            if gap.gap_m <= 0.0:
                _extend(self._contacts.setdefault(key, []), gap, world.time_s)
            if gap.clearance_m is not None:
                self._goes_below(gap, gap.clearance_m, world.time_s)

    def orders(self, changes: Iterable[OrderChange]) -> None:
        """What the contacts allowed, once all is over."""
        self._orders = tuple(
            Allowed(time_s=round(c.time_s, 3), hoist=c.hoist, permit=c.order.permit, slow=c.order.slow) for c in changes
        )

    def summary(self) -> TruthSummary:
        """All of it, in a fixed order."""
        contacts = [c for stretch in self._contacts.values() for c in stretch]
        below = [b for stretch in self._below.values() for b in stretch]
        return TruthSummary(
            situation=self._scenario.scenario.situation,
            contacts=tuple(sorted(contacts, key=lambda c: (c.from_s, c.kind, c.person, c.load, c.other))),
            below=tuple(sorted(below, key=lambda b: (b.from_s, b.person, b.load))),
            closest=tuple(sorted(self._closest.values(), key=lambda a: (a.gap_m, a.time_s, a.kind, a.person))),
            orders=self._orders,
        )

    def _goes_below(self, gap: Gap, clearance_m: float, time_s: float) -> None:
        stretches = self._below.setdefault((gap.person, gap.load), [])
        if stretches and time_s - stretches[-1].until_s <= _LASTS_S:
            last = stretches.pop()
            least = min(last.clearance_m, round(clearance_m, 3))
            stretches.append(msgspec.structs.replace(last, until_s=time_s, clearance_m=least))
            return
        stretches.append(
            Below(
                from_s=time_s,
                until_s=time_s,
                person=gap.person,
                load=gap.load,
                hoist=gap.hoist,
                clearance_m=round(clearance_m, 3),
            )
        )


def told(summary: TruthSummary) -> list[str]:
    """The truth in a few lines for a person."""
    lines = [
        f"{_pair(c)}: contact {c.from_s:.1f} to {c.until_s:.1f} s, up to {c.speed_mps:.2f} m/s, {c.energy_j:.0f} J"
        for c in summary.hits
    ]
    lines += [
        f"{b.person} below {b.load}: {b.from_s:.1f} to {b.until_s:.1f} s, {b.clearance_m:.2f} m over the head"
        for b in summary.below
    ]
    if not lines and summary.closest:
        nearest = summary.closest[0]
        lines.append(f"{_pair(nearest)}: nearest {nearest.gap_m:.2f} m at {nearest.time_s:.1f} s")
    return lines


def _pair(row: Contact | Approach) -> str:
    load = row.load or row.hoist
    match row.kind:
        case "crush":
            return f"{row.person} between {load} and {row.other}"
        case "body_load" | "body_hook":
            return f"{row.person} and {load if row.kind == 'body_load' else f'hook of {row.hoist}'}"
        case "hoists":
            return f"{row.hoist} and {row.other}"
    return f"{load} and {row.other}"


def _approach(gap: Gap, time_s: float) -> Approach:
    return Approach(
        time_s=time_s,
        kind=gap.kind,
        person=gap.person,
        load=gap.load,
        hoist=gap.hoist,
        other=gap.other,
        gap_m=round(gap.gap_m, 3),
        speed_mps=round(gap.speed_mps, 3),
    )


def _extend(stretches: list[Contact], gap: Gap, time_s: float) -> None:
    """Go on with the contact that lasts, or begin another."""
    speed, energy = round(gap.speed_mps, 3), round(gap.energy_j, 1)
    if stretches and time_s - stretches[-1].until_s <= _LASTS_S:
        last = stretches.pop()
        harder = energy > last.energy_j
        stretches.append(
            msgspec.structs.replace(
                last,
                until_s=time_s,
                hit_s=time_s if harder else last.hit_s,
                speed_mps=max(speed, last.speed_mps),
                energy_j=max(energy, last.energy_j),
            )
        )
        return
    stretches.append(
        Contact(
            from_s=time_s,
            until_s=time_s,
            hit_s=time_s,
            kind=gap.kind,
            person=gap.person,
            load=gap.load,
            hoist=gap.hoist,
            other=gap.other,
            speed_mps=speed,
            energy_j=energy,
        )
    )
