"""Alarms are data: one row a situation, with texts, colour, tone, priority and delays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from safety.records import Level, Situation

Colour = Literal["red", "yellow", "green", "blue"]
Tone = Literal["none", "attention", "warning", "danger", "fault"]

COLOURS: dict[Level, Colour] = {
    Level.CLEAR: "green",
    Level.CAUTION: "yellow",
    Level.WARNING: "yellow",
    Level.DANGER: "red",
}
TONES: dict[Level, Tone] = {
    Level.CLEAR: "none",
    Level.CAUTION: "none",
    Level.WARNING: "warning",
    Level.DANGER: "danger",
}


@dataclass(frozen=True, slots=True)
class Row:
    """How one situation is told. ``reason_*`` are filled from the hazard's names and terms by ``alarm_words``.

    priority: smaller is more urgent among equal levels. on_factor: on-delay as a multiple of the
    policy's. A situation in ``health`` is about the system's own sight and reach, not about a person.
    """

    title_en: str
    title_ko: str
    reason_en: str
    reason_ko: str
    advice_en: str
    advice_ko: str
    priority: int
    on_factor: float = 1.0
    health: bool = False


TABLE: dict[Situation, Row] = {
    Situation.CRUSH: Row(
        title_en="Crush between load and structure",
        title_ko="하물과 구조물 사이 끼임",
        reason_en="{person} between load of {hoist} and {source}: {gap} left of {needed_m} needed; closes "
        "{ttc} at {load}; {last_safe}",
        reason_ko="{person} – {hoist} 하물과 {source} 사이: 간격 {gap} (필요 {needed_m}); 끼임 {ttc}, 속도 "
        "{load}; {last_safe}",
        advice_en="Stop the hoist. Step out sideways, away from the structure.",
        advice_ko="호이스트를 정지하고 구조물 옆으로 빠져나오십시오.",
        priority=1,
    ),
    Situation.STRUCK_BY: Row(
        title_en="Struck by moving load",
        title_ko="이동 중 하물 충돌",
        reason_en="{person} is {gap} from the load of {hoist}, which moves at {load}; contact {ttc}; "
        "a stop needs {stop_m} and {stop_s}, {last_safe}{height}",
        reason_ko="{person} – {hoist} 하물까지 {gap}, 하물 속도 {load}; 접촉 {ttc}; "
        "정지 거리 {stop_m}, 정지 시간 {stop_s}, {last_safe}{height}",
        advice_en="Stop the hoist. Keep clear: the load swings on.",
        advice_ko="호이스트를 정지하십시오. 정지 후에도 하물이 흔들리니 물러나십시오.",
        priority=2,
        # Its probability weighs all looks so far: a second tick that agrees is enough.
        on_factor=0.5,
    ),
    Situation.FALL_ZONE: Row(
        title_en="Under suspended load",
        title_ko="매달린 하물 아래",
        reason_en="{person} is {where} of {hoist}: zone {zone}, lower edge at {bottom}{height}{load_known}",
        reason_ko="{person} – {hoist} 낙하위험구역 {where}: 반경 {zone}, 하물 하단 {bottom}{height}{load_known}",
        advice_en="Leave the fall zone.",
        advice_ko="낙하위험구역에서 나가십시오.",
        priority=3,
    ),
    Situation.SLING_SLIP: Row(
        title_en="Sling slips",
        title_ko="줄걸이 미끄러짐",
        reason_en="Load of {hoist} dropped {drop_m} below its hook and shifted {shift_m} in {in_s}; a hoist "
        "lowers at most {lift_mps}; lower edge at {bottom}",
        reason_ko="{hoist} 하물이 {in_s} 동안 훅 아래로 {drop_m} 처지고 {shift_m} 이동 (최대 하강 속도 "
        "{lift_mps}); 하단 {bottom}",
        advice_en="Stop. Everybody away from the load; it may fall.",
        advice_ko="정지하십시오. 하물이 떨어질 수 있으니 모두 물러나십시오.",
        priority=4,
        on_factor=0.5,
    ),
    Situation.TOPPLE: Row(
        title_en="Load may topple",
        title_ko="하물 전도 위험",
        reason_en="{person} is {gap} from a load that {hoist} set down: {height_m} high on a base of {base_m}, "
        "tilted by {tilt_deg}; it can fall {reach_m} far",
        reason_ko="{person} – {hoist} 내려놓은 하물까지 {gap}: 높이 {height_m}, 밑변 {base_m}, 기울기 "
        "{tilt_deg}; 전도 반경 {reach_m}",
        advice_en="Step back further than the load is high. Secure it before the slings come off.",
        advice_ko="하물 높이보다 멀리 물러나고, 줄걸이를 풀기 전에 하물을 고정하십시오.",
        priority=5,
        on_factor=0.5,
    ),
    Situation.SWING: Row(
        title_en="Load swings",
        title_ko="하물 흔들림",
        reason_en="{person} is {gap} from the load of {hoist}, which swings by {swing_m} with a period of "
        "{period_s}; contact {ttc}{height}",
        reason_ko="{person} – {hoist} 하물까지 {gap}, 흔들림 {swing_m}, 주기 {period_s}; 접촉 {ttc}{height}",
        advice_en="Keep clear until the load hangs still.",
        advice_ko="하물이 멈출 때까지 물러나십시오.",
        priority=6,
    ),
    Situation.SNAG: Row(
        title_en="Load is caught",
        title_ko="하물 걸림",
        reason_en="{hoist} moved by {drive_m}, its load by {moved_m}: rope {lean_deg} out of plumb; freed, it "
        "swings {swing_m}",
        reason_ko="{hoist} 이동 {drive_m}, 하물 이동 {moved_m}: 로프 기울기 {lean_deg}; 풀리면 {swing_m} 흔들림",
        advice_en="Stop. Do not pull free: slacken the rope first.",
        advice_ko="정지하십시오. 당기지 말고 로프를 먼저 늦추십시오.",
        priority=7,
    ),
    Situation.SIDE_PULL: Row(
        title_en="Side pull",
        title_ko="비스듬히 당김",
        reason_en="{hoist} lifts with its rope {lean_deg} out of plumb: hook {aside_m} aside of the trolley; "
        "the load would swing {swing_m}",
        reason_ko="{hoist} 로프가 {lean_deg} 기울어진 채 권상: 훅이 트롤리에서 {aside_m} 벗어남; 하물이 "
        "{swing_m} 흔들릴 수 있음",
        advice_en="Stop lifting. Bring the trolley above the load.",
        advice_ko="권상을 멈추고 트롤리를 하물 바로 위로 옮기십시오.",
        priority=8,
    ),
    Situation.HANDS_ON_LOAD: Row(
        title_en="Hands on the load at lift-off",
        title_ko="들어 올릴 때 하물에 손 접촉",
        reason_en="{person} is {gap} from the load of {hoist}, which lifts at {lift_mps}; lower edge at {bottom}",
        reason_ko="{person} – {hoist} 하물까지 {gap}, 권상 속도 {lift_mps}, 하단 {bottom}",
        advice_en="Hands off. Lift only when everybody has stepped back.",
        advice_ko="손을 떼십시오. 모두 물러난 뒤 들어 올리십시오.",
        priority=9,
    ),
    Situation.PLATFORM: Row(
        title_en="Hoist meets a person on a platform",
        title_ko="작업대 위 작업자와 크레인 충돌",
        reason_en="{person} on {source} is {gap} from {hoist}, which comes at {load}; contact {ttc}; {last_safe}",
        reason_ko="{source} 위 {person} – {hoist}까지 {gap}, 접근 속도 {load}; 접촉 {ttc}; {last_safe}",
        advice_en="Stop the hoist. Leave the platform's edge.",
        advice_ko="호이스트를 정지하고 작업대 가장자리에서 물러나십시오.",
        priority=10,
    ),
    Situation.PERSON_DOWN: Row(
        title_en="Person down in the path",
        title_ko="이동 경로에 쓰러진 사람",
        reason_en="{person} has not moved for {still_s}, {gap} from the path of {hoist}; contact {ttc}; {last_safe}",
        reason_ko="{person} – {still_s} 동안 움직임 없음, {hoist} 경로까지 {gap}; 접촉 {ttc}; {last_safe}",
        advice_en="Stop the hoist. Go and see to the person.",
        advice_ko="호이스트를 정지하고 작업자의 상태를 확인하십시오.",
        priority=11,
    ),
    Situation.OPERATOR_BACKWARDS: Row(
        title_en="Operator walks into an obstacle",
        title_ko="조작자 후진·장애물 접근",
        reason_en="{person} guides {hoist} and walks at {person_mps} towards {source}, {gap} away; there {ttc}",
        reason_ko="{person} – {hoist} 조작 중 {person_mps}로 {source} 방향 이동, 거리 {gap}; 도달 {ttc}",
        advice_en="Stop and look where you walk.",
        advice_ko="멈추고 진행 방향을 확인하십시오.",
        priority=12,
    ),
    Situation.HOISTS_CLOSING: Row(
        title_en="Two hoists close on each other",
        title_ko="호이스트 간 접근",
        reason_en="{hoist} and {source} are {gap} apart and close at {closing_mps}; contact {ttc}; together "
        "they need {stop_m} to stop; {last_safe}",
        reason_ko="{hoist}–{source} 간격 {gap}, 접근 속도 {closing_mps}; 접촉 {ttc}; 두 정지 거리 합 "
        "{stop_m}; {last_safe}",
        advice_en="Stop both hoists.",
        advice_ko="두 호이스트를 모두 정지하십시오.",
        priority=13,
    ),
    Situation.LOAD_STRUCTURE: Row(
        title_en="Load runs against a structure",
        title_ko="하물과 구조물 충돌",
        reason_en="Load of {hoist} is {gap} from {source} at {load}; contact {ttc}; a stop needs {stop_m} and "
        "{stop_s}; {last_safe}{height}",
        reason_ko="{hoist} 하물 – {source}까지 {gap}, 속도 {load}; 접촉 {ttc}; 정지 거리 {stop_m}, 정지 시간 "
        "{stop_s}; {last_safe}{height}",
        advice_en="Stop the hoist, or raise the load above the obstacle.",
        advice_ko="호이스트를 정지하거나 하물을 장애물 위로 올리십시오.",
        priority=14,
    ),
    Situation.BLIND_LIFT: Row(
        title_en="Load moves unseen",
        title_ko="보이지 않는 곳의 하물 이동",
        reason_en="Load of {hoist} moves at {load} where no camera sees the floor; unseen for {unseen}",
        reason_ko="{hoist} 하물이 카메라가 보지 못하는 곳에서 {load}로 이동; {unseen} 동안 확인 불가",
        advice_en="Slow down. Post a signaller who sees the load.",
        advice_ko="감속하고, 하물을 볼 수 있는 신호수를 배치하십시오.",
        priority=15,
    ),
    Situation.PERSON_LOST: Row(
        title_en="Person out of sight near load",
        title_ko="하물 근처 작업자 시야 이탈",
        reason_en="{person} was last seen {unseen} ago, {gap} from the load of {hoist}",
        reason_ko="{person} – {unseen} 전 마지막 확인, {hoist} 하물까지 {gap}",
        advice_en="Make sure that the area is clear.",
        advice_ko="주변에 사람이 없는지 확인하십시오.",
        priority=16,
    ),
    Situation.EXCLUSION: Row(
        title_en="Person in an exclusion zone",
        title_ko="출입 금지 구역 진입",
        reason_en="{person} has been in {source} for {inside_s}",
        reason_ko="{person} – {source} 안에 {inside_s} 동안 머무름",
        advice_en="Leave the closed area.",
        advice_ko="출입 금지 구역에서 나가십시오.",
        priority=17,
    ),
    Situation.HOIST_LOST: Row(
        title_en="Hoist not located",
        title_ko="호이스트 위치 미확인",
        reason_en="No source has located {hoist} for {unseen}",
        reason_ko="{hoist} – {unseen} 동안 위치가 확인되지 않음",
        advice_en="Permit withdrawn. Check cameras, tag and telemetry of this hoist.",
        advice_ko="운전 허가가 취소되었습니다. 카메라·태그·위치 센서를 점검하십시오.",
        priority=18,
        health=True,
    ),
    Situation.CAMERA_BLIND: Row(
        title_en="System cannot see",
        title_ko="감시 불능",
        reason_en="{blind}{uncovered}",
        reason_ko="감시 불능: {blind}{uncovered}",
        advice_en="Check the camera: cable, cover, light and where it looks.",
        advice_ko="카메라의 배선·가림·조명·방향을 점검하십시오.",
        priority=19,
        # A camera is told as blind only after it was so for a time of its own.
        on_factor=1.0,
        health=True,
    ),
    Situation.RELAY_FAULT: Row(
        title_en="Relay fault",
        title_ko="릴레이 이상",
        reason_en="Relay node {source}: {detail}",
        reason_ko="릴레이 노드 {source}: {detail}",
        advice_en="Permit dropped. Check the relay node, then reset it.",
        advice_ko="운전 허가가 차단되었습니다. 릴레이 노드를 점검한 뒤 리셋하십시오.",
        priority=20,
        health=True,
    ),
    Situation.ANNUNCIATOR_FAULT: Row(
        title_en="Warning sound fault",
        title_ko="현장 경보음 이상",
        reason_en="Annunciator {source}: {detail}",
        reason_ko="경보기 {source}: {detail}",
        advice_en="People on the floor may hear nothing. Check process, loudspeaker and sign.",
        advice_ko="현장에서 경보음이 들리지 않을 수 있습니다. 프로세스·스피커·전광판을 점검하십시오.",
        priority=21,
        health=True,
    ),
    Situation.PART_GIVEN_UP: Row(
        title_en="Part of the system given up",
        title_ko="시스템 일부 중단",
        reason_en="{source} is not started again: {detail}",
        reason_ko="{source}이(가) 다시 시작되지 않습니다: {detail}",
        advice_en="It does not come back by itself. Find out why it ends, then start the supervisor again.",
        advice_ko="스스로 복구되지 않습니다. 종료 원인을 확인한 뒤 감시 프로그램을 다시 시작하십시오.",
        priority=22,
        health=True,
    ),
}
