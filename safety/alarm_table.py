"""Alarms are data: one row a situation, with texts, colour, tone, priority and delays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from safety.records import Hazard, Level, Situation

Colour = Literal["red", "yellow", "green", "blue"]
Tone = Literal["none", "attention", "warning", "danger"]

COLOURS: dict[Level, Colour] = {
    Level.CLEAR: "green",
    Level.CAUTION: "yellow",
    Level.WARNING: "yellow",
    Level.DANGER: "red",
}
TONES: dict[Level, Tone] = {
    Level.CLEAR: "none",
    Level.CAUTION: "none",
    Level.WARNING: "warning",
    Level.DANGER: "danger",
}


@dataclass(frozen=True, slots=True)
class Row:
    """How one situation is told. ``reason_*`` are filled from the hazard's names and terms.

    priority: smaller is more urgent among equal levels. on_factor: on-delay as a multiple of the
    policy's. A situation in ``health`` is about the system's own sight and reach, not about a person.
    """

    title_en: str
    title_ko: str
    reason_en: str
    reason_ko: str
    advice_en: str
    advice_ko: str
    priority: int
    on_factor: float = 1.0
    health: bool = False


TABLE: dict[Situation, Row] = {
    Situation.STRUCK_BY: Row(
        title_en="Struck by moving load",
        title_ko="이동 중 하물 충돌",
        reason_en="{person} is {gap} from the load of {hoist}, which moves at {load}; contact {ttc}; "
        "a stop needs {stop_m} and {stop_s}, {last_safe}{height}",
        reason_ko="{person} – {hoist} 하물까지 {gap}, 하물 속도 {load}; 접촉 {ttc}; "
        "정지 거리 {stop_m}, 정지 시간 {stop_s}, {last_safe}{height}",
        advice_en="Stop the hoist. Keep clear: the load swings on.",
        advice_ko="호이스트를 정지하십시오. 정지 후에도 하물이 흔들리니 물러나십시오.",
        priority=1,
    ),
    Situation.FALL_ZONE: Row(
        title_en="Under suspended load",
        title_ko="매달린 하물 아래",
        reason_en="{person} is {where} of {hoist}: zone {zone}, lower edge at {bottom}{height}{load_known}",
        reason_ko="{person} – {hoist} 낙하위험구역 {where}: 반경 {zone}, 하물 하단 {bottom}{height}{load_known}",
        advice_en="Leave the fall zone.",
        advice_ko="낙하위험구역에서 나가십시오.",
        priority=2,
    ),
    Situation.PERSON_LOST: Row(
        title_en="Person out of sight near load",
        title_ko="하물 근처 작업자 시야 이탈",
        reason_en="{person} was last seen {unseen} ago, {gap} from the load of {hoist}",
        reason_ko="{person} – {unseen} 전 마지막 확인, {hoist} 하물까지 {gap}",
        advice_en="Make sure that the area is clear.",
        advice_ko="주변에 사람이 없는지 확인하십시오.",
        priority=3,
    ),
    Situation.HOIST_LOST: Row(
        title_en="Hoist not located",
        title_ko="호이스트 위치 미확인",
        reason_en="No source has located {hoist} for {unseen}",
        reason_ko="{hoist} – {unseen} 동안 위치가 확인되지 않음",
        advice_en="Permit withdrawn. Check cameras, tag and telemetry of this hoist.",
        advice_ko="운전 허가가 취소되었습니다. 카메라·태그·위치 센서를 점검하십시오.",
        priority=4,
        health=True,
    ),
    Situation.CAMERA_BLIND: Row(
        title_en="System cannot see",
        title_ko="감시 불능",
        reason_en="No picture from {source} for {unseen}{uncovered}",
        reason_ko="{source} 영상 없음 ({unseen}){uncovered}",
        advice_en="Check the camera and its cable.",
        advice_ko="카메라와 배선을 점검하십시오.",
        priority=5,
        health=True,
    ),
    Situation.RELAY_FAULT: Row(
        title_en="Relay fault",
        title_ko="릴레이 이상",
        reason_en="Relay node {source}: {detail}",
        reason_ko="릴레이 노드 {source}: {detail}",
        advice_en="Permit dropped. Check the relay node, then reset it.",
        advice_ko="운전 허가가 차단되었습니다. 릴레이 노드를 점검한 뒤 리셋하십시오.",
        priority=6,
        health=True,
    ),
}


def reason(hazard: Hazard, language: Literal["en", "ko"], detail: str = "") -> str:
    """Why, in words and numbers: the row's sentence filled from the hazard."""
    ko = language == "ko"
    row = TABLE[hazard.situation]
    terms = hazard.terms
    values = {
        "person": hazard.person or "-",
        "hoist": hazard.hoist or "-",
        "source": hazard.source or "-",
        "detail": detail,
        "gap": _metres(hazard.gap_m),
        "load": f"{terms.get('load_mps', 0.0):.2f} m/s",
        "ttc": _in_seconds(hazard.time_to_contact_s, ko),
        "stop_m": _metres(terms.get("stop_m")),
        "stop_s": f"{terms.get('stop_s', 0.0):.1f} s",
        "last_safe": _last_safe(hazard.time_to_last_safe_stop_s, ko),
        "zone": _metres(terms.get("zone_m")),
        "bottom": _metres(terms.get("bottom_m")),
        "unseen": f"{terms.get('unseen_s', 0.0):.1f} s",
        "where": _where(hazard, ko),
        "height": _if(
            terms.get("height_known", 1.0) == 0.0, ko, "; height unknown, worst case", "; 높이 미확인(최악 가정)"
        ),
        "load_known": _if(terms.get("load_known", 1.0) == 0.0, ko, "; load not confirmed", "; 하물 유무 미확인"),
        "uncovered": _uncovered(terms, hazard, ko),
    }
    return (row.reason_ko if ko else row.reason_en).format(**values)


def _metres(value: float | None) -> str:
    return "- m" if value is None else f"{value:.1f} m"


def _in_seconds(value: float | None, ko: bool) -> str:
    if value is None:
        return "예측 없음" if ko else "not predicted"
    return f"{value:.1f} s 후" if ko else f"in {value:.1f} s"


def _last_safe(value: float | None, ko: bool) -> str:
    if value is None:
        return ""
    if value <= 0.0:
        return "지금 정지해야 함" if ko else "stop now"
    return f"{value:.1f} s 안에 정지하면 안전" if ko else f"safe if stopped within {value:.1f} s"


def _where(hazard: Hazard, ko: bool) -> str:
    ahead = hazard.time_to_contact_s or 0.0
    if ahead > 0.0:
        return f"진입 {ahead:.1f} s 전" if ko else f"{ahead:.1f} s from the fall zone"
    if hazard.level is Level.DANGER:
        return "하물 바로 아래" if ko else "under the load"
    return "내부" if ko else "in the fall zone"


def _uncovered(terms: dict[str, float], hazard: Hazard, ko: bool) -> str:
    if terms.get("uncovered", 0.0) == 0.0:
        return ""
    return f"; {hazard.hoist} 주변을 보는 카메라가 없음" if ko else f"; no camera sees the floor below {hazard.hoist}"


def _if(condition: bool, ko: bool, english: str, korean: str) -> str:
    if not condition:
        return ""
    return korean if ko else english
