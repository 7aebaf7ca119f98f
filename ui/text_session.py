"""Words of signing in, in English and Korean; a part of ``ui.text.TEXT``."""

from __future__ import annotations

SESSION: dict[str, tuple[str, str]] = {
    "menu.session": ("&Session", "로그인(&S)"),
    "menu.sign_in": ("Sign in...", "로그인..."),
    "menu.sign_out": ("Sign out", "로그아웃"),
    "menu.hand_over": ("Hand-over...", "인수인계..."),
    "command.hand_over": ("Keep the hand-over note{target}", "인수인계 내용 저장{target}"),
    "handover.title": ("Hand-over between shifts", "교대 인수인계"),
    "handover.past": ("What was told before", "이전 인수인계"),
    "handover.none": ("Nothing yet in this log.", "아직 기록이 없습니다."),
    "handover.new": ("For the next shift", "다음 교대에 전달할 내용"),
    "handover.hint": (
        "What is out of order, bypassed, shelved or under way; what to watch.",
        "고장, 우회, 보류 중이거나 진행 중인 사항, 주의할 점을 적으십시오.",
    ),
    "handover.keep": ("Keep", "저장"),
    "handover.saved": ("Kept in the audit log.", "감사 기록에 저장되었습니다."),
    "user.viewer": ("viewer", "열람자"),
    "user.operator": ("operator", "운영자"),
    "user.engineer": ("engineer", "엔지니어"),
    "session.open": ("No sign-in set up", "로그인 미설정"),
    "session.open_tip": (
        "This site has no users: whoever is at this console can acknowledge, shelve and reset. "
        "An engineer adds users with 'hoistwatch users add'.",
        "이 현장에는 등록된 사용자가 없습니다. 이 콘솔에서는 누구나 경보 확인, 보류, 리셋을 할 수 있습니다. "
        "사용자는 엔지니어가 'hoistwatch users add'로 등록합니다.",
    ),
    "session.out": ("Not signed in", "로그인 안 됨"),
    "session.out_tip": (
        "Everything can be seen. To acknowledge, shelve or reset, sign in (Ctrl+I).",
        "화면은 모두 볼 수 있습니다. 경보 확인, 보류, 리셋을 하려면 로그인하십시오 (Ctrl+I).",
    ),
    "session.in": ("{user} · {role}", "{user} · {role}"),
    "session.in_tip": (
        "Signed in as {role} until {time} at the latest. Sign out when you leave (Ctrl+O).",
        "{role} 권한으로 로그인됨, 늦어도 {time}에 종료됩니다. 자리를 비울 때 로그아웃하십시오 (Ctrl+O).",
    ),
    "session.unknown": ("–", "–"),
    "signin.title": ("Sign in", "로그인"),
    "signin.text": (
        "Your name is logged with everything that you do here.",
        "이 콘솔에서 하는 모든 조작은 이름과 함께 기록됩니다.",
    ),
    "signin.first": ("Sign in first, then it is done: {what}", "먼저 로그인하면 바로 처리됩니다: {what}"),
    "signin.user": ("Name", "이름"),
    "signin.password": ("Password", "비밀번호"),
    "signin.checking": ("Checking ...", "확인 중..."),
    "signin.wrong": ("Name or password is wrong.", "이름 또는 비밀번호가 올바르지 않습니다."),
    "signin.locked": (
        "Locked after too many wrong passwords. Try again in {time}.",
        "비밀번호를 여러 번 잘못 입력하여 잠겼습니다. {time} 후에 다시 시도하십시오.",
    ),
    "signin.no_users": (
        "This site has no users yet. An engineer adds them with 'hoistwatch users add'.",
        "이 현장에는 아직 등록된 사용자가 없습니다. 엔지니어가 'hoistwatch users add'로 등록합니다.",
    ),
    "signin.silent": ("The engine does not answer.", "엔진이 응답하지 않습니다."),
    "dialog.sign_in": ("Sign in", "로그인"),
    "refused.sign_in": ("nobody is signed in at this console", "이 콘솔에 로그인한 사람이 없습니다"),
    "refused.late": (
        "it came too late, or this console did not hear the engine when it was given; try again",
        "명령이 늦게 도착했거나 콘솔이 엔진 신호를 받지 못한 상태였습니다. 다시 시도하십시오",
    ),
    "refused.reason": ("showing faces needs a reason", "얼굴을 표시하려면 사유가 필요합니다"),
    "refused.role": ("your role may not do this", "현재 권한으로는 할 수 없는 조작입니다"),
}
