"""The real console, worked by mouse and keyboard through one operator's morning.

    python -m tests.ui.driven_console SITE.toml RECORDS OUT LANGUAGE

Needs a screen, a running engine with user kim, and a passer-by's alarm and blind cameras in it. It leaves pictures of
the screen and the clip ``OUT/clip.mp4``, and ends with 0 where everything could be done.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import cast

from PyQt6.QtCore import QPointF, Qt, QTimer
from PyQt6.QtWidgets import QApplication, QDialog, QTreeWidgetItem

from safety.records import AlarmState, Situation
from tests.ui.hands import Hands
from ui.alarm_rows import AlarmRow, title_of
from ui.console import ConsoleOptions, _application, run_console
from ui.console_window import ConsoleWindow
from ui.dialogs import ShelveDialog
from ui.display import prepare_display
from ui.text import Language, say

USER, PASSWORD = "kim", "heron over water"
SHELVE_S, SHELVE_REASON = 8, "lamp is being changed"
ZONE, MOVED_M, SITE_COMMENT = "aisle", 1.0, "as painted on the floor"
VERDICT, VERDICT_COMMENT = "near_miss", "stepped back in time"
HAZARDS = (Situation.STRUCK_BY, Situation.SWING, Situation.FALL_ZONE)
"""Any of them is the passer-by: on a busy machine a picture more or less decides which comes first."""
_CTRL = Qt.KeyboardModifier.ControlModifier


class Morning:
    """One flow; every step waits for what a person would wait for."""

    def __init__(self, window: ConsoleWindow, out: Path, language: Language) -> None:
        self.window, self.hands, self.language = window, Hands(out / "shots"), language
        self.clip = out / "clip.mp4"

    def run(self) -> None:
        self.sign_in()
        self.acknowledge()
        shelved = self.shelve()
        self.edit_and_apply()
        self.review_and_export()
        self.see_it_return(shelved)
        self.leave()

    def sign_in(self) -> None:
        window, hands = self.window, self.hands
        hands.wait(lambda: window.model.headline(window._clock()).kind != "waiting", "live data")
        hands.look("started")
        bar = window.menuBar()
        assert bar is not None
        hands.choose(bar, window._menus["session"], window._actions["menu.sign_in"], "menu")
        hands.wait(lambda: window.session.dialog is not None and window.session.dialog.isVisible(), "the sign-in")
        hands.type(USER)
        hands.press(Qt.Key.Key_Tab)
        hands.type(PASSWORD)
        hands.look("sign-in")
        hands.press(Qt.Key.Key_Return)
        hands.wait(lambda: window.session.dialog is None, "being signed in")
        hands.wait(lambda: USER in window.session.text(), "the name in the corner")

    def acknowledge(self) -> None:
        """Wait for the passer-by, choose the alarm by mouse and acknowledge it by its key."""
        hands = self.hands
        hands.wait(lambda: self._row(*HAZARDS) is not None, "the passer-by's alarm")
        hands.look("alarm")
        alarm = self._choose(*HAZARDS)
        hands.press(Qt.Key.Key_A)
        target = say(self.language, "command.acknowledge", target=alarm)
        self._told(say(self.language, "command.confirmed", what=target))
        hands.look("acknowledged")

    def shelve(self) -> str:
        """Shelve a blind camera's alarm by button, with a time that is typed and a reason; its id."""
        window, hands = self.window, self.hands
        hands.wait(lambda: self._row(Situation.CAMERA_BLIND) is not None, "the cameras going blind")
        alarm = self._choose(Situation.CAMERA_BLIND)
        hands.click(window.alarms.buttons["shelve"])
        dialog = cast(ShelveDialog, self._dialog(ShelveDialog))
        hands.type(SHELVE_REASON)
        hands.click(dialog.time)
        hands.press(Qt.Key.Key_A, _CTRL)
        hands.type(str(SHELVE_S))
        hands.look("shelve")
        hands.click(dialog.confirm)
        target = say(self.language, "command.shelve", target=alarm)
        self._told(say(self.language, "command.confirmed", what=target))
        hands.wait(lambda: self._state(alarm) is AlarmState.SHELVED, "the alarm being shelved")
        hands.look("shelved")
        return alarm

    def edit_and_apply(self) -> None:
        """Choose the zone in the list, drag it on the plan, say why, apply."""
        window, hands, page = self.window, self.hands, self.window.site_page
        hands.press(Qt.Key.Key_F6)
        runs = say(self.language, "site.unchanged")
        hands.wait(lambda: page.status.text() == runs, "the engine's site")
        item = self._thing(ZONE)
        viewport = page.things.viewport()
        assert viewport is not None
        hands.click(viewport, page.things.visualItemRect(item).center())
        assert window.model.site_page.selected is not None
        row = window.model.site_page.draft.row(window.model.site_page.selected)
        assert row is not None
        points = cast(list[tuple[float, float]], row["polygon_m"])
        x_m = sum(x for x, _ in points) / len(points) + 1.3  # beside the grip in its middle
        y_m = sum(y for _, y in points) / len(points)
        start, end = page.plan.floor.to_px((x_m, y_m)), page.plan.floor.to_px((x_m, y_m + MOVED_M))
        assert start is not None
        assert end is not None
        hands.drag(page.plan, QPointF(start), QPointF(end))
        hands.click(page.comment)
        hands.type(SITE_COMMENT)
        hands.look("zone")
        hands.click(page.buttons["apply"])
        applied = say(self.language, "site.taken")
        hands.wait(lambda: page.status.text() == applied, "the engine's answer")
        hands.look("applied")

    def review_and_export(self) -> None:
        """The passer-by again: step by step, a verdict, and the clip as a file."""
        window, hands, page = self.window, self.hands, self.window.review
        hands.press(Qt.Key.Key_F3)
        wanted = [situation.value for situation in HAZARDS]
        hands.wait(lambda: any(r.alarm.situation in wanted for r in page._rows), "the past alarm")
        place = max(k for k, r in enumerate(page._rows) if r.alarm.situation in wanted)
        hands.choose_row(page.table, lambda: place)
        hands.wait(lambda: page.view is not None, "the clip")
        view = page.view
        assert view is not None
        hands.look("review")
        before_s = view.time_s
        for _ in range(3):
            hands.press(Qt.Key.Key_Right)
        assert view.time_s > before_s, "the arrow key steps on"
        hands.click(page.comment)
        hands.type(VERDICT_COMMENT)
        hands.click(page.buttons[VERDICT])
        saved = say(self.language, "review.saved")
        hands.wait(lambda: page.word.feedback.text() == saved, "the verdict being kept")
        hands.look("verdict")
        hands.click(page.take_out)
        hands.wait(lambda: window.past.export is not None and window.past.export.isVisible(), "the dialog")
        dialog = window.past.export
        assert dialog is not None
        hands.click(dialog.path)
        hands.press(Qt.Key.Key_A, _CTRL)
        hands.type(str(self.clip))
        hands.look("export")
        hands.click(dialog.write)
        done = say(self.language, "export.done", file=str(self.clip))
        hands.wait(lambda: dialog.word.feedback.text() == done, "the file being written", 120.0)
        hands.look("exported")
        hands.click(dialog.close_button)

    def see_it_return(self, shelved: str) -> None:
        hands = self.hands
        hands.press(Qt.Key.Key_F2)
        hands.wait(lambda: self._state(shelved) is AlarmState.UNACKNOWLEDGED, "the shelved alarm coming back")
        hands.look("returned")

    def leave(self) -> None:
        hands, window = self.hands, self.window
        hands.press(Qt.Key.Key_O, _CTRL)
        hands.wait(lambda: USER not in window.session.text(), "being signed out")
        hands.press(Qt.Key.Key_Q, _CTRL)

    # What stands on the screen

    def _row(self, *situations: Situation) -> AlarmRow | None:
        """The first of any of them in the list that waits for somebody."""
        titles = [title_of(situation, self.language) for situation in situations]
        return next((r for r in self.window.alarms._rows if r.situation in titles and r.can_acknowledge), None)

    def _choose(self, *situations: Situation) -> str:
        """An alarm of one of the situations, chosen in the list; its id."""
        alarms = self.window.alarms
        row = self._row(*situations)
        assert row is not None
        self.hands.choose_row(alarms.table, lambda: [r.id for r in alarms._rows].index(row.id))
        chosen = alarms.selected()
        assert chosen is not None
        assert chosen.id == row.id, f"{chosen.id} is chosen, not {row.id}"
        return row.id

    def _state(self, alarm: str) -> AlarmState | None:
        return next((r.state for r in self.window.alarms._rows if r.id == alarm), None)

    def _told(self, words: str) -> None:
        self.hands.wait(lambda: self.window.alarms.feedback.text() == words, repr(words))

    def _dialog(self, kind: type[QDialog]) -> QDialog:
        def shown() -> list[QDialog]:
            return [d for d in self.window.findChildren(kind) if d.isVisible()]

        self.hands.wait(shown, kind.__name__)
        return shown()[0]

    def _thing(self, name: str) -> QTreeWidgetItem:
        (found,) = self.window.site_page.things.findItems(name, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
        return found


def main() -> int:
    site, records, out = (Path(word) for word in sys.argv[1:4])
    language = cast(Language, sys.argv[4])
    failed: list[str] = []

    def drive() -> None:
        window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, ConsoleWindow))
        try:
            Morning(window, out, language).run()
        except BaseException:  # noqa: BLE001 - told below, after the window has closed in order
            failed.append(traceback.format_exc())
            window.close()

    prepare_display()
    _application()
    QTimer.singleShot(0, drive)
    code = run_console(site, options=ConsoleOptions(language=language, records=records, size_px=(1280, 800)))
    print("".join(failed), file=sys.stderr)
    return 1 if failed else code


if __name__ == "__main__":
    sys.exit(main())
