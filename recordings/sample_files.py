"""Which sample recordings come with the product, and where they lie.

Each is made by ``make samples`` from the scenario of its name (``recordings/scenarios/sample-NAME.toml``):
rendered pictures of every camera, telemetry, boxes as a detector would give them, and the truth.
"""

from __future__ import annotations

from pathlib import Path

from calibration.errors import BadInput

SAMPLES = ("normal-shift", "passer-by", "swing", "crush", "failing-camera")
"""Names in the order in which the demonstration shows them."""
FOLDER = Path(__file__).parent / "samples"


def sample_path(name: str = "passer-by") -> Path:
    """The sample recording of that name. Raises BadInput where there is no such sample, or it is not installed."""
    if name not in SAMPLES:
        raise BadInput(f"{name}: no such sample recording, expected one of {', '.join(SAMPLES)}")
    path = FOLDER / f"{name}.mcap"
    if not path.is_file():
        raise BadInput(f"{path}: sample recording is missing, expected it to be installed with the package")
    return path
