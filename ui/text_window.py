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
        "Free software under the GNU Affero General Public License, version 3 or later (AGPL-3.0-or-later), without "
        "any warranty.",
        "GNU Affero 일반 공중 사용 허가서 3판 또는 그 이후 판(AGPL-3.0-or-later)에 따른 자유 소프트웨어이며 어떠한 "
        "보증도 없습니다.",
    ),
    "about.source": (
        "The source code is what runs: {folder}. Whoever uses it, over a network too, may have it.",
        "실행 중인 파일이 곧 소스 코드입니다: {folder}. 네트워크를 통해 사용하는 사람도 소스를 받을 수 있습니다.",
    ),
    "about.engine": ("Engine", "엔진"),
    "about.system": ("System", "운영체제"),
    "about.site": ("Site", "현장"),
    "about.policy": ("Policy", "정책"),
    "about.detector": ("Detector", "검출기"),
    "about.untold": ("not told: no engine has answered", "알 수 없음: 응답한 엔진이 없습니다"),
    "about.by_engine": ("as the engine runs it", "엔진이 운영 중인 버전"),
    "about.by_file": ("as this machine's site file says", "이 컴퓨터의 현장 파일 기준"),
    "about.defaults": ("all values as delivered", "모든 값이 기본값"),
    "about.changed": ("changed: {what}", "변경된 값: {what}"),
    "about.no_detector": ("none: no pictures are looked at", "없음: 영상을 검출하지 않습니다"),
    "about.own": ("Hoistwatch's own, see its model card", "Hoistwatch 자체 모델, 모델 카드 참조"),
    "about.other": ("not of this version's model card", "이 버전의 모델 카드에 없는 모델"),
    "about.packages": ("Packages that run in it", "함께 실행되는 패키지"),
    "about.package": ("Package", "패키지"),
    "about.version": ("Version", "버전"),
    "about.declared": ("Licence", "라이선스"),
    "about.undeclared": ("not declared, see the package", "표시 없음, 패키지 참조"),
    "about.reading": ("Reading the packages ...", "패키지를 읽는 중..."),
    "about.read": ("{n} packages, licences as each declares them", "패키지 {n}개, 라이선스는 각 패키지의 표시 기준"),
    "about.copy": ("Copy for a support request", "지원 요청용으로 복사"),
    "about.copy_tip": (
        "Versions, site, policy and detector as text. No addresses, keys, names of people or passwords.",
        "버전, 현장, 정책, 검출기 정보를 텍스트로 복사합니다. 주소, 키, 사람 이름, 비밀번호는 없습니다.",
    ),
    "about.copied": ("Copied.", "복사했습니다."),
    "window.title": ("Hoistwatch · {site}", "Hoistwatch · {site}"),
    "window.no_korean_font": (
        "No Korean font found: install Noto Sans CJK or NanumGothic",
        "No Korean font found: install Noto Sans CJK or NanumGothic",
    ),
}
