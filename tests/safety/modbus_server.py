"""The project's own Modbus TCP server as a process: ``modbus_server.py PORT [wired]``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from recordings.soak.modbus_server import bits, registers, serve

__all__ = ["bits", "registers", "serve"]

if __name__ == "__main__":
    serve(int(sys.argv[1]), wired=sys.argv[2:] == ["wired"])
