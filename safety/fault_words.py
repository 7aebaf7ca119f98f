"""What relay nodes and annunciators say of their faults, in Korean.

On the bus and in logs a fault is one English sentence, written where it is found. Here stands each of these sentences
with its Korean; a test holds the table against the sources. A sentence of a newer node stays as it came.
"""

from __future__ import annotations

import functools
import re

_KOREAN = {
    # How the engine finds a node or an annunciator
    "has not reported yet": "아직 보고가 없음",
    "does not report": "보고가 없음",
    "reports other contacts than the site file names": "현장 파일과 다른 접점을 보고함",
    "has restarted": "재시작됨",
    "contact {names} does not follow its command": "접점 {names}이(가) 지령을 따르지 않음",
    "contact {names} stays closed although it must be open": "열려야 할 접점 {names}이(가) 닫혀 있음",
    "failed its self-test: {names}": "자체 점검 실패: {names}",
    # Permits that a node refuses
    "permit refused: {why}": "운전 허가 거부: {why}",
    "it is for another node": "다른 노드의 허가임",
    "it is for an earlier start of this node": "이 노드가 재시작되기 전의 허가임",
    "its outputs are not this node's contacts": "이 노드의 접점과 출력이 다름",
    "its validity is not positive": "유효 시간이 0 이하임",
    "its sequence number is not positive": "일련번호가 0 이하임",
    "its stamp lies in the future": "시각이 미래임",
    "it is late": "늦게 도착함",
    "it is out of sequence": "순서가 맞지 않음",
    "it is of an engine that was replaced": "이미 교체된 엔진의 허가임",
    "a new engine must count from the start": "새 엔진의 일련번호가 처음부터 시작하지 않음",
    # A node's end
    "the node was ended": "노드가 종료됨",
    "the node was ended, its contacts may not have opened: {why}": "노드가 종료됨, 접점이 열리지 않았을 수 있음: {why}",
    # What a driver finds
    "{where}: {why}; its contacts cannot be opened from here": "{where}: {why}. 여기서는 접점을 열 수 없음",
    "has not connected yet": "아직 연결되지 않음",
    "has not answered in time": "제때 응답하지 않음",
    "cannot be reached": "연결할 수 없음",
    "cannot be reached ({why})": "연결할 수 없음 ({why})",
    "cannot be used ({why})": "사용할 수 없음 ({why})",
    "does not answer": "응답하지 않음",
    "answers with something other than Modbus": "Modbus가 아닌 응답을 보냄",
    "answers with something other than its states": "접점 상태가 아닌 응답을 보냄",
    "refused a request (Modbus exception {code})": "요청을 거부함 (Modbus 예외 {code})",
    "answered with {count} states, expected {wanted}": "{wanted}개가 아닌 {count}개의 상태로 응답함",
    "driver failed ({why})": "드라이버 오류 ({why})",
    "the module does not answer": "모듈이 응답하지 않음",
    "the module tells nothing of contact {name}": "모듈이 접점 {name}의 상태를 알리지 않음",
    "the broker is gone": "브로커와 연결이 끊김",
    "the broker does not answer": "브로커가 응답하지 않음",
    "the broker cannot be reached ({why})": "브로커에 연결할 수 없음 ({why})",
    "the broker refuses this node ({why})": "브로커가 이 노드를 거부함 ({why})",
    # An annunciator
    "the annunciator was ended": "경보기가 종료됨",
    "what was to be told broke off ({why})": "안내 방송이 중단됨 ({why})",
    "sign at {where} cannot be reached ({why})": "전광판 {where}에 연결할 수 없음 ({why})",
    "{where}: nothing writes sound there any more": "{where}: 소리 출력이 멈춤",
    "{where}: sound cannot be written ({why})": "{where}: 소리를 쓸 수 없음 ({why})",
    "the sound device is not open yet": "음향 장치가 아직 열리지 않음",
    "sound device {name} has stopped taking samples": "음향 장치 {name}이(가) 출력을 멈춤",
    "sound device {name} cannot be opened: {why}": "음향 장치 {name}을(를) 열 수 없음: {why}",
}
_STATES = {"(stuck on)": "(켜진 채 고착)", "(stuck off)": "(꺼진 채 고착)"}
_BETWEEN = "; "
_INNER = "why"


def in_korean(fault: str) -> str:
    """A fault's sentence in Korean, with what it quotes; a sentence that is not known as it came."""
    if (found := _sentence(fault)) is not None:
        return found
    parts = fault.split(_BETWEEN)
    return fault if len(parts) == 1 else _BETWEEN.join(in_korean(part) for part in parts)


def _sentence(fault: str) -> str | None:
    found: str | None = None
    for pattern, korean in _patterns():
        match = pattern.fullmatch(fault)
        if match is None:
            continue
        values = match.groupdict()
        for english, state in _STATES.items():
            values = {name: value.replace(english, state) for name, value in values.items()}
        inner = values.get(_INNER)
        told = _sentence(inner) if inner is not None else None
        if told is not None:
            return korean.format(**values | {_INNER: told})
        # What is quoted may be the system's own words; a pattern whose quotation is known goes before.
        found = found or korean.format(**values)
    return found


@functools.cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Each sentence as a pattern, those with the most words of their own first, and its Korean."""
    ranked = sorted(_KOREAN, key=lambda text: -len(re.sub(r"\{\w+\}", "", text)))
    out = []
    for text in ranked:
        pieces = re.split(r"(\{\w+\})", text)
        for greedy in ("", "?"):
            source = "".join(f"(?P<{p[1:-1]}>.+{greedy})" if p.startswith("{") else re.escape(p) for p in pieces)
            out.append((re.compile(source, re.DOTALL), _KOREAN[text]))
    return tuple(out)
