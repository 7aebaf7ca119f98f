"""What commands share: an interrupt reaches whoever works, even where Python drops it."""

from __future__ import annotations

import signal

import pytest

from ui.cli_common import progress_bar


class Finalised:
    """Somebody presses Ctrl-C in the very moment in which this is finalised."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def works(told: list[str], *, dropped: bool) -> None:
    with progress_bar("work") as bar:
        bar(0.1)
        if dropped:
            Finalised()
        else:
            signal.raise_signal(signal.SIGINT)
        told.append("after the interrupt")
        bar(0.2)
        told.append("more work")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("dropped", "done"), [(True, ["after the interrupt"]), (False, [])])
def test_an_interrupt_that_python_drops_ends_the_work_at_the_next_share(dropped: bool, done: list[str]) -> None:
    told: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        works(told, dropped=dropped)
    assert told == done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
