"""What levels, lift phases, alarm events and zones are called, in English and Korean, wherever they are shown."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "event.raised": ("raised", "발생"),
    "event.escalated": ("escalated", "격상"),
    "event.eased": ("eased", "완화"),
    "event.cleared": ("cleared", "해소"),
    "level.clear": ("Normal", "정상"),
    "level.caution": ("Caution", "주의"),
    "level.warning": ("Warning", "경고"),
    "level.danger": ("Danger", "위험"),
    "phase.unknown": ("phase unknown", "작업 단계 불명"),
    "phase.idle": ("idle", "대기"),
    "phase.rigging": ("rigging", "줄걸이"),
    "phase.lifting": ("lifting", "권상"),
    "phase.travelling": ("travelling", "이동"),
    "phase.lowering": ("lowering", "권하"),
    "phase.landed": ("landed", "착지"),
    "zone.walkway": ("walkway", "보행 통로"),
    "zone.work": ("work area", "작업 구역"),
    "zone.exclusion": ("exclusion zone", "출입 금지 구역"),
    "zone.ignore": ("not watched", "감시 제외 구역"),
}
"""Key, such as ``level.danger``, to the word in English and in Korean."""
