"""An alarm's reason in words and numbers: the table's sentence filled from the hazard."""

from __future__ import annotations

from typing import Literal

from safety.alarm_table import TABLE
from safety.fault_words import in_korean
from safety.records import Hazard, Level


def reason(hazard: Hazard, language: Literal["en", "ko"], detail: str = "") -> str:
    """Why, in words and numbers: the row's sentence filled from the hazard."""
    ko = language == "ko"
    row = TABLE[hazard.situation]
    terms = hazard.terms
    values = _Terms(terms)
    values |= {
        "person": hazard.person or "-",
        "hoist": hazard.hoist or "-",
        "source": hazard.source or "-",
        "detail": in_korean(detail) if ko else detail,
        "gap": _metres(hazard.gap_m),
        "load": f"{terms.get('load_mps', 0.0):.2f} m/s",
        "ttc": _in_seconds(hazard.time_to_contact_s, ko),
        "last_safe": _last_safe(hazard.time_to_last_safe_stop_s, ko),
        "zone": _metres(terms.get("zone_m")),
        "bottom": _metres(terms.get("bottom_m")),
        "unseen": f"{terms.get('unseen_s', 0.0):.1f} s",
        "where": _where(hazard, ko),
        "height": _if(
            terms.get("height_known", 1.0) == 0.0, ko, "; height unknown, worst case", "; 높이 미확인(최악 가정)"
        ),
        "load_known": _if(terms.get("load_known", 1.0) == 0.0, ko, "; load not confirmed", "; 하물 유무 미확인"),
        "blind": _blind(terms, hazard, ko),
        "uncovered": _uncovered(terms, hazard, ko),
    }
    return (row.reason_ko if ko else row.reason_en).format_map(values)


class _Terms(dict[str, str]):
    """Every term by its own name, with the unit that the name ends in."""

    def __init__(self, terms: dict[str, float]) -> None:
        super().__init__()
        self._terms = terms

    def __missing__(self, name: str) -> str:
        value = self._terms.get(name)
        if name.endswith("_mps"):
            return "- m/s" if value is None else f"{value:.2f} m/s"
        if name.endswith("_deg"):
            return "-°" if value is None else f"{value:.0f}°"
        if name.endswith("_s"):
            return "- s" if value is None else f"{value:.1f} s"
        if name.endswith("_m"):
            return _metres(value)
        raise KeyError(name)


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


def _blind(terms: dict[str, float], hazard: Hazard, ko: bool) -> str:
    unseen, source = f"{terms.get('unseen_s', 0.0):.1f} s", hazard.source or "-"
    missed = terms.get("missed", 0.0)
    if troubles := [word for name, word in _TROUBLES.items() if name in terms]:
        return f"{source} {_troubled(troubles, terms, ko)} ({unseen})"
    if missed == 0.0:
        why = next((f": {word[ko]}" for name, word in _LOST_BY.items() if name in terms), "")
        return f"{source} 영상 없음 ({unseen}){why}" if ko else f"No picture from {source} for {unseen}{why}"
    if ko:
        return f"{source} – 다른 카메라가 보는 대상 {missed:.0f}개를 {unseen} 동안 찾지 못함"
    return f"{source} has not found for {unseen} what other sources see in its view ({missed:.0f})"


_LOST_BY = {
    "by_node": ("the machine that it hangs on is silent", "연결된 검출 노드 응답 없음"),
    "by_clock": ("the clock of the machine that it hangs on is in doubt", "연결된 검출 노드의 시계를 신뢰할 수 없음"),
}
_TROUBLES = {
    "frozen": ("sends the same picture again and again", "화면 정지"),
    "dark": ("sees only darkness", "화면이 어두움"),
    "blinded": ("is blinded by light", "빛에 의해 눈부심"),
    "covered": ("is covered", "렌즈 가림"),
    "defocused": ("is out of focus", "초점 흐림"),
    "moved": ("was moved", "카메라 위치 틀어짐"),
}
"""What a picture says of its camera (``tracking.records.Trouble``), in words."""


def _troubled(troubles: list[tuple[str, str]], terms: dict[str, float], ko: bool) -> str:
    words = ", ".join(word[ko] for word in troubles)
    shift_px = terms.get("moved", 0.0)
    return f"{words}, {shift_px:.0f} px" if shift_px > 0.0 else words


def _uncovered(terms: dict[str, float], hazard: Hazard, ko: bool) -> str:
    if terms.get("uncovered", 0.0) == 0.0:
        return ""
    return f"; {hazard.hoist} 주변을 보는 카메라가 없음" if ko else f"; no camera sees the floor below {hazard.hoist}"


def _if(condition: bool, ko: bool, english: str, korean: str) -> str:
    if not condition:
        return ""
    return korean if ko else english
