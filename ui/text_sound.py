"""Words of annunciators in the health strip, in English and Korean; a part of ``ui.text.TEXT``."""

from __future__ import annotations

SOUND: dict[str, tuple[str, str]] = {
    "sound.silent": ("ready", "대기 중"),
    "tone.attention": ("♪ caution", "♪ 주의음"),
    "tone.warning": ("♪ warning", "♪ 경고음"),
    "tone.danger": ("♪ danger", "♪ 위험음"),
    "tone.fault": ("♪ fault tone", "♪ 고장음"),
    "sound.testing": ("self-test", "자체 시험 중"),
    "sound.gone": ("NOT CONNECTED", "연결 끊김"),
    "sound.bad": ("FAULT: {fault}", "이상: {fault}"),
    "sound.untested": ("Not tested since the engine started", "엔진 시작 이후 자체 시험 없음"),
    "sound.tested": ("Self-test {age} ago: {passed} of {all} passed", "자체 시험 {age} 전: {all}개 중 {passed}개 통과"),
    "sound.latency": ("Decision to sound {latency}", "판단부터 소리까지 {latency}"),
}
