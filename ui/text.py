"""Every word that the console shows, in English and Korean, in one table.

What an alarm is called and why it was raised is not here: the alarm table and each alarm bring that along.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal

from safety.words import WORDS
from ui.text_group import GROUP
from ui.text_health import HEALTH
from ui.text_looks import LOOKS
from ui.text_nodes import NODES
from ui.text_outputs import OUTPUTS
from ui.text_review import REVIEW
from ui.text_self_test import SELF_TEST
from ui.text_session import SESSION
from ui.text_site import SITE
from ui.text_sound import SOUND
from ui.text_statistics import STATISTICS

Language = Literal["en", "ko"]

TEXT: dict[str, tuple[str, str]] = {
    **WORDS,
    **OUTPUTS,
    **GROUP,
    **NODES,
    **HEALTH,
    **SELF_TEST,
    **SOUND,
    **SITE,
    **SESSION,
    **STATISTICS,
    **REVIEW,
    **LOOKS,
    # Headlines
    "headline.waiting": ("WAITING FOR ENGINE", "엔진 연결 대기"),
    "headline.silent": ("ENGINE SILENT", "엔진 응답 없음"),
    "headline.clear": ("NORMAL", "정상"),
    "headline.caution": ("CAUTION", "주의"),
    "headline.warning": ("WARNING", "경고"),
    "headline.danger": ("DANGER", "위험"),
    "reason.waiting": ("Nothing received yet from {address}.", "{address}에서 아직 수신된 데이터가 없습니다."),
    "reason.refused": (
        "The engine at {address} does not admit this console: its key is not listed, or engine.pub is another's.",
        "{address}의 엔진이 이 콘솔을 허용하지 않습니다. 키가 등록되지 않았거나 engine.pub이 다릅니다.",
    ),
    "reason.version": (
        "The engine at {address} speaks another version of Hoistwatch.",
        "{address}의 엔진은 다른 버전의 Hoistwatch입니다.",
    ),
    "reason.silent": (
        "No data for {age}. Nothing on this screen is live. Watch the floor directly.",
        "{age} 동안 데이터가 없습니다. 화면은 현재 상황이 아닙니다. 현장을 직접 확인하십시오.",
    ),
    "reason.late": (
        "Data arrive {age} late. Nothing on this screen is live. Watch the floor directly.",
        "데이터가 {age} 늦게 도착합니다. 화면은 현재 상황이 아닙니다. 현장을 직접 확인하십시오.",
    ),
    "reason.clear": ("No person is endangered by a hoist.", "호이스트로 인해 위험한 작업자가 없습니다."),
    "reason.clear_no_hoist": (
        "Following people; this site has no hoist.",
        "작업자를 추적 중입니다. 이 현장에는 호이스트가 없습니다.",
    ),
    "reason.clear_unlocated": (
        "No hoist has been located yet.",
        "아직 호이스트 위치가 확인되지 않았습니다.",
    ),
    "reason.returned": (
        "The situation has passed. Alarms still to acknowledge: {count}.",
        "상황이 해소되었습니다. 확인할 경보: {count}건.",
    ),
    "reason.shelved": ("Shelved: {reason}", "보류됨: {reason}"),
    "reason.bare": ("{situation}: {who}", "{situation}: {who}"),
    "reason.outputs": ("The outputs of the hall are at this level.", "현장 출력이 이 단계에 있습니다."),
    "action.stop": ("Permit withdrawn: {hoists}", "운전 허가 해제: {hoists}"),
    "action.slow": ("Slow requested: {hoists}", "저속 제한: {hoists}"),
    "action.near": ("{hoist} goes slowly, {people} near it", "{hoist} 저속 운전, {people} 가까이 있음"),
    "blind.badge": ("CANNOT SEE", "감시 불능"),
    "count.unacknowledged": ("to acknowledge", "미확인 경보"),
    # Alarm states of ISA-18.2
    "state.normal": ("Normal", "정상"),
    "state.unacknowledged": ("Not acknowledged", "미확인"),
    "state.acknowledged": ("Acknowledged", "확인됨"),
    "state.returned": ("Passed, not acknowledged", "해소됨, 미확인"),
    "state.shelved": ("Shelved, {left} left", "보류 중, {left} 남음"),
    # Lift phases and motion modes
    "carrying.unknown": ("load unknown", "하물 불명"),
    "carrying.empty": ("empty hook", "빈 훅"),
    "carrying.loaded": ("loaded", "하물 있음"),
    "mode.stand": ("standing", "정지"),
    "mode.walk": ("walking", "보행"),
    "mode.manoeuvre": ("turning", "방향 전환"),
    "mode.lost": ("out of sight", "보이지 않음"),
    "role.unknown": ("role unknown", "역할 미확인"),
    "role.operator": ("operator", "조작자"),
    "role.slinger": ("slinger", "줄걸이 작업자"),
    "role.passer_by": ("passer-by", "통행자"),
    # Alarm panel
    "alarms.title": ("Alarms", "경보"),
    "alarms.none": ("No alarms", "경보 없음"),
    "alarms.unknown": ("Alarms unknown: no live data", "경보 알 수 없음: 수신 데이터 없음"),
    "alarms.level": ("Level", "등급"),
    "alarms.state": ("State", "상태"),
    "alarms.time": ("Raised", "발생 시각"),
    "alarms.situation": ("Situation", "상황"),
    "alarms.hoist": ("Hoist", "호이스트"),
    "alarms.who": ("Person / source", "작업자 / 대상"),
    "alarms.reason": ("Reason", "사유"),
    "alarms.last_event": ("Last event {time}: {event}", "최근 이력 {time}: {event}"),
    "alarms.was": ("was {level}", "이전 {level}"),
    "alarms.shelved_because": ("Shelved because: {reason}", "보류 사유: {reason}"),
    "button.acknowledge": ("Acknowledge (A)", "확인 (A)"),
    "button.acknowledge_visible": ("Acknowledge all shown", "표시된 경보 모두 확인"),
    "button.shelve": ("Shelve...", "보류..."),
    "button.unshelve": ("End shelving", "보류 해제"),
    "button.reset": ("Reset...", "리셋..."),
    "tip.acknowledge": (
        "Says that you have seen the selected alarm, or the most severe one (A)",
        "선택한 경보, 또는 가장 심각한 경보를 확인 처리합니다 (A)",
    ),
    "tip.acknowledge_visible": (
        "Acknowledges the alarms that can be seen in the list now (Shift+A)",
        "지금 목록에 보이는 경보를 모두 확인 처리합니다 (Shift+A)",
    ),
    "tip.shelve": (
        "Sets the selected alarm aside for a limited time, with a reason (S)",
        "사유와 시간을 정해 선택한 경보를 보류합니다 (S)",
    ),
    "tip.unshelve": ("Brings the selected shelved alarm back now (U)", "보류한 경보를 즉시 다시 표시합니다 (U)"),
    # What became of a command
    "command.acknowledge": ("Acknowledge {target}", "{target} 확인"),
    "command.shelve": ("Shelve {target}", "{target} 보류"),
    "command.unshelve": ("End shelving of {target}", "{target} 보류 해제"),
    "command.reset": ("Reset {target}", "{target} 리셋"),
    "command.export": ("Export the clip of {target}", "{target} 클립 내보내기"),
    "command.look": ("Look at the recording of {target}", "{target} 녹화 보기"),
    "command.judge": ("Verdict on {target}", "{target} 판정"),
    "command.pending": ("{what}: sent, waiting for the engine", "{what}: 전송됨, 엔진 응답 대기"),
    "command.confirmed": ("{what}: done", "{what}: 완료"),
    "command.unconfirmed": (
        "{what}: NOT confirmed by the engine within {limit}. Try again.",
        "{what}: 엔진이 {limit} 안에 응답하지 않았습니다. 다시 시도하십시오.",
    ),
    "command.refused": ("{what}: REFUSED by the engine: {reason}", "{what}: 엔진이 거부했습니다: {reason}"),
    "command.unsent": ("{what}: could NOT be sent: {reason}", "{what}: 전송하지 못했습니다: {reason}"),
    # Shelve and reset dialogs
    "shelve.title": ("Shelve an alarm", "경보 보류"),
    "shelve.text": (
        "This alarm will stay quiet for the time below, even if it grows worse. The outputs to the hoist are not "
        "affected. Your name, the time and the reason are logged.",
        "아래 시간 동안 상황이 나빠져도 이 경보를 알리지 않습니다. 호이스트 출력에는 영향이 없습니다. "
        "이름, 시간, 사유가 기록됩니다.",
    ),
    "shelve.time": ("Time", "보류 시간"),
    "shelve.reason": ("Reason (required)", "사유 (필수)"),
    "shelve.hint": ("at most {limit}", "최대 {limit}"),
    "reset.title": ("Reset {node}", "{node} 리셋"),
    "reset.text": (
        "{node} is latched after a stop. After the reset the hoist may move again as soon as the engine permits it. "
        "Have you looked at the floor, and is everybody clear of the hoist?",
        "{node}이(가) 정지 상태로 유지되고 있습니다. 리셋하면 엔진이 허가하는 즉시 호이스트가 다시 움직일 수 있습니다. "
        "현장을 확인했고 모든 작업자가 호이스트에서 벗어나 있습니까?",
    ),
    "dialog.cancel": ("Cancel", "취소"),
    "dialog.close": ("Close", "닫기"),
    "dialog.shelve": ("Shelve", "보류"),
    "dialog.reset": ("Everybody is clear: reset", "안전 확인함: 리셋"),
    "unit.minutes": (" min", "분"),
    "unit.seconds": (" s", "초"),
    # Cameras
    "cameras.title": ("Cameras", "카메라"),
    "cameras.none": (
        "No cameras in this site: observations only",
        "이 현장에는 카메라가 없습니다: 관측 데이터만 사용",
    ),
    "camera.no_picture": ("NO PICTURE {age}", "영상 없음 {age}"),
    "camera.never": ("NO PICTURE YET", "아직 영상 없음"),
    "camera.trouble": ("{trouble} {age}", "{trouble} {age}"),
    "trouble.frozen": ("FROZEN PICTURE", "화면 정지"),
    "trouble.dark": ("DARK", "화면 어두움"),
    "trouble.blinded": ("BLINDED BY LIGHT", "눈부심"),
    "trouble.covered": ("COVERED", "렌즈 가림"),
    "trouble.defocused": ("OUT OF FOCUS", "초점 흐림"),
    "trouble.moved": ("CAMERA MOVED", "카메라 틀어짐"),
    "camera.boxes_only": ("Alive; sends no picture", "작동 중, 영상 미전송"),
    "camera.rate": ("{rate} Hz · {age} ago", "{rate} Hz · {age} 전"),
    "camera.rate_of": ("{rate} of {received} Hz · {age} ago", "{rate} / {received} Hz · {age} 전"),
    "camera.unknown": ("no data", "데이터 없음"),
    "camera.broken": ("Picture cannot be decoded", "영상을 해독할 수 없습니다"),
    # Health strip
    "health.engine": ("Engine", "엔진"),
    "health.rate": ("{rate} Hz", "{rate} Hz"),
    "health.live": ("live", "작동 중"),
    "health.silent": ("silent {age}", "응답 없음 {age}"),
    "health.waiting": ("not connected", "연결 안 됨"),
    "health.latency": ("Frame to contact", "영상→접점 지연"),
    "health.latency_value": ("p50 {p50} · p99 {p99}", "p50 {p50} · p99 {p99}"),
    "health.latency_decision": ("Frame to decision", "영상→판단 지연"),
    "health.no_sample": ("no sample", "측정값 없음"),
    "health.unused": ("Unused input", "미사용 입력"),
    "health.unused_none": ("none", "없음"),
    "health.unused_some": ("{n} since start", "시작 후 {n}건"),
    "unused.stamp_not_finite": ("{n} with a time that is no number", "시각이 숫자가 아닌 입력 {n}건"),
    "unused.stamp_in_future": ("{n} with a time in the future", "시각이 미래인 입력 {n}건"),
    "unused.stamp_not_increasing": (
        "{n} not newer than the one before of the same source",
        "같은 소스의 이전 입력보다 새롭지 않은 입력 {n}건",
    ),
    "unused.too_late": ("{n} that came too late to be used", "너무 늦게 도착한 입력 {n}건"),
    "unused.unknown_camera": ("{n} of cameras that the site does not have", "현장에 없는 카메라의 입력 {n}건"),
    "unused.person_bad_boxes": (
        "{n} person boxes without size, number or place in the picture",
        "크기·숫자·위치가 잘못된 작업자 상자 {n}건",
    ),
    "unused.person_bad_readings": ("{n} places of people that are no numbers", "숫자가 아닌 작업자 위치 {n}건"),
    "unused.person_off_floor": ("{n} person boxes that meet no floor", "바닥과 만나지 않는 작업자 상자 {n}건"),
    "unused.hoist_bad_boxes": (
        "{n} hook, load or trolley boxes without size, number or place in the picture",
        "크기·숫자·위치가 잘못된 훅·하물·트롤리 상자 {n}건",
    ),
    "unused.hoist_bad_readings": ("{n} hoist readings that are no numbers", "숫자가 아닌 호이스트 측정값 {n}건"),
    "unused.hoist_too_late": ("{n} hoist readings that came too late", "너무 늦게 도착한 호이스트 측정값 {n}건"),
    "unused.hoist_outliers": ("{n} hoist readings far from the others", "다른 값과 크게 다른 호이스트 측정값 {n}건"),
    "unused.hoist_outside_travel": (
        "{n} hoist readings outside the hoist's travel",
        "호이스트 이동 범위를 벗어난 측정값 {n}건",
    ),
    "unused.overruns": ("{n} decisions that took longer than their time", "제한 시간을 넘긴 판단 {n}건"),
    "unused.bus_refused": ("{n} connections refused", "거부된 연결 {n}건"),
    "unused.bus_undecodable": ("{n} messages that cannot be read", "읽을 수 없는 메시지 {n}건"),
    "unused.bus_violations": ("{n} messages that are not permitted", "허용되지 않은 메시지 {n}건"),
    "unused.bus_unsent": ("{n} answers that could not be sent", "보내지 못한 응답 {n}건"),
    "unused.pictures_not_recorded": ("{n} pictures not recorded", "기록되지 않은 영상 {n}건"),
    "unused.recording_fault": ("the recording has failed", "기록 장애"),
    "unused.audit_fault": ("the audit log has failed", "감사 기록 장애"),
    "health.tip_camera": (
        "gaps {gaps}, rejected {rejected}. {message}",
        "누락 {gaps}, 거부 {rejected}. {message}",
    ),
    "health.tip_wait": (
        "{rate} pictures a second are inspected, {received} arrive. Longest wait between two looks lately: {wait}",
        "초당 {rate}장을 검사하고 {received}장이 들어옵니다. 최근 최장 검사 간격: {wait}",
    ),
    "health.tip_late": (
        "Where no other camera sees, the stop model reckons with {late} more reaction time.",
        "다른 카메라가 보지 않는 곳에서는 정지 모델의 반응 시간에 {late}을(를) 더합니다.",
    ),
    "health.dead": ("BLIND {age}", "감시 불능 {age}"),
    "health.no_relay": ("No relay node in this site", "이 현장에는 릴레이 노드가 없습니다"),
    "health.relay_title": ("Relay", "릴레이"),
    "node.disconnected": ("NOT CONNECTED", "연결 끊김"),
    "node.latched": ("LATCHED, needs reset", "정지 유지, 리셋 필요"),
    "node.fault": ("FAULT: {fault}", "이상: {fault}"),
    "node.on": ("on", "켜짐"),
    "node.off": ("off", "꺼짐"),
    "node.mismatch": ("sent {sent}, reads {read}", "지령 {sent}, 실제 {read}"),
    "node.tip": (
        "{contact} ({target} {signal}): commanded {sent}, read back {read}",
        "{contact} ({target} {signal}): 지령 {sent}, 실제 {read}",
    ),
    "node.tip_counts": (
        "refused permits {refused}, last word {age} ago",
        "거부한 허가 {refused}건, 마지막 수신 {age} 전",
    ),
    "signal.permit": ("permit", "운전 허가"),
    "signal.slow": ("full speed", "고속 허용"),
    "signal.caution": ("caution", "주의"),
    "signal.warning": ("warning", "경고"),
    "signal.danger": ("danger", "위험"),
    "hoist.permit_on": ("permit given", "운전 허가"),
    "hoist.permit_off": ("PERMIT WITHDRAWN", "허가 해제"),
    "hoist.slow": ("SLOW", "저속 제한"),
    "hoist.tip_near": (
        "{people}: nearer than a stop from full speed needs. No alarm; full speed comes back by itself.",
        "{people}: 고속에서 정지하는 데 필요한 거리보다 가까움. 경보는 아니며 고속은 자동으로 복귀합니다.",
    ),
    "hoist.never": ("not located yet", "위치 미확인"),
    "hoist.lost": ("NOT SEEN {age}", "추적 끊김 {age}"),
    "hall": ("hall", "현장"),
    # Floor plan
    "plan.title": ("Floor plan", "평면도"),
    "plan.stale": ("NOT LIVE · last data {time}", "현재 상황 아님 · 마지막 데이터 {time}"),
    "plan.empty": ("Waiting for data", "데이터 대기 중"),
    "plan.help": ("Wheel: zoom · drag: move · double-click: whole floor", "휠: 확대 · 끌기: 이동 · 두 번 클릭: 전체"),
    "plan.tip_person": (
        "{name}, {role}: {mode}, {speed} m/s, position ±{sigma} m",
        "{name}, {role}: {mode}, {speed} m/s, 위치 오차 ±{sigma} m",
    ),
    "plan.tip_hoist": (
        "{name}: {phase}, {carrying}, hook {z} m high, {speed} m/s",
        "{name}: {phase}, {carrying}, 훅 높이 {z} m, {speed} m/s",
    ),
    "plan.tip_height_unknown": ("height unknown", "높이 불명"),
    "plan.tip_structure": ("{name}, {height} m high", "{name}, 높이 {height} m"),
    "plan.tip_camera": ("Camera {name}", "카메라 {name}"),
    "plan.tip_coverage": ("seen by {count} cameras, ±{sigma} m", "카메라 {count}대가 감시, 오차 ±{sigma} m"),
    "plan.tip_uncovered": ("no camera sees this spot", "어느 카메라에도 보이지 않는 곳"),
    "legend.person": ("person, path ahead", "작업자, 예상 경로"),
    "legend.load": ("hook and load", "훅과 하물"),
    "legend.swept": ("reach of load if stopped now", "즉시 정지 시 하물 도달 범위"),
    "legend.structure": ("structure", "구조물"),
    "legend.unseen": ("no camera sees", "감시 사각"),
    "legend.seen": ("seen by 1 · 2 · 3+ cameras", "카메라 1 · 2 · 3대 이상"),
    "legend.footprint": ("camera view", "카메라 시야"),
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

LANGUAGE_NAMES: dict[Language, str] = {"en": "English", "ko": "한국어"}


def say(language: Language, key: str, **values: object) -> str:
    """The text of ``key`` with its values filled in. Raises KeyError on an unknown key."""
    return TEXT[key][language == "ko"].format(**values)


def word(language: Language, value: Enum) -> str:
    """The word for a member of Level, AlarmState, Phase, Role or Mode."""
    group = {"AlarmState": "state"}.get(type(value).__name__, type(value).__name__.lower())
    return say(language, f"{group}.{value.value}")


def refusal_words(language: Language, code: str, reason: str, about: str = "") -> str:
    """Why the engine refused, in the reader's language where the refusal has a code, else in the engine's words."""
    key = f"refused.{code}"
    return say(language, key, about=about) if key in TEXT else reason


def other(language: Language) -> Language:
    return "en" if language == "ko" else "ko"


def duration(language: Language, seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 05 s`` or ``2 h 10 min``; Korean with its own units."""
    seconds = max(0.0, seconds)
    h, m, s = ("시간", "분", "초") if language == "ko" else (" h", " min", " s")
    if seconds < 9.95:
        return f"{seconds:.1f}{s}"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{s}"
    if whole < 3600 and whole % 60 == 0:
        return f"{whole // 60}{m}"
    if whole < 3600:
        return f"{whole // 60}{m} {whole % 60:02d}{s}"
    return f"{whole // 3600}{h} {whole % 3600 // 60:02d}{m}"


def milliseconds(language: Language, seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1000:.0f} ms"
