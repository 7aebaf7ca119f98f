"""A real Modbus TCP server as a process: ``modbus_server PORT [wired]``. Coils and discrete inputs 0 to 63, unit 1.

``wired``: each discrete input follows the coil of its number, as contacts that are read back do.
"""

from __future__ import annotations

import sys

from pymodbus.server import StartTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice


def bits() -> list[SimData]:
    return [SimData(0, count=64, values=False, datatype=DataType.BITS)]


def registers() -> list[SimData]:
    return [SimData(0, count=4, values=0, datatype=DataType.REGISTERS)]


def serve(port: int, *, wired: bool) -> None:
    """Serve on the loopback until the process ends."""
    if wired:
        device = SimDevice(id=1, simdata=registers(), use_bit_addressing=True)
    else:
        device = SimDevice(id=1, simdata=(bits(), bits(), registers(), registers()))
    StartTcpServer(context=device, address=("127.0.0.1", port))


if __name__ == "__main__":
    serve(int(sys.argv[1]), wired=sys.argv[2:] == ["wired"])
