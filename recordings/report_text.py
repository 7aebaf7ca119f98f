"""Every word of the report, in English and Korean. What an alarm is called comes from the alarm table."""

from __future__ import annotations

from typing import Literal

from safety.alarm_table import TABLE
from safety.records import Situation
from safety.words import WORDS

Language = Literal["en", "ko"]

TEXT: dict[str, tuple[str, str]] = {
    **WORDS,
    "title": ("Report · {site}", "보고서 · {site}"),
    "head.recording": ("Recording", "기록"),
    "head.made_by": ("Made by", "생성"),
    "head.time": ("Start", "시작"),
    "head.duration": ("Duration", "길이"),
    "head.ticks": ("Decisions", "판단 횟수"),
    "head.version": ("Software", "소프트웨어"),
    "head.model": ("Detector model (SHA-256)", "검출 모델 (SHA-256)"),
    "head.no_model": ("none took part", "사용하지 않음"),
    "head.unknown_time": ("not recorded", "기록되지 않음"),
    "head.cut": ("cut off; read up to the cut", "중간에 끊김; 끊긴 곳까지 읽음"),
    "card.worst": ("most severe level", "최고 등급"),
    "card.alarms": ("alarms raised", "발생 경보"),
    "card.permit": ("permit withdrawn", "운전 허가 해제"),
    "card.slow": ("full speed withdrawn", "고속 허용 해제"),
    "card.cameras": ("cameras alive", "카메라 가동률"),
    "card.expected": ("expected alarms met", "기대 경보 충족"),
    "times": ("{count} ×, {seconds} s", "{count}회, {seconds}초"),
    "story.title": ("What happened", "경과"),
    "story.time": ("Time", "시각"),
    "story.level": ("Level", "등급"),
    "story.what": ("What", "내용"),
    "story.who": ("Who", "대상"),
    "story.why": ("Why", "사유"),
    "story.none": ("No alarm was raised.", "발생한 경보가 없습니다."),
    "story.note": (
        "Numbers mark the alarms in the time line and on the floor plan. Times are seconds of the recording.",
        "번호는 시간표와 평면도의 경보 표시와 같습니다. 시각은 기록의 시간(초)입니다.",
    ),
    "story.cut": ("… and {count} more rows", "… 외 {count}행"),
    "cleared.after": ("stood for {seconds} s", "{seconds}초 동안 지속"),
    "change.phase": ("{name}: {value}", "{name}: {value}"),
    "change.permit.off": ("Permit of {name} withdrawn: the hoist must stop", "{name} 운전 허가 해제: 정지해야 함"),
    "change.permit.on": ("Permit of {name} given", "{name} 운전 허가 부여"),
    "change.slow.off": ("{name} may only move slowly", "{name} 저속 제한"),
    "change.slow.on": ("{name} may move at full speed", "{name} 고속 허용"),
    "change.contact.off": ("Contact {name} opens", "접점 {name} 열림"),
    "change.contact.on": ("Contact {name} closes", "접점 {name} 닫힘"),
    "change.camera.off": ("No picture from {name}", "{name} 영상 없음"),
    "change.camera.on": ("{name} is back", "{name} 복구"),
    "timeline.title": ("Time line", "시간표"),
    "timeline.alt": ("Levels, outputs and cameras over time", "시간에 따른 등급, 출력, 카메라"),
    "timeline.note": (
        "Green: energised or alive. Red: permit withdrawn. Amber: slow. Dark: camera silent. Grey: contact open.",
        "초록: 통전 또는 작동. 빨강: 허가 해제. 주황: 저속. 검정: 카메라 무응답. 회색: 접점 열림.",
    ),
    "floor.title": ("Floor plan", "평면도"),
    "floor.alt": ("Ways of people and hooks, and places of alarms", "작업자와 훅의 경로, 경보 위치"),
    "floor.note": (
        "Lines are the tracks of people (dot: first seen, square: last seen) and of the hook (cross: last). "
        "Triangles are cameras, grey areas structures.",
        "선은 작업자(점: 처음, 사각형: 마지막)와 훅(X: 마지막)의 경로입니다. 삼각형은 카메라, 회색은 구조물입니다.",
    ),
    "load.title": ("Alarms", "경보"),
    "load.situation": ("Situation", "상황"),
    "load.count": ("Raised", "발생"),
    "load.worst": ("Worst", "최고 등급"),
    "load.stood": ("Stood, s", "지속 시간, 초"),
    "load.per_hour": ("Alarms an hour", "시간당 경보"),
    "load.extrapolated": (
        "{value} (extrapolated from {minutes} min: too short to judge)",
        "{value} ({minutes}분에서 환산: 판단하기에 짧음)",
    ),
    "load.flood": ("Most within 10 minutes (flood: more than 10)", "10분 내 최대 (폭주: 10건 초과)"),
    "load.chatter": ("Chattering (3 or more times in a minute)", "채터링 (1분에 3회 이상)"),
    "load.standing": ("Still standing at the end", "종료 시 미해소"),
    "load.none": ("none", "없음"),
    "load.yes": ("{count}: flood", "{count}: 폭주"),
    "expected.title": ("Expected and raised", "기대와 실제"),
    "expected.name": ("Expected", "기대"),
    "expected.result": ("Result", "결과"),
    "expected.reached": ("Reached", "도달"),
    "expected.lead": ("Lead", "선행 시간"),
    "expected.hit": ("met", "충족"),
    "expected.needless": ("raised in the quiet time “{window}”", "무경보 구간 “{window}”에서 발생"),
    "expected.unjudged": ("raised, not judged by this recording", "발생, 이 기록에서 판단하지 않음"),
    "expected.quiet": (
        "Quiet times kept: {kept} of {all} ({names}).",
        "무경보 구간 준수: {all}개 중 {kept}개 ({names}).",
    ),
    "cameras.title": ("Cameras", "카메라"),
    "cameras.none": ("This site has no cameras.", "이 현장에는 카메라가 없습니다."),
    "cameras.name": ("Camera", "카메라"),
    "cameras.alive": ("Alive", "가동률"),
    "cameras.rate": ("Rate, Hz", "속도, Hz"),
    "cameras.gap": ("Longest silence, s", "최장 무응답, 초"),
    "cameras.rejected": ("Frames refused", "거부된 프레임"),
    "coverage.title": ("Coverage", "감시 범위"),
    "coverage.alt": ("Cameras and accuracy for each spot of the floor", "위치별 카메라 수와 정확도"),
    "coverage.note": (
        "{one} of the floor is seen by at least one camera, {two} by two or more.",
        "바닥의 {one}를 카메라 1대 이상, {two}를 2대 이상이 감시합니다.",
    ),
    "counts.title": ("Inputs that were refused", "거부된 입력"),
    "limits": (
        "This report comes from a supplementary warning system that can ask for slow and stop. It is not a certified "
        "safety function and claims no performance level (ISO 13849) or safety integrity level (IEC 62061). What "
        "cameras do not see does not stand here.",
        "이 보고서는 저속과 정지를 요청할 수 있는 보조 경보 장치의 기록입니다. 인증된 안전 기능이 아니며 성능 수준"
        "(ISO 13849)이나 안전 무결성 수준(IEC 62061)을 주장하지 않습니다. 카메라가 보지 못한 것은 여기에 없습니다.",
    ),
    "replayed": (
        "The figures come from replaying the recording through the engine of the software named above; "
        "the same recording gives the same figures.",
        "이 수치는 위 소프트웨어의 엔진으로 기록을 재생하여 얻은 것이며, 같은 기록은 같은 결과를 냅니다.",
    ),
    "hall": ("hall", "현장"),
    "row.level": ("{name} level", "{name} 등급"),
    "row.phase": ("{name} phase", "{name} 단계"),
    "row.permit": ("{name} permit", "{name} 운전 허가"),
    "row.slow": ("{name} full speed", "{name} 고속 허용"),
    "row.contact": ("contact {name}", "접점 {name}"),
    "row.camera": ("{name}", "{name}"),
    "plot.seconds": ("seconds", "시간 (초)"),
    "plot.hook": ("hook of {name}", "{name} 훅"),
    "plot.count": ("cameras that see a foot there", "발이 보이는 카메라 수"),
    "plot.sigma": ("standard deviation of a foot there, m", "발 위치의 표준편차, m"),
}


def say(language: Language, key: str, **values: object) -> str:
    """The text of ``key`` with its values filled in. Raises KeyError on an unknown key."""
    return TEXT[key][language == "ko"].format(**values)


def title_of(language: Language, situation: Situation) -> str:
    """What an alarm of this situation is called."""
    row = TABLE[situation]
    return row.title_ko if language == "ko" else row.title_en
