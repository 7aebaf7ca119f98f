"""The choice between this hall, all halls of the group, and one of them."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtWidgets import QComboBox, QWidget

from ui.text import Language, say

THIS, ALL = 0, 1


class HallBox(QComboBox):
    """``hall`` is the name of one of the group's halls; ``all_halls`` says that all of them are chosen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.addItems(["", ""])

    @property
    def all_halls(self) -> bool:
        return self.currentIndex() == ALL

    @property
    def hall(self) -> str | None:
        return self.currentText() if self.currentIndex() > ALL else None

    def show_halls(self, names: Sequence[str]) -> None:
        """Offer these; what is chosen stays chosen where it is still there."""
        if names == [self.itemText(k) for k in range(ALL + 1, self.count())]:
            return
        index, chosen = self.currentIndex(), self.hall
        blocked = self.blockSignals(True)
        while self.count() > ALL + 1:
            self.removeItem(self.count() - 1)
        self.addItems(list(names))
        found = list(names).index(chosen) + ALL + 1 if chosen in names else THIS
        self.setCurrentIndex(found if index > ALL else index)
        self.blockSignals(blocked)

    def retranslate(self, language: Language) -> None:
        self.setItemText(THIS, say(language, "group.this"))
        self.setItemText(ALL, say(language, "group.all"))
