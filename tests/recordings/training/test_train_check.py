"""Slow, so left to ``make test-slow``: drawn hooks, loads and trolleys are learnt, a hall of one's own too."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import pytest

from calibration.site_file import site_text
from recordings.training.dataset import read_dataset
from recordings.training.evaluate_detector import evaluate_detector
from recordings.training.site_labels import SiteRules
from recordings.training.site_train import compare_on_held_back, label_site, site_dataset
from recordings.training.train import Watched, new_settings, train
from tests.recordings.training.drawn import drawn_folder
from tests.recordings.training.site_scene import record_scene, scene_site
from tests.shared_data import shared

pytestmark = pytest.mark.slow

WATCHED = Watched(monotonic, lambda: False, lambda progress: None)


@pytest.fixture(autouse=True)
def cache(model_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOISTWATCH_CACHE", str(model_cache))


def test_drawn_things_are_learnt(tmp_path: Path) -> None:
    weights = shared("data/weights/yolov8n.pt")
    folder = drawn_folder(tmp_path / "data", {"train": 160, "val": 16, "test": 32})
    dataset = read_dataset(folder)
    settings = new_settings(folder, weights, epochs=30, size_px=160, batch=8)
    result = train(settings, tmp_path / "out", WATCHED, dataset=dataset)
    figures = evaluate_detector(dataset, result.exported, "test", size_px=160)
    for kind in ("hook", "load", "trolley", "person"):
        row = figures.of(kind)
        assert row is not None
        assert row.ap50 is not None
        assert row.ap50 > 0.8, (kind, row)


def test_a_site_is_better_after_than_before(tmp_path: Path) -> None:
    weights = shared("data/weights/yolov8n.pt")
    site = scene_site()
    (tmp_path / "site.toml").write_text(site_text(site))
    recording = record_scene(tmp_path / "shift.mcap", site, seconds=240.0)
    rules = SiteRules(apart_s=1.0, loads="always")
    label_site(tmp_path / "site.toml", [recording], tmp_path / "out", weights, rules, size_px=320)
    dataset = site_dataset(tmp_path / "out", None)
    settings = new_settings(dataset.folder, weights, epochs=10, size_px=320, batch=8)
    result = train(settings, tmp_path / "out" / "training", WATCHED, dataset=dataset)
    both = compare_on_held_back(result, dataset, tmp_path / "out")
    for kind in ("hook", "load", "trolley"):
        before, after = both.before.of(kind), both.after.of(kind)
        assert before is not None
        assert after is not None
        assert (after.ap50 or 0.0) > max(0.8, before.ap50 or 0.0), (kind, before, after)
    assert "| hook |" in both.table.read_text()
