"""Words for how the console looks, in English and Korean; a part of ``ui.text.TEXT``."""

from __future__ import annotations

LOOKS: dict[str, tuple[str, str]] = {
    "menu.theme": ("Colours", "화면 색"),
    "menu.size": ("Size", "화면 크기"),
    "size.next": ("The console has this size from its next start.", "다음에 콘솔을 시작할 때부터 적용됩니다."),
    "theme.light": ("Light", "밝은 화면"),
    "theme.night": ("Night", "어두운 화면"),
    "theme.contrast": ("High contrast", "고대비"),
    "theme.next": ("Next colours", "다음 화면 색"),
}
