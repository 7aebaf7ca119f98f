"""A detect node as a process of its own: cameras and a detector on another machine, found things to the engine.

It runs what the engine runs for its own cameras, and sends instead of deciding. Its stamps are its own clock's; it
answers the engine's questions for the time, and never corrects anything itself.
"""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from calibration.errors import BadInput, HoistwatchError
from calibration.site import Site
from calibration.site_file import load_site
from recordings.live import live_detector
from recordings.live_sources import CameraSource, LiveSource
from safety.bus_client import BusClient
from safety.detect_records import AskTime, Detected, DetectedPicture, DetectStatus, Seen
from safety.heartbeat import Heartbeat
from safety.keys import key_folder
from safety.records import Picture, Snapshot
from tracking.picture_memory import keep_memory_steady
from tracking.records import Input

Bgr = NDArray[np.uint8]
STATUS_PERIOD_S = 0.2
_RECEIVE_S = 0.05


def run_detect_node(site_path: Path, name: str, stop: threading.Event, log: Callable[[str], None]) -> None:
    """Run one detect node until ``stop`` is set.

    Args:
        site_path: this machine's copy of the site file; videos, weights and keys are found from it.
        name: the node, as ``[[camera]] node`` of that file.
        stop: ends it.
        log: gets one line on each change of state.

    Raises:
        BadInput: site file, name, keys or a camera's source unfit.
        Unavailable: weights are missing, or the engine's host name does not resolve.
        HoistwatchError: the cameras' thread broke.
    """
    keep_memory_steady()
    site = load_site(site_path)
    own = site.seen_from(name)
    if not own.camera:
        known = ", ".join(repr(node) for node in site.detect_nodes) or "none"
        raise BadInput(f"{site_path}: camera: none has node {name!r}, expected one of this file's: {known}")
    if absent := [camera.name for camera in own.camera if camera.source is None]:
        raise BadInput(
            f"{site_path}: camera {absent[0]!r}: source is absent, expected what node {name!r} reads it from"
        )
    client = BusClient.of_site(site.bus, key_folder(site, site_path), "detector", name, topics=("Snapshot",))
    try:
        base = site_path.resolve().parent
        source = CameraSource(own, base, live_detector(own, base))
        node = DetectNode(own, name, client, source, log)
        try:
            while not stop.is_set():
                node.step()
        finally:
            source.stop()
    finally:
        client.close()


class DetectNode:
    """Cameras to bus. ``step`` is for one thread; ``put`` and ``show`` are called by the source's.

    Args:
        site: with the cameras of this node alone.
        name: the node's.
        client: to the engine, with the node's key.
        source: started here, stopped by the caller.
        log: gets one line on each change of state.
    """

    def __init__(
        self, site: Site, name: str, client: BusClient, source: LiveSource, log: Callable[[str], None]
    ) -> None:
        self._name, self._client, self._source, self._log = name, client, source, log
        self._cameras = {camera.name: camera.size_px for camera in site.camera}
        self._boot = uuid.uuid4().hex
        self._status, self._items = itertools.count(), itertools.count()
        self._asked_ns = self._received_ns = 0
        self._told_s = -1e9
        self._line = ""
        self._heart = Heartbeat()
        source.start(self)

    def step(self) -> None:
        """Answer the engine, report, and say what changed; waits a twentieth of a second at most."""
        for message in self._client.receive(_RECEIVE_S):
            now_s = time.monotonic()
            if isinstance(message, AskTime):
                self._asked_ns, self._received_ns = message.asked_ns, time.monotonic_ns()
                self._report()
            elif isinstance(message, Snapshot):
                # Its own stamp is of the engine's clock; how old it is here counts from its arrival.
                self._source.attend(msgspec.structs.replace(message, time_s=now_s))
        if time.monotonic() - self._told_s >= STATUS_PERIOD_S:
            self._report()
        self._heart.beat()
        self._say()
        if (fault := self._source.fault) is not None:
            if isinstance(fault, HoistwatchError):
                raise fault
            raise HoistwatchError(f"the cameras' thread ended with a fault: {fault!r}") from fault

    # What the source calls.

    def put(self, item: Input) -> None:
        assert isinstance(item, Seen)
        sent_ns = time.monotonic_ns()
        self._client.send(Detected(node=self._name, boot=self._boot, seq=next(self._items), sent_ns=sent_ns, item=item))

    def show(self, picture: Picture) -> None:
        self._client.send(
            DetectedPicture(
                node=self._name,
                boot=self._boot,
                seq=next(self._items),
                camera=picture.camera,
                time_s=picture.time_s,
                scale=picture.scale,
                jpeg=picture.jpeg,
            )
        )

    def keep(self, camera: str, time_s: float, bgr: Bgr) -> None:
        """Full pictures stay on this machine."""

    def _report(self) -> None:
        self._told_s = time.monotonic()
        self._client.send(
            DetectStatus(
                node=self._name,
                boot=self._boot,
                seq=next(self._status),
                asked_ns=self._asked_ns,
                received_ns=self._received_ns,
                sent_ns=time.monotonic_ns(),
                wall_s=time.time(),
                cameras=self._cameras,
            )
        )

    def _say(self) -> None:
        line = f"detect node {self._name}: {self._client.state} {self._client.reason}".rstrip()
        if line != self._line:
            self._line = line
            self._log(line)
