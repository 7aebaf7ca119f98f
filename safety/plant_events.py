"""What the plant's own systems read: state of the hall and alarm transitions as plain JSON, in a stable form.

Pure. Field names are an interface: other programs read them. Fields may be added; what changes its meaning gets
another number in ``schema``. People appear by their track's name alone, never by where they are.
"""

from __future__ import annotations

import datetime

from safety.records import AlarmState, AlarmTransition, HoistView, NodeView, Snapshot

STATE_SCHEMA = "hoistwatch.state/1"
ALARM_SCHEMA = "hoistwatch.alarm/1"
Json = dict[str, object]


def wall_time(wall_s: float) -> str:
    """ISO 8601 in UTC to the millisecond."""
    return datetime.datetime.fromtimestamp(wall_s, datetime.UTC).isoformat(timespec="milliseconds")


def alarm_event(hall: str, transition: AlarmTransition, wall_s: float, run: str = "") -> Json:
    """One alarm transition. ``id`` is the same for every copy of this transition and for no other.

    Args:
        hall: name of the site.
        transition: as published.
        wall_s: Unix time of it.
        run: the engine's run; names of alarms come again in the next.
    """
    return {
        "schema": ALARM_SCHEMA,
        "hall": hall,
        "id": f"{transition.alarm}@{round(wall_s * 1e3)}",
        "time": wall_time(wall_s),
        "run": run,
        "alarm": transition.alarm,
        "event": transition.event,
        "level": transition.level.value,
        "situation": transition.situation.value,
        "hoist": transition.hoist,
        "person": transition.person,
        "source": transition.source,
        "probability": transition.probability,
        "time_to_contact_s": transition.time_to_contact_s,
        "time_to_last_safe_stop_s": transition.time_to_last_safe_stop_s,
        "reason": transition.reason,
    }


def hall_state(hall: str, snapshot: Snapshot | None, live: bool) -> Json:
    """The hall as it stands. Where ``live`` is false the rest is the last that was heard, or missing."""
    state: Json = {"schema": STATE_SCHEMA, "hall": hall, "live": live}
    if snapshot is None:
        return state
    shown = [alarm for alarm in snapshot.alarms if alarm.state is not AlarmState.NORMAL]
    state |= {
        "level": snapshot.level.value,
        "hoists": [_hoist(view) for view in snapshot.hoists],
        "alarms": [
            {
                "alarm": alarm.id,
                "situation": alarm.situation.value,
                "level": alarm.level.value,
                "state": alarm.state.value,
                "hoist": alarm.hoist,
                "person": alarm.person,
                "source": alarm.source,
                "raised": wall_time(snapshot.wall_s + alarm.raised_s - snapshot.time_s),
            }
            for alarm in shown
        ],
        "outputs": dict(sorted(snapshot.outputs.items())),
        "relays": [_node(view) for view in snapshot.nodes],
        "cameras": [{"name": camera.camera, "alive": camera.alive} for camera in snapshot.cameras],
        "proof_tests": [{"relay": p.node, "output": p.contact, "state": p.state} for p in snapshot.proofs],
    }
    return state


def _hoist(view: HoistView) -> Json:
    return {
        "name": view.state.name,
        "level": view.level.value,
        "phase": view.phase.value,
        "permit": view.permit,
        "full_speed": not view.slow,
        "lost": view.state.lost,
    }


def _node(view: NodeView) -> Json:
    return {
        "name": view.node,
        "connected": view.connected,
        "latched": view.latched,
        "fault": view.fault,
        "contacts": dict(sorted(view.contacts.items())),
        "bypassed": [state.contact for state in view.bypasses],
    }
