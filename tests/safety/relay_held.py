"""A driver alone in a process, its contacts held closed, to be killed: ``relay_held.py TABLE_AS_JSON FOLDER``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from calibration.outputs import Relay
from safety.relay_drivers import DriverFault, open_driver

if __name__ == "__main__":
    table = Relay.model_validate(json.loads(sys.argv[1]))
    driver = open_driver(table, lambda: None, Path(sys.argv[2]))
    wanted = dict.fromkeys(table.outputs, True)
    told = False
    while True:
        driver.apply(wanted)
        try:
            if driver.read_back() == wanted and not told:
                told = True
                print("closed", flush=True)
        except DriverFault:
            pass
        time.sleep(0.01)
