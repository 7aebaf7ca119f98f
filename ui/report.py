"""What ``hoistwatch report`` does: replay a recording, and write the page about it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from calibration.site_file import load_site
from recordings.report import write_report
from recordings.store import Recording
from ui.cli_common import progress_bar


def run_report(recording: Path, out: Path, site: Path | None, language: Literal["en", "ko"] | None) -> Path:
    """Write ``report.html`` into ``out`` and return its path. Raises BadInput as replay does."""
    opened = Recording(recording)
    judged = None if site is None else load_site(site)
    with progress_bar("report") as bar:
        return write_report(opened, out, language=language, site=judged, progress=bar)
