"""Where do the weights of the project's own detector lie? (``tracking/weights``, with a model card.)"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "weights"
OPENVINO = FOLDER / "hoistwatch_openvino"
TORCH = FOLDER / "hoistwatch.pt"
CARD = FOLDER / "model_card.md"
