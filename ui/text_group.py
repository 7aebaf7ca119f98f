"""Words of the statistics over many halls, in English and Korean; a part of ``ui.text.TEXT``."""

from __future__ import annotations

GROUP: dict[str, tuple[str, str]] = {
    "group.span": ("{group}: {from_} to {to}", "{group}: {from_} ~ {to}"),
    "group.reading": ("Reading the group's database ...", "그룹 데이터베이스를 읽는 중..."),
    "group.none": ("No hall has told anything yet", "아직 보고한 공장동이 없습니다"),
    "group.this": ("This hall", "이 공장동"),
    "group.all": ("All halls", "모든 공장동"),
    "group.hall": ("Hall", "공장동"),
    "group.count": ("Alarms", "경보"),
    "group.per_day": ("A day", "일일"),
    "group.busiest": ("Most in 10 min", "10분 최다"),
    "group.flood_share": ("In floods", "폭주 비율"),
    "group.chatter": ("Chatter", "채터링"),
    "group.stale": ("Stale", "장기 지속"),
    "group.danger_share": ("Danger", "위험 비율"),
    "group.nuisance": ("Nuisance", "오경보"),
    "group.verdict": ("ISA-18.2", "ISA-18.2"),
    "group.unwatched": ("– not watched", "– 감시 없음"),
    "group.nuisance_value": ("{share} of {judged}", "{judged}건 중 {share}"),
    "group.by_shift": ("By shift", "교대별"),
    "group.by_day": ("By day", "일별"),
    "group.by_hour": ("By hour", "시간대별"),
    "group.by_kind": ("By kind", "종류별"),
    "group.levels": (
        "{danger} danger, {warning} warning, {caution} caution",
        "위험 {danger}, 경고 {warning}, 주의 {caution}",
    ),
    "group.chattered": ("chattered {n} times", "채터링 {n}회"),
    "group.broken": ("The group's database cannot be read: {why}", "그룹 데이터베이스를 읽을 수 없습니다: {why}"),
}
