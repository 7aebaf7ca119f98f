"""Detect nodes in words: whether their cameras count, and how well their clocks are known."""

from __future__ import annotations

from typing import Literal

from safety.detect_records import DetectNodeView
from ui.text import Language, duration, say

_WALL_OFF_S = 1.0
"""A clock on the wall that is further off misleads whoever compares that machine's logs."""


def node_words(view: DetectNodeView, language: Language) -> tuple[str, Literal["good", "bad", "abnormal"], str]:
    """Value, mark and tip of one detect node's card."""
    error = _fine(view.error_s)
    value = say(language, f"detect.{view.fault or 'well'}", error=error, age=duration(language, view.age_s))
    tips = [say(language, "detect.tip_cameras", cameras=", ".join(view.cameras))]
    if view.offset_s is not None:
        offset, delay = f"{view.offset_s:+.3f} s", _fine(view.delay_s)
        tips.append(say(language, "detect.tip_clock", offset=offset, error=error, delay=delay))
    wall_s = view.wall_offset_s
    if wall_s is not None:
        tips.append(say(language, "detect.tip_wall", offset=f"{wall_s:+.1f} s"))
    if view.steps:
        tips.append(say(language, "detect.tip_steps", n=view.steps, step=f"{view.step_s:+.3f} s"))
    if view.restarts:
        tips.append(say(language, "detect.tip_restarts", n=view.restarts))
    mark: Literal["good", "bad", "abnormal"] = "bad" if view.fault else "good"
    if view.fault == "clock_unknown" or (not view.fault and wall_s is not None and abs(wall_s) > _WALL_OFF_S):
        mark = "abnormal"
    return value, mark, "\n".join(tips)


def _fine(seconds: float | None) -> str:
    return "–" if seconds is None else f"{1e3 * seconds:.1f} ms"
