"""What several tests of this folder share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from safety.bus import EngineBus
from tests.safety.bus_hall import Hall
from tests.safety.bus_helpers import LOOPBACK, make_site_keys


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    keys = make_site_keys(tmp_path)
    refused: list[tuple[str, str, str]] = []
    bus = EngineBus(LOOPBACK, keys, lambda *row: refused.append(row))
    hall = Hall(bus, keys, refused)
    yield hall
    for peer in hall.clients:
        peer.close()
    bus.close()
