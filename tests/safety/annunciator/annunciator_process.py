"""An annunciator as a process: ``annunciator_process.py SITE_FILE NAME``; what the command line does."""

from __future__ import annotations

import sys
from pathlib import Path

from calibration.errors import BadInput
from safety.annunciator.service import run_annunciator

if __name__ == "__main__":
    try:
        run_annunciator(Path(sys.argv[1]), sys.argv[2])
    except BadInput as error:
        print(error, file=sys.stderr)
        sys.exit(2)
