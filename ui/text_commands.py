"""Words of commands: what became of one, and the dialogs that ask before one is sent."""

from __future__ import annotations

COMMANDS: dict[str, tuple[str, str]] = {
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
}
