"""A real Modbus RTU server as a process, on one end of a serial cable: prints the other end's device file."""

from __future__ import annotations

from pymodbus.server import StartSerialServer
from pymodbus.simulator import SimDevice

from recordings.soak.modbus_server import bits, registers
from tests.safety.pty_pair import pty_pair

if __name__ == "__main__":
    device = SimDevice(id=1, simdata=(bits(), bits(), registers(), registers()))
    ours, theirs = pty_pair()
    print(theirs, flush=True)
    StartSerialServer(
        context=device, port=ours, baudrate=19200, parity="N", stopbits=1
    )  # a pseudo-terminal has no parity
