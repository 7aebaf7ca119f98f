"""Words of detect nodes in the health strip, in English and Korean; a part of ``ui.text.TEXT``."""

from __future__ import annotations

NODES: dict[str, tuple[str, str]] = {
    "detect.well": ("clock ± {error}", "시계 ± {error}"),
    "detect.absent": ("NOT REPORTED YET", "아직 보고 없음"),
    "detect.silent": ("SILENT {age}", "응답 없음 {age}"),
    "detect.differs": ("OTHER SITE FILE", "현장 파일 불일치"),
    "detect.clock_unknown": ("clock not known yet", "시계 확인 중"),
    "detect.clock_wide": ("CLOCK IN DOUBT ± {error}", "시계 불확실 ± {error}"),
    "detect.clock_stepped": ("CLOCK JUMPED", "시계 급변"),
    "detect.tip_cameras": ("Cameras on this machine: {cameras}", "이 장치의 카메라: {cameras}"),
    "detect.tip_clock": (
        "Its clock is {offset} from the engine's, known to ± {error}; {delay} on the way there and back",
        "엔진 시계와의 차이 {offset} (± {error}), 왕복 지연 {delay}",
    ),
    "detect.tip_wall": ("Its time of day is {offset} off", "표시 시각 차이 {offset}"),
    "detect.tip_steps": ("Its clock has jumped {n} times, last by {step}", "시계 급변 {n}회, 최근 {step}"),
    "detect.tip_restarts": ("It has started again {n} times", "재시작 {n}회"),
    "unused.detect_untimed": (
        "{n} of detect nodes whose clock is in doubt",
        "시계를 신뢰할 수 없는 검출 노드의 입력 {n}건",
    ),
    "unused.detect_stale": (
        "{n} of detect nodes that came twice or from an old run",
        "중복되거나 이전 실행에서 온 검출 노드의 입력 {n}건",
    ),
}
