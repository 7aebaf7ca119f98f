"""Words of the statistics page, in English and Korean; a part of ``ui.text.TEXT``."""

from __future__ import annotations

STATISTICS: dict[str, tuple[str, str]] = {
    "page.live": ("Live", "실시간"),
    "page.statistics": ("Statistics", "통계"),
    "period.this_shift": ("This shift", "현재 교대"),
    "period.last_shift": ("Last shift", "이전 교대"),
    "period.today": ("Today", "오늘"),
    "period.week": ("Last 7 days", "최근 7일"),
    "period.month": ("Last 30 days", "최근 30일"),
    "statistics.period": ("Period", "기간"),
    "statistics.refresh": ("Read anew", "다시 읽기"),
    "statistics.reading": ("Reading the audit log ...", "감사 기록을 읽는 중..."),
    "statistics.span": ("{from_} to {to}, watched for {watched}", "{from_} ~ {to}, 감시 시간 {watched}"),
    "statistics.unwatched": ("{from_} to {to}: no engine ran", "{from_} ~ {to}: 엔진이 가동되지 않았습니다"),
    "statistics.absent": (
        "The engine's records are not on this machine: {file}. Start the console with --records and their folder.",
        "엔진 기록이 이 컴퓨터에 없습니다: {file}. --records 옵션으로 기록 폴더를 지정하여 콘솔을 시작하십시오.",
    ),
    "statistics.broken": ("The audit log cannot be read: {why}", "감사 기록을 읽을 수 없습니다: {why}"),
    "statistics.none": ("No alarm in this period", "이 기간에는 경보가 없습니다"),
    "statistics.limits": ("Against ISA-18.2 and EEMUA 191", "ISA-18.2 및 EEMUA 191 기준 비교"),
    "statistics.kinds": ("What alarmed most", "가장 잦은 경보"),
    "chart.time": ("Over time", "시간별"),
    "chart.shift": ("By shift", "교대별"),
    "chart.zone": ("By zone", "구역별"),
    "chart.map": ("Map of near misses", "아차사고 지도"),
    "statistics.chart": ("Chart", "차트"),
    "statistics.chart_shifts": ("Alarms by shift", "교대별 경보 수"),
    "statistics.chart_zones": ("Alarms by zone of the floor", "구역별 경보 수"),
    "statistics.zone_none": ("no zone", "구역 밖"),
    "statistics.zone_unknown": ("place unknown", "위치 불명"),
    "statistics.judged": (
        "Judged: {judged}, of them nuisances: {nuisances} ({share}).",
        "판정: {judged}건, 그중 불필요한 경보: {nuisances}건 ({share}).",
    ),
    "statistics.unjudged": ("None judged yet (page Review).", "아직 판정된 경보가 없습니다 (검토 화면)."),
    "heat.note": (
        "Near misses: {count}\nAlarms of level danger and those judged a near miss, of a person, without those judged "
        "a nuisance.",
        "아차사고: {count}건\n위험 등급 경보와 아차사고로 판정된 작업자 경보입니다. 불필요한 경보로 판정된 것은 "
        "제외합니다.",
    ),
    "heat.unplaced": ("Without a known place: {count}", "위치를 알 수 없음: {count}건"),
    "heat.elsewhere": (
        "The plan of another hall is not on this machine.",
        "다른 현장의 평면도는 이 컴퓨터에 없습니다.",
    ),
    "heat.key": ("1 to {most} and more at a spot", "한 지점 1~{most}건 이상"),
    "statistics.chart_hours": ("Alarms an hour", "시간대별 경보 수"),
    "statistics.chart_days": ("Alarms a day", "일별 경보 수"),
    "column.figure": ("Figure", "항목"),
    "column.value": ("Value", "값"),
    "column.limit": ("At most", "기준"),
    "column.verdict": ("Verdict", "판정"),
    "column.situation": ("Situation", "상황"),
    "column.hoist": ("Hoist or camera", "호이스트/카메라"),
    "column.count": ("Alarms", "경보"),
    "column.share": ("Share", "비율"),
    "column.chatters": ("Chatter", "채터링"),
    "limit.per_day": ("Alarms a day", "일일 경보 수"),
    "limit.per_10_min": ("Alarms in ten minutes, mean", "10분당 평균 경보 수"),
    "limit.flood_share": ("Time in floods (over 10 in 10 min)", "경보 폭주 시간 비율 (10분에 10건 초과)"),
    "limit.chatter": ("Chatter (3 in a minute)", "채터링 (1분에 3회)"),
    "limit.stale": ("Stale (over 24 hours)", "장기 지속 (24시간 초과)"),
    "limit.danger_share": ("Share of danger", "위험 경보 비율"),
    "verdict.kept": ("✓ kept", "✓ 충족"),
    "verdict.exceeded": ("✗ exceeded", "✗ 초과"),
    "verdict.open": ("– nothing to judge", "– 판정 불가"),
    "statistics.more": (
        "{count} alarms ({danger} danger, {warning} warning, {caution} caution), most in ten minutes: {busiest}. "
        "Acknowledged: {acknowledged}, half within {p50}, 95 % within {p95}. Shelved: {shelved}.",
        "경보 {count}건 (위험 {danger}, 경고 {warning}, 주의 {caution}), 10분간 최다 {busiest}건. "
        "확인: {acknowledged}건, 절반은 {p50} 이내, 95%는 {p95} 이내. 보류: {shelved}건.",
    ),
}
