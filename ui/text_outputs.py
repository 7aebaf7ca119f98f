"""Words of bypasses and proof tests of outputs, in English and Korean; a part of ``ui.text.TEXT``."""

from __future__ import annotations

OUTPUTS: dict[str, tuple[str, str]] = {
    "bypass.badge": ("BYPASSED", "바이패스 중"),
    "bypass.one": ("{target} {signal}, {left} left", "{target} {signal}, {left} 남음"),
    "bypass.quiet": ("{target} {signal} kept quiet, {left} left", "{target} {signal} 출력 차단, {left} 남음"),
    "headline.bypass": ("BYPASS", "바이패스"),
    "bypass.reason": (
        "{by} took outputs away from the system: {reason}",
        "{by} 님이 출력을 시스템에서 분리함: {reason}",
    ),
    "action.bypass": (
        "{hoists}: runs on a bypass, the system does not stop it",
        "{hoists}: 바이패스 운전 중, 시스템이 정지시키지 않습니다",
    ),
    "node.bypass": ("BYPASSED: {what}", "바이패스: {what}"),
    "node.tip_bypass": (
        "{contact} is bypassed by {by} for {left} more: {reason}",
        "{contact} 바이패스: {by}, {left} 남음, 사유: {reason}",
    ),
    "node.proving": ("PROOF TEST running", "작동 시험 중"),
    "node.held": ("motion commanded, release the controls to reset", "조작 중, 리셋하려면 조작기를 놓으십시오"),
    "proof.title": ("Proof tests", "작동 시험"),
    "proof.good": ("all done", "모두 완료"),
    "proof.due": ("{n} due", "{n}건 예정"),
    "proof.overdue": ("{n} OVERDUE", "{n}건 기한 초과"),
    "proof.failed": ("{n} FAILED", "{n}건 불합격"),
    "proof.tip_never": ("{node} {contact}: never tested", "{node} {contact}: 시험 기록 없음"),
    "proof.tip_failed": ("{node} {contact}: the newest test failed", "{node} {contact}: 최근 시험 불합격"),
    "proof.tip": (
        "{node} {contact}: tested {last}, next by {due}",
        "{node} {contact}: {last} 시험, 다음 기한 {due}",
    ),
}
