"""Words of the review page, in English and Korean; a part of ``ui.text.TEXT``."""

from __future__ import annotations

REVIEW: dict[str, tuple[str, str]] = {
    "page.review": ("Review", "검토"),
    "review.list": ("Past alarms", "지난 경보"),
    "review.none": ("No alarm in this period", "이 기간에는 경보가 없습니다"),
    "review.choose": (
        "Choose an alarm on the left: the seconds before and after it are shown here.",
        "왼쪽에서 경보를 선택하면 발생 전후 상황이 여기에 표시됩니다.",
    ),
    "review.loading": ("Reading the recording ...", "녹화를 읽는 중..."),
    "review.missing": ("Nothing to show: {why}", "표시할 내용이 없습니다: {why}"),
    "review.at": ("{clock}, {offset} s from the alarm", "{clock}, 경보 기준 {offset}초"),
    "review.past": ("RECORDED, NOT LIVE", "녹화 화면 (실시간 아님)"),
    "review.why": ("Why", "사유"),
    "review.nothing": ("No alarm at this moment", "이 시점에는 경보가 없습니다"),
    "review.play": ("Play", "재생"),
    "review.pause": ("Pause", "일시정지"),
    "review.back": ("Step back", "한 단계 뒤로"),
    "review.on": ("Step on", "한 단계 앞으로"),
    "review.moment": ("To the alarm", "경보 시점으로"),
    "review.speed": ("Speed", "속도"),
    "review.tip": (
        "Space plays, the arrow keys step, 0 goes to the alarm",
        "스페이스: 재생, 화살표: 한 단계 이동, 0: 경보 시점",
    ),
    "review.comment": ("Comment", "의견"),
    "review.sent": ("Saving ...", "저장 중..."),
    "review.saved": ("Saved in the audit log.", "감사 기록에 저장되었습니다."),
    "review.unsaved": ("NOT saved: {why}", "저장하지 못했습니다: {why}"),
    "review.no_answer": ("the audit log does not show it", "감사 기록에 나타나지 않습니다"),
    "judge.true": ("True alarm", "올바른 경보"),
    "judge.near_miss": ("Near miss", "아차사고"),
    "judge.nuisance": ("Nuisance", "불필요한 경보"),
    "judge.": ("–", "–"),
    "column.raised": ("Raised", "발생"),
    "column.level": ("Level", "단계"),
    "column.who": ("Where, who", "위치/작업자"),
    "column.judged": ("Verdict", "판정"),
}
