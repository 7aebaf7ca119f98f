"""How does ultralytics train here: half the time on a processor, and stoppable at any instant?

Its own trainer does the work. Changed are only the start (class rows are transplanted), the shape of the
input, the arithmetic on a CPU (bfloat16, which the library offers on CUDA alone), and how checkpoints
come onto the disk. Call ``quiet_ultralytics`` before this module is imported.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ultralytics.models.yolo.detect.train import DetectionTrainer
from ultralytics.utils.loss import v8DetectionLoss

from recordings.training.augment import WideDataset
from recordings.training.blend import blended
from recordings.training.levelling import levelled
from recordings.training.progress import Progress
from recordings.training.transplant import transplanted
from tracking.records import Kind
from tracking.torch_models import load_yolo


@dataclass(frozen=True, slots=True)
class Watch:
    """What the outside gives to a training: a clock in seconds, a wish to stop, and who is told.

    ``budget_s`` is how long the training may take in all, None for as long as it needs; ``spent_s`` how
    much of it earlier, interrupted runs have used.
    """

    clock: Callable[[], float]
    stop_wanted: Callable[[], bool]
    told: Callable[[Progress], None]
    spent: Callable[[float], None]
    budget_s: float | None = None
    spent_s: float = 0.0


class SinglePrecisionLoss(v8DetectionLoss):
    """The detection loss in 32 bits whatever the network was computed in.

    bfloat16 has 8 bits: at the right edge of a 640 px picture that is a step of 4 px, worse than the
    boxes are to be.
    """

    def __call__(self, preds: Any, batch: Any) -> Any:
        outputs = self.parse_output(preds)
        with torch.autocast(self.device.type, enabled=False):
            single: dict[str, Any] = {
                "boxes": outputs["boxes"].float(),
                "scores": outputs["scores"].float(),
                # Only the shapes of the feature maps are asked for.
                "feats": [level[:, :1].float() for level in outputs["feats"]],
            }
            return super().__call__(single, batch)


class HoistTrainer(DetectionTrainer):
    """ultralytics' trainer for the project's own detector; ``size_px`` is (width, height) of its input."""

    def __init__(
        self,
        overrides: dict[str, Any],
        size_px: tuple[int, int],
        watch: Watch,
        most_epochs: int,
        *,
        planned_epochs: int,
        workers: int,
        threads: int,
    ) -> None:
        self._size_px = size_px
        self._watch = watch
        self._most_epochs = most_epochs
        self._threads = threads
        self._began_s = self._epoch_began_s = watch.clock()
        self._done_epochs = self._batch = 0
        super().__init__(overrides=overrides)
        self.args.workers = workers
        # A checkpoint remembers how many epochs the time then left was enough for.
        self.epochs = self.args.epochs = planned_epochs
        for event, answer in (
            ("on_train_start", self._on_start),
            ("on_train_epoch_start", self._on_epoch_start),
            ("on_train_batch_end", self._on_batch_end),
            ("on_fit_epoch_end", self._on_epoch_end),
        ):
            self.add_callback(event, answer)

    def setup_model(self) -> Any:
        """The network with transplanted class rows, in the memory order that the CPU is fastest with."""
        checkpoint = super().setup_model()  # type: ignore[no-untyped-call]
        self.model = self._network.to(memory_format=torch.channels_last)
        return checkpoint

    def get_model(self, cfg: Any = None, weights: Any = None, verbose: bool = True) -> Any:
        """The given network itself, rather than a new one that takes over what fits."""
        return transplanted(weights)

    def build_dataset(self, img_path: Any, mode: str = "train", batch: int | None = None) -> Any:
        """Training pictures in the shape of ``size_px``; the others as the library does."""
        if mode != "train":
            return super().build_dataset(img_path, mode, batch)
        return WideDataset(
            img_path=img_path,
            imgsz=self.args.imgsz,
            batch_size=batch,
            augment=True,
            hyp=self.args,
            cache=self.args.cache or None,
            data=self.data,
            task=self.args.task,
            size_px=self._size_px,
        )

    def preprocess_batch(self, batch: Any) -> Any:
        """As the library, and from here to the end of the forward pass in bfloat16 where that is faster.

        The library has opened an autocast region that is switched off on a CPU. Whatever is set inside
        it ends with it.
        """
        batch = super().preprocess_batch(batch)
        batch["img"] = batch["img"].contiguous(memory_format=torch.channels_last)
        if self.device.type == "cpu" and fast_bfloat16():
            torch.set_autocast_dtype("cpu", torch.bfloat16)
            torch.set_autocast_enabled("cpu", True)
        return batch

    def save_model(self) -> Any:
        """Checkpoints that are on the disk whole, or as they were before."""
        places = self.last, self.best
        self.last, self.best = (place.with_name(f".{place.name}.part") for place in places)
        try:
            saved = super().save_model()  # type: ignore[no-untyped-call]
            written = self.last, self.best
        finally:
            self.last, self.best = places
        # The best first: a last checkpoint that knows of a better one must find it.
        for temporary, place in zip(reversed(written), reversed(places), strict=True):
            if temporary.exists():
                with temporary.open("rb+") as stream:
                    os.fsync(stream.fileno())
                os.replace(temporary, place)
        return saved

    def final_eval(self) -> None:
        """Nothing: the figures come from the product's own detector, and checkpoints stay resumable."""

    @property
    def _network(self) -> Any:
        # The library says of its attribute that it may be a path too; it is so until setup_model.
        return self.model

    def _used_s(self) -> float:
        return self._watch.spent_s + self._watch.clock() - self._began_s

    def _left_s(self) -> float | None:
        """Seconds until the epochs or the time are used up; None where nothing is known yet."""
        guesses = []
        if self._watch.budget_s is not None:
            guesses.append(self._watch.budget_s - self._used_s())
        if self._done_epochs:
            each_s = (self._epoch_began_s - self._began_s) / self._done_epochs
            guesses.append(each_s * (self.epochs - self.epoch) - (self._watch.clock() - self._epoch_began_s))
        return max(0.0, min(guesses)) if guesses else None

    def _on_start(self, _: Any) -> None:
        self._network.criterion = SinglePrecisionLoss(self._network)
        # The library leaves one core free, which of two is half.
        torch.set_num_threads(self._threads)
        # Determinism also fills every new tensor before it is written, at a third of the whole time.
        setattr(torch.utils.deterministic, "fill_uninitialized_memory", False)  # noqa: B010 - no type stub names it
        self._began_s = self._epoch_began_s = self._watch.clock()

    def _on_epoch_start(self, _: Any) -> None:
        # Each epoch has its own seed, so that a resumed training draws what an unbroken one would have.
        seed = self.args.seed * 100_003 + self.epoch
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.manual_seed(seed)
        self.train_loader.generator.manual_seed(seed)
        self._batch = 0

    def _on_batch_end(self, _: Any) -> None:
        self._batch += 1
        loss = float(sum(self.tloss.values())) if self.tloss else 0.0
        self._watch.told(
            Progress(self.epoch + 1, self.epochs, self._batch, len(self.train_loader), loss, self._left_s())
        )
        over = self._watch.budget_s is not None and self._used_s() >= self._watch.budget_s
        if over or self._watch.stop_wanted():
            self.stop = True

    def _on_epoch_end(self, _: Any) -> None:
        self._done_epochs += 1
        self._epoch_began_s = self._watch.clock()
        self._watch.spent(self._used_s())
        if self._watch.budget_s is None or self.stop:
            return
        # The learning rate is to have fallen when the time is over, neither before nor after.
        each_s = (self._epoch_began_s - self._began_s) / self._done_epochs
        possible = self.epoch + 1 + int((self._watch.budget_s - self._used_s()) / each_s)
        epochs = min(possible, self._most_epochs)
        if epochs <= self.epoch + 1:
            self.stop = True
        elif epochs != self.epochs:
            self.epochs = self.args.epochs = epochs
            self._setup_scheduler()  # type: ignore[no-untyped-call]
            scheduler: Any = self.scheduler
            scheduler.last_epoch = self.epoch


def fast_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware; in software it is slower than single precision."""
    known = torch.cpu.get_capabilities()
    return bool(known.get("avx512_bf16") or known.get("amx_bf16") or known.get("bf16"))


def stripped(
    checkpoint: Path, out: Path, original: Path, share: float = 1.0, levels: Mapping[Kind, float] | None = None
) -> None:
    """The network of a checkpoint alone, in 16 bits, as ``out``: whole or not at all.

    ``share`` of its weights is its own and the rest that of ``original``; see ``recordings.training.blend``.
    ``levels`` are the best thresholds by which its scores are levelled; see ``recordings.training.levelling``.
    """
    from ultralytics.nn.tasks import load_checkpoint

    model, _ = load_checkpoint(checkpoint)  # type: ignore[no-untyped-call]
    model.criterion = None
    if share < 1.0:
        model = blended(load_yolo(original).model, model, share)
    model = levelled(model.float(), levels or {})
    model = model.half().requires_grad_(False)
    temporary = out.with_name(f".{out.name}.part")
    torch.save({"model": model, "train_args": dict(model.args)}, temporary)
    os.replace(temporary, out)
