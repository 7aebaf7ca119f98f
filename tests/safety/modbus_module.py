"""A Modbus TCP module as a process: ``modbus_module.py PORT [watchdog] [stuck=FILE]``. Coils 0 to 63, unit 1.

``watchdog``: as in a module whose communication watchdog is set, all coils open once no command for several coils has
come for 0.25 s. ``stuck=FILE``: while the file says "on" or "off", coil 0 is that, whatever is commanded.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from pymodbus.client import ModbusTcpClient
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import WriteMultipleCoilsRequest
from pymodbus.server import StartTcpServer
from pymodbus.simulator import SimDevice

from recordings.soak.modbus_server import bits, registers

WATCHDOG_S = 0.25


class Module:
    """What stands between the wire and the coils."""

    def __init__(self, port: int, stuck: Path | None) -> None:
        self._port, self._stuck = port, stuck
        self._commanded_s = time.monotonic()

    def heard(self, sending: bool, pdu: ModbusPDU) -> ModbusPDU:
        if not sending and isinstance(pdu, WriteMultipleCoilsRequest):
            self._commanded_s = time.monotonic()
            if self._held() is not None and pdu.address == 0:
                pdu.bits = [self._held() == "on", *pdu.bits[1:]]
        return pdu

    def watch(self) -> None:
        """Open all coils, one by one, so that these commands are told from those of the node."""
        own = ModbusTcpClient("127.0.0.1", port=self._port, timeout=1.0)
        while True:
            time.sleep(0.005)
            if time.monotonic() - self._commanded_s > WATCHDOG_S and own.connect():
                for number in range(3):
                    own.write_coil(number, value=number == 0 and self._held() == "on", device_id=1)

    def _held(self) -> str | None:
        said = self._stuck.read_text() if self._stuck is not None and self._stuck.exists() else ""
        return said if said in ("on", "off") else None


def main() -> None:
    port, *options = sys.argv[1:]
    stuck = next((Path(o.removeprefix("stuck=")) for o in options if o.startswith("stuck=")), None)
    module = Module(int(port), stuck)
    device = SimDevice(id=1, simdata=(bits(), bits(), registers(), registers()))
    if "watchdog" in options:
        threading.Thread(target=module.watch, daemon=True).start()
    StartTcpServer(context=device, address=("127.0.0.1", int(port)), trace_pdu=module.heard)


if __name__ == "__main__":
    main()
