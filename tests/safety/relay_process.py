"""A relay node as a process: ``relay_process.py SITE_FILE NODE``; what the command line's ``relay`` does."""

from __future__ import annotations

import sys
from pathlib import Path

from calibration.errors import BadInput
from safety.relay_service import run_relay

if __name__ == "__main__":
    try:
        run_relay(Path(sys.argv[1]), sys.argv[2])
    except BadInput as error:
        print(error, file=sys.stderr)
        sys.exit(2)
