"""An I/O module behind a broker, as a process: ``mqtt_module.py PORT TOPIC [USER PASSWORD CA_FILE]``.

It does what safety/relay_mqtt.py asks of a module. Its contacts are printed, with the monotonic time, at each
change. Lines on stdin: ``stick`` holds the contacts as they are, ``mute`` tells nothing any more.
"""

from __future__ import annotations

import json
import sys
import threading
import time

import paho.mqtt.client as paho

PORT, TOPIC = int(sys.argv[1]), sys.argv[2]


class Module:
    def __init__(self) -> None:
        self.contacts: dict[str, bool] = {}
        self.run, self.seq = "", -1
        self.until_s = 0.0
        self.stuck = self.mute = False
        self.lock = threading.Lock()

    def take(self, client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        command = json.loads(message.payload)
        with self.lock:
            wanted = command["contacts"]
            if any(wanted.values()):
                if command["run"] == self.run and command["seq"] <= self.seq:
                    return
                self.until_s = time.monotonic() + command["valid_ms"] / 1e3
            self.run, self.seq = command["run"], command["seq"]
            self.move(wanted)
        self.tell(client)

    def move(self, wanted: dict[str, bool]) -> None:
        if wanted != self.contacts and not self.stuck:
            self.contacts = wanted
            print(f"{time.monotonic():.4f} {json.dumps(wanted)}", flush=True)

    def watch(self, client: paho.Client) -> None:
        """Silence is a stop here too."""
        while True:
            time.sleep(0.01)
            with self.lock:
                if any(self.contacts.values()) and time.monotonic() > self.until_s:
                    self.move(dict.fromkeys(self.contacts, False))

    def tell(self, client: paho.Client) -> None:
        if not self.mute:
            state = {"contacts": self.contacts, "run": self.run, "seq": self.seq}
            client.publish(f"{TOPIC}/state", json.dumps(state), qos=1, retain=True)


if __name__ == "__main__":
    module = Module()
    broker = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="module")
    if len(sys.argv) > 3:
        broker.username_pw_set(sys.argv[3], sys.argv[4])
        broker.tls_set(ca_certs=sys.argv[5])
    broker.on_message = module.take
    broker.on_connect = lambda client, *_: client.subscribe(f"{TOPIC}/set", qos=1)
    broker.reconnect_delay_set(1, 1)
    broker.connect("localhost", PORT, keepalive=5)
    broker.loop_start()
    print("ready", flush=True)
    threading.Thread(target=module.watch, args=(broker,), daemon=True).start()
    for line in sys.stdin:
        setattr(module, {"stick": "stuck", "mute": "mute"}[line.strip()], True)
