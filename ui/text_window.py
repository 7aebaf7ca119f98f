"""Words of the window itself: menus, layers, about."""

from __future__ import annotations

WINDOW: dict[str, tuple[str, str]] = {
    # Menu
    "menu.view": ("&View", "보기(&V)"),
    "menu.layers": ("&Layers", "표시 항목(&L)"),
    "menu.language": ("L&anguage", "언어(&A)"),
    "menu.help": ("&Help", "도움말(&H)"),
    "menu.alarm": ("&Alarm", "경보(&M)"),
    "menu.fullscreen": ("Full screen", "전체 화면"),
    "menu.fit": ("Whole floor", "평면도 전체 보기"),
    "menu.switch": ("Switch language", "언어 전환"),
    "menu.quit": ("Quit", "종료"),
    "menu.about": ("About Hoistwatch", "Hoistwatch 정보"),
    "layer.coverage": ("Camera coverage", "카메라 감시 범위"),
    "layer.footprints": ("Camera views", "카메라 시야"),
    "layer.zones": ("Zones", "구역"),
    "layer.paths": ("Predicted paths", "예상 경로"),
    "layer.swept": ("Reach of the load", "하물 도달 범위"),
    "layer.legend": ("Legend", "범례"),
    # About
    "about.title": ("About Hoistwatch", "Hoistwatch 정보"),
    "about.purpose": (
        "Hoistwatch watches people, hook and load beside hoists and overhead cranes, foresees contact and asks for "
        "slow or stop.",
        "Hoistwatch는 호이스트와 천장크레인 주변의 작업자, 훅, 하물을 감시하고 접촉을 예측하여 저속 또는 정지를 "
        "요청합니다.",
    ),
    "about.limits": (
        "It is a supplementary warning system. It is not a certified safety function and claims no performance level "
        "(ISO 13849) or safety integrity level (IEC 62061). It does not replace guards, limit switches, emergency "
        "stops, signallers or training.",
        "이 시스템은 보조 경보 장치입니다. 인증된 안전 기능이 아니며 성능 수준(ISO 13849)이나 안전 무결성 수준"
        "(IEC 62061)을 주장하지 않습니다. 방호장치, 리미트 스위치, 비상정지장치, 신호수, 안전교육을 대신하지 "
        "않습니다.",
    ),
    "about.licence": (
        "Version {version}. Free software under the GNU Affero General Public License, version 3 or later "
        "(AGPL-3.0-or-later), without any warranty.",
        "버전 {version}. GNU Affero 일반 공중 사용 허가서 3판 또는 그 이후 판(AGPL-3.0-or-later)에 따른 자유 "
        "소프트웨어이며 어떠한 보증도 없습니다.",
    ),
    "window.title": ("Hoistwatch · {site}", "Hoistwatch · {site}"),
    "window.no_korean_font": (
        "No Korean font found: install Noto Sans CJK or NanumGothic",
        "No Korean font found: install Noto Sans CJK or NanumGothic",
    ),
}
