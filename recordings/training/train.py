"""What is one training: its settings, its folder, its state on the disk, and what comes out of it?

OUT holds ``run.json`` (the settings, and the time used so far), ``run/`` (ultralytics' own folder with
its checkpoints), and, once the training has ended or was stopped, ``detector.pt``, ``detector_openvino``
and ``loss.csv``. Every file appears whole or not at all: a training that is killed at any instant goes
on from its last whole epoch.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from calibration.errors import BadInput, Unavailable
from recordings.atomic import atomic_text
from recordings.training.dataset import Dataset, data_yaml
from recordings.training.evaluate_detector import evaluate_detector
from recordings.training.levelling import best_thresholds
from recordings.training.progress import Progress
from tracking.detector_files import sha256_of
from tracking.records import Kind

RUN_FILE = "run.json"
DETECTOR_PT = "detector.pt"
DETECTOR_OPENVINO = "detector_openvino"
LOSS_CSV = "loss.csv"

_LAST_LOOK_SHARE = 0.15
_VALIDATION_CONFIDENCE = 0.02


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a training does. ``real_share`` is the share of real pictures in each epoch, where there are any.

    ``workers`` are processes that load pictures (0: the one that trains, which on a CPU is fastest),
    ``threads`` those of the arithmetic (0: one a core). ``blend`` is how much of the weights that are kept
    is from training, the rest from ``weights`` (see ``recordings.training.blend``).
    """

    data: str
    weights: str
    weights_sha256: str
    real: str | None = None
    real_share: float = 0.25
    epochs: int = 30
    size_px: int = 640
    batch: int = 16
    seed: int = 1
    freeze: int = 0
    rate: float = 1e-3
    mosaic: float = 0.5
    cache: bool = True
    workers: int = 0
    threads: int = 0
    blend: float = 1.0


class RunState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``run.json``: the settings of a training and how long it has been at work, all runs together.

    ``levels`` by kind: the threshold that was best before scores were levelled (``recordings.training.levelling``).
    """

    settings: Settings
    spent_s: float = 0.0
    finished: bool = False
    levels: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class Watched:
    """What a training is given from outside; see ``recordings.training.trainer.Watch``."""

    clock: Callable[[], float]
    stop_wanted: Callable[[], bool]
    told: Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What a training left behind. ``epochs_done`` counts whole and cut epochs of all runs together.

    ``levels`` by kind: the best threshold before scores were levelled, empty where they were not.
    """

    folder: Path
    weights: Path
    exported: Path
    loss_csv: Path
    settings: Settings
    epochs_done: int
    spent_s: float
    stopped: bool
    levels: dict[str, float]


def train(
    settings: Settings,
    out: Path,
    watched: Watched,
    *,
    resume: bool = False,
    blend: float | None = None,
    budget_s: float | None = None,
    dataset: Dataset,
    real: Dataset | None = None,
) -> TrainResult:
    """Train until the epochs or ``budget_s`` are used up, or a stop is wanted; then export.

    A new training expects ``out`` without one; ``resume`` goes on with the one there, by the settings it
    was begun with, but for ``blend`` where one is given. ``dataset`` and ``real`` are the folders that the
    settings name, read and checked.

    Raises:
        BadInput: an ``out`` that does not fit, or nothing to keep.
        Unavailable: weights that are missing, damaged or of another kind.
    """
    state = _begin(settings, out, resume)
    settings = state.settings
    _run(state, out, dataset, real, watched, budget_s)
    return finish(out, blend, stopped=watched.stop_wanted(), validation=dataset)


def settings_of(out: Path) -> Settings:
    """The settings of the training in ``out``. Raises BadInput where there is none."""
    return _read(out).settings


def new_settings(data: Path, weights: Path, **changes: Any) -> Settings:
    """Settings with whole paths and the hash of the weights. Raises Unavailable where they are missing."""
    if not weights.is_file():
        raise Unavailable(f"{weights}: there is no such file, expected YOLOv8n's .pt or that of an own detector")
    real = changes.pop("real", None)
    return Settings(
        data=str(data.resolve()),
        weights=str(weights.resolve()),
        weights_sha256=sha256_of(weights),
        real=None if real is None else str(Path(real).resolve()),
        **changes,
    )


def finish(
    out: Path,
    blend: float | None = None,
    *,
    stopped: bool = False,
    validation: Dataset | None = None,
) -> TrainResult:
    """Put the network of the best epoch, its export and the curve of the loss into ``out``.

    ``blend`` is another one than that of the settings, and then kept in them. On split val of ``validation``
    the scores are levelled: one threshold is then the best one for every kind.

    Raises:
        BadInput: no epoch has ended yet, so there is nothing to keep.
    """
    from tracking.torch_models import mend_torchvision, quiet_ultralytics

    state = _read(out)
    settings = state.settings if blend is None else msgspec.structs.replace(state.settings, blend=blend)
    checkpoint = _best(out)
    if checkpoint is None:
        raise BadInput(f"{out}: the training was stopped before its first epoch had ended, nothing is kept")
    quiet_ultralytics()
    mend_torchvision()
    exported = _exported(checkpoint, out, settings, {})
    levels: dict[Kind, float] = {}
    if validation is not None and validation.samples.get("val"):
        figures = evaluate_detector(validation, exported, "val", size_px=settings.size_px)
        levels = best_thresholds(figures)
        exported = _exported(checkpoint, out, settings, levels)
    epochs = _write_loss(out)
    kept = {str(kind): round(threshold, 4) for kind, threshold in levels.items()}
    _write(out, RunState(settings=settings, spent_s=state.spent_s, finished=not stopped, levels=kept))
    return TrainResult(out, out / DETECTOR_PT, exported, out / LOSS_CSV, settings, epochs, state.spent_s, stopped, kept)


def _exported(checkpoint: Path, out: Path, settings: Settings, levels: Mapping[Kind, float]) -> Path:
    """The network alone as ``detector.pt``, and its export, whose folder is returned."""
    from recordings.training.trainer import stripped
    from tracking.detector_export import export_openvino

    stripped(checkpoint, out / DETECTOR_PT, Path(settings.weights), settings.blend, levels)
    return export_openvino(out / DETECTOR_PT, out / DETECTOR_OPENVINO, settings.size_px, half=True)


def _begin(settings: Settings, out: Path, resume: bool) -> RunState:
    if resume:
        state = _read(out)
        if state.settings.data != settings.data:
            raise BadInput(f"{out}: was begun on {state.settings.data}, expected that folder and not {settings.data}")
        return state
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        what = "a training" if (out / RUN_FILE).is_file() else "something else"
        raise BadInput(f"{out}: holds {what} already, expected a new folder, or --resume to go on with a training")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{out}: cannot be made ({error.strerror})") from None
    state = RunState(settings=settings)
    _write(out, state)
    return state


def _run(
    state: RunState, out: Path, data: Dataset, real: Dataset | None, watched: Watched, budget_s: float | None
) -> None:
    settings = state.settings
    done = _epochs_done(out)
    if done >= settings.epochs or (budget_s is not None and done and state.spent_s >= budget_s):
        return
    from tracking.torch_models import load_yolo

    weights = Path(settings.weights)
    model = load_yolo(weights)
    if sha256_of(weights) != settings.weights_sha256:
        raise BadInput(f"{weights}: is another file than the one that the training was begun with")
    from recordings.training.transplant import transplanted

    transplanted(model.model)  # says at once where the weights do not fit
    import torch

    from recordings.training.augment import canvas_px
    from recordings.training.trainer import HoistTrainer, Watch

    listing = _listing(out, data, real, settings)
    size_px = canvas_px([sample.size_px for sample in data.samples["train"]], settings.size_px)
    last = out / "run" / "weights" / "last.pt"

    def spent(seconds: float) -> None:
        _write(out, RunState(settings=settings, spent_s=round(seconds, 1)))

    watch = Watch(watched.clock, watched.stop_wanted, watched.told, spent, budget_s, state.spent_s)
    cuda = torch.cuda.is_available()
    overrides = _arguments(settings, listing, out, cuda)
    if done:
        overrides["resume"] = str(last)
    threads = settings.threads or os.cpu_count() or 1
    trainer = HoistTrainer(
        overrides,
        size_px,
        watch,
        settings.epochs,
        planned_epochs=_planned(state, done, budget_s),
        workers=settings.workers,
        threads=threads,
    )
    # The library draws bars of its own on stdout.
    with contextlib.redirect_stdout(io.StringIO()):
        trainer.train()  # type: ignore[no-untyped-call]


def _planned(state: RunState, done: int, budget_s: float | None) -> int:
    """Epochs in all, by the pace of those that are done."""
    if budget_s is None or not done:
        return state.settings.epochs
    possible = done + int((budget_s - state.spent_s) / max(state.spent_s / done, 1e-9))
    return min(state.settings.epochs, max(done + 1, possible))


def _arguments(settings: Settings, listing: Path, out: Path, cuda: bool) -> dict[str, Any]:
    """Arguments of ultralytics' trainer.

    Chosen for cameras that hang still: no turning and no upside down, mirror images, light and colour
    that vary, scale from a half to one and a half. The last epochs see whole pictures without mosaic.
    """
    return {
        "task": "detect",
        "mode": "train",
        "model": settings.weights,
        "data": str(listing),
        "epochs": settings.epochs,
        "imgsz": settings.size_px,
        "batch": settings.batch,
        "nbs": settings.batch,
        "seed": settings.seed,
        "deterministic": True,
        "save_dir": str(out / "run"),
        "exist_ok": True,
        "device": "0" if cuda else "cpu",
        # On a CPU the trainer of this package chooses the arithmetic itself.
        "amp": "bf16" if cuda else False,
        "cache": "ram" if settings.cache else False,
        "optimizer": "AdamW",
        "lr0": settings.rate,
        "lrf": 0.02,
        "cos_lr": True,
        "warmup_epochs": 1.0,
        "warmup_bias_lr": 0.0,
        "weight_decay": 5e-4,
        "momentum": 0.9,
        "freeze": settings.freeze or None,
        "close_mosaic": max(1, round(settings.epochs * _LAST_LOOK_SHARE)),
        "mosaic": settings.mosaic,
        "mixup": 0.0,
        "degrees": 0.0,
        "translate": 0.1,
        "scale": 0.5,
        "fliplr": 0.5,
        "flipud": 0.0,
        "hsv_h": 0.015,
        "hsv_s": 0.6,
        "hsv_v": 0.4,
        "patience": 0,
        "plots": False,
        "val": True,
        "conf": _VALIDATION_CONFIDENCE,
        "iou": 0.6,
        "verbose": False,
    }


def _listing(out: Path, data: Dataset, real: Dataset | None, settings: Settings) -> Path:
    """A data.yaml in ``out`` over lists of files, real pictures repeated to their share of an epoch."""
    train = [sample.picture for sample in data.samples["train"]]
    if real is not None:
        mixed = [sample.picture for sample in real.samples["train"]]
        wanted = round(len(train) * settings.real_share / (1.0 - settings.real_share))
        train += [mixed[i * len(mixed) // wanted] for i in range(wanted)]
    val = [sample.picture for sample in data.samples["val"]]
    for name, pictures in (("train", train), ("val", val)):
        with atomic_text(out / f"{name}.txt") as stream:
            stream.writelines(f"{picture.resolve()}\n" for picture in pictures)
    listing = out / "data.yaml"
    text = data_yaml(()) + "train: train.txt\nval: val.txt\n"
    with atomic_text(listing) as stream:
        stream.write(f"path: {out.resolve()}\n{text}")
    return listing


def _best(out: Path) -> Path | None:
    folder = out / "run" / "weights"
    return next((folder / name for name in ("best.pt", "last.pt") if (folder / name).is_file()), None)


def _epochs_done(out: Path) -> int:
    """Epochs that the last checkpoint has behind it."""
    last = out / "run" / "weights" / "last.pt"
    if not last.is_file():
        return 0
    from tracking.torch_models import mend_torchvision, quiet_ultralytics

    quiet_ultralytics()
    mend_torchvision()
    from ultralytics.nn.tasks import load_checkpoint

    _, checkpoint = load_checkpoint(last)  # type: ignore[no-untyped-call]
    return int(checkpoint["epoch"]) + 1


def _write_loss(out: Path) -> int:
    """The curve of loss and validation by epoch; the number of epochs. A repeated epoch counts once."""
    rows: dict[int, dict[str, str]] = {}
    columns: Sequence[str] = ()
    with open(out / "run" / "results.csv", encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        columns = reader.fieldnames or ()
        for row in reader:
            rows[int(row["epoch"])] = row
    with atomic_text(out / LOSS_CSV) as text:
        writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows[number] for number in sorted(rows))
    return len(rows)


def _read(out: Path) -> RunState:
    path = out / RUN_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunState)
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file, expected the folder of a training that was begun") from None
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadInput(f"{path}: cannot be read ({error})") from None


def _write(out: Path, state: RunState) -> None:
    with atomic_text(out / RUN_FILE) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(state), indent=2).decode() + "\n")
