"""How are pictures kept flowing through a detector? Workers, bounded work in flight, order kept."""

from __future__ import annotations

import queue
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tracking.records import Box

Bgr = NDArray[np.uint8]
Boxes = tuple[Box, ...]
K = TypeVar("K", bound=Hashable)


class PooledDetector(ABC):
    """A detector whose pictures are worked on by a few threads at once.

    A worker scales, infers and decodes one picture; while one waits for the model, another scales.
    Every picture is inferred alone, so that its boxes do not hang on what else was in flight.
    ``names`` are the model's class names by id, ``sha256`` identifies its files.
    """

    def __init__(self, names: Mapping[int, str], sha256: str, workers: int) -> None:
        self.names = names
        self.sha256 = sha256
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="detector")
        self._slots = workers + 1
        self._live: deque[tuple[Hashable, Future[Boxes]]] = deque()

    @abstractmethod
    def _one(self, bgr: Bgr) -> Boxes:
        """Boxes of one picture; called by several threads at once."""

    def detect(self, images: Sequence[Bgr]) -> list[Boxes]:
        """Boxes of each BGR picture (height, width, 3), in the order given."""
        return [future.result() for future in [self._executor.submit(self._one, bgr) for bgr in images]]

    def submit(self, key: Hashable, bgr: Bgr) -> bool:
        """Start on a picture; False, and nothing done, while all slots are taken.

        For live use by one thread: whoever is refused comes back with a newer picture.
        """
        if len(self._live) >= self._slots:
            return False
        self._live.append((key, self._executor.submit(self._one, bgr)))
        return True

    def collect(self, timeout_s: float = 0.0) -> list[tuple[Hashable, Boxes]]:
        """What is done, in the order of submission; waits up to ``timeout_s`` for the oldest."""
        if self._live and timeout_s > 0.0:
            wait([self._live[0][1]], timeout_s)
        done = []
        while self._live and self._live[0][1].done():
            key, future = self._live.popleft()
            done.append((key, future.result()))
        return done

    def stream(self, items: Iterable[tuple[K, Bgr]]) -> Iterator[tuple[K, Boxes]]:
        """Boxes of many pictures, in order, a bounded number of them in flight.

        ``items`` is iterated on a thread of its own, so that decoding a video overlaps with the
        detector; what it raises is raised here after the boxes of all earlier pictures.
        """
        room = threading.Semaphore(self._slots + 1)
        begun: queue.SimpleQueue[tuple[K, Future[Boxes]] | None] = queue.SimpleQueue()
        closed = threading.Event()

        def feed() -> None:
            try:
                for key, bgr in items:
                    room.acquire()
                    if closed.is_set():
                        return
                    begun.put((key, self._executor.submit(self._one, bgr)))
            finally:
                begun.put(None)

        with ThreadPoolExecutor(1, thread_name_prefix="detector feed") as feeder:
            feeding = feeder.submit(feed)
            try:
                while (item := begun.get()) is not None:
                    key, future = item
                    boxes = future.result()
                    room.release()
                    yield key, boxes
                feeding.result()
            finally:
                closed.set()
                room.release()

    def close(self) -> None:
        """Free the workers; work in flight is finished, nothing more is accepted."""
        self._live.clear()
        self._executor.shutdown(wait=True, cancel_futures=True)
