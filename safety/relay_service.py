"""The relay node as a process of its own: site file and keys in, then one loop until it is told to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from calibration.errors import BadInput
from calibration.outputs import Relay
from calibration.site import Site
from calibration.site_file import load_site
from safety.bus_client import BusClient
from safety.heartbeat import Heartbeat
from safety.keys import key_folder
from safety.relay_drivers import open_driver, when_gone
from safety.relay_node import RelayNode
from safety.stderr import to_stderr


def run_relay(
    site_path: Path, node_name: str, stop_event: threading.Event | None = None, log: Callable[[str], None] | None = None
) -> None:
    """Run one relay node until ``stop_event`` is set or SIGTERM or SIGINT arrives. Contacts are open before and after.

    Args:
        site_path: the site file; the key folder is found from it.
        node_name: a ``[[relay]]`` of that file.
        stop_event: ends the loop; in the main thread signals end it too.
        log: gets one line on each change of state, by default stderr.

    Raises:
        BadInput: site file, node name, keys or driver unfit.
        Unavailable: the engine's host name does not resolve.
    """
    site = load_site(site_path)
    relay = _relay_named(site, site_path, node_name)
    stop = stop_event or threading.Event()
    client = BusClient.of_site(site.bus, key_folder(site, site_path), "relay", node_name, conflate=False)
    try:
        driver = open_driver(relay, client.wake, site_path.resolve().parent)
    except BadInput as error:
        client.close()
        raise BadInput(f"{site_path}: {error}") from None
    if warning := when_gone(relay):
        (log or to_stderr)(f"relay {relay.name}: {warning}")
    restore = end_on_signals(stop)
    policy = site.policy
    node = RelayNode(relay, client, driver, policy.permit_validity_s, log or to_stderr, policy.bypass_max_s)
    heart = Heartbeat()
    try:
        while not stop.is_set():
            node.step()
            heart.beat()
    finally:
        node.close()
        restore()


def _relay_named(site: Site, site_path: Path, name: str) -> Relay:
    for relay in site.relay:
        if relay.name == name:
            return relay
    known = ", ".join(repr(relay.name) for relay in site.relay) or "none"
    raise BadInput(f"{site_path}: relay: no node {name!r}, expected one of this file's: {known}")


def end_on_signals(stop: threading.Event) -> Callable[[], None]:
    """Let SIGTERM and SIGINT set ``stop``; returns what puts the former handlers back."""
    if threading.current_thread() is not threading.main_thread():
        return lambda: None

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    former = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        for number, handler in former.items():
            signal.signal(number, handler)

    return restore
