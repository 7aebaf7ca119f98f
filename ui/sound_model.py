"""Annunciators in words: what sounds, whether it would be heard, and when that was last tested."""

from __future__ import annotations

from typing import Literal

from safety.annunciator.records import AnnunciatorView
from ui.text import Language, duration, fault_words, milliseconds, say


def sound_words(view: AnnunciatorView, now_s: float, language: Language) -> tuple[str, Literal["good", "bad"], str]:
    """Value, mark and tip of one annunciator's card. ``now_s`` is the engine's time."""
    tips = []
    if view.tested_s is None or not view.test:
        tips.append(say(language, "sound.untested"))
    else:
        passed = sum(check.passed for check in view.test)
        age = duration(language, max(0.0, now_s - view.tested_s))
        tips.append(say(language, "sound.tested", age=age, passed=passed, all=len(view.test)))
        tips += [f"{check.what}: {check.text}" for check in view.test if not check.passed]
    if view.latency_s is not None:
        tips.append(say(language, "sound.latency", latency=milliseconds(language, view.latency_s)))
    tip = "\n".join(tips)
    if not view.connected:
        return say(language, "sound.gone"), "bad", tip
    if view.fault:
        return say(language, "sound.bad", fault=fault_words(language, view.fault)), "bad", tip
    if view.testing:
        return say(language, "sound.testing"), "good", tip
    known = view.tone in ("attention", "warning", "danger", "fault")
    return say(language, f"tone.{view.tone}" if known else "sound.silent"), "good", tip
