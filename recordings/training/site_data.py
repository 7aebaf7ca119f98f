"""A training folder from a customer's recordings, and the same folder again after a person has corrected it.

The pictures are split by time, never at random: the last part of all is held back to compare before and
after, the part before it chooses the best epoch, the rest is trained on. Labels are written twice, in the
text form of YOLO and as CVAT's XML; whichever of them a person corrects is read back.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from calibration.errors import BadInput
from calibration.site import Site
from recordings.store import Recording
from recordings.training.cvat import CVAT_FILE, read_cvat, write_cvat
from recordings.training.dataset import SPLITS, Dataset, Sample, data_yaml, picture_size_px, read_dataset, yolo_text
from recordings.training.site_labels import Counts, SiteRules, site_shots
from tracking.detector import Detector

TEST_SHARE = 0.2
VAL_SHARE = 0.1
LEAST_PICTURES = 10
JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True)
class SiteData:
    """What was made of recordings."""

    folder: Path
    counts: Counts


def make_site_data(
    site: Site,
    recordings: Sequence[Path],
    detector: Detector,
    out: Path,
    rules: SiteRules,
    told: Callable[[int], None] = lambda pictures: None,
) -> SiteData:
    """Label pictures of recordings and write them as training folder ``out``: all of it, or nothing.

    Recordings count as one after the other, in the order of their names' times of day.

    Raises:
        BadInput: a recording that cannot be read or has no video of the site's cameras, or too few
            pictures in which the place of a hook is known.
    """
    if not site.hoist or not site.camera:
        raise BadInput("the site has no [[hoist]] or no [[camera]], expected both to label hooks in pictures")
    opened = [Recording(path) for path in recordings]
    names = {table.name for table in site.camera}
    for recording in opened:
        if not names & set(recording.info.video_cameras):
            raise BadInput(f"{recording.path}: holds no video of the cameras {', '.join(sorted(names))}")
    opened.sort(key=lambda recording: (recording.info.wall_offset_s + recording.info.start_s, str(recording.path)))
    counts = Counts()
    with _folder(out) as made:
        taken = _take(site, opened, detector, rules, counts, made, told)
        if len(taken) < LEAST_PICTURES:
            raise BadInput(f"{out}: {_too_few(counts)}")
        samples = _split(made, taken)
        _write_labels(made, samples)
    return SiteData(out, counts)


def corrected(folder: Path, out: Path) -> Dataset:
    """The training folder that a person has corrected.

    A CVAT file in ``folder`` counts for more than label files, if it is newer than all of them or they are
    gone; its pictures are those below ``images``, and the result is written to ``out``. Otherwise
    ``folder`` is a training folder and stays as it is.

    Raises:
        BadInput: naming file and line, or picture; nothing then stands at ``out``.
    """
    cvat = folder / CVAT_FILE
    texts = [p for split in SPLITS for p in (folder / "labels" / split).glob("*.txt")]
    if not cvat.is_file() or (texts and max(p.stat().st_mtime_ns for p in texts) > cvat.stat().st_mtime_ns):
        return read_dataset(folder)
    boxes = read_cvat(cvat)
    with _folder(out) as made:
        samples: dict[str, list[Sample]] = {}
        for name, (size_px, labels) in boxes.items():
            split, _, file = name.partition("/")
            source = folder / "images" / split / file
            if not source.is_file():
                raise BadInput(f"{cvat}, picture {name!r}: there is no {source}")
            if picture_size_px(source) != size_px:
                raise BadInput(
                    f"{cvat}, picture {name!r}: is {size_px[0]} x {size_px[1]} px, {source} is of another size"
                )
            target = made / "images" / split / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            samples.setdefault(split, []).append(Sample(target, size_px, labels))
        _write_labels(made, {split: tuple(samples[split]) for split in SPLITS if split in samples})
    return read_dataset(out)


def _take(
    site: Site,
    recordings: Sequence[Recording],
    detector: Detector,
    rules: SiteRules,
    counts: Counts,
    made: Path,
    told: Callable[[int], None],
) -> list[tuple[float, Sample]]:
    """Pictures (written below ``made``) with their labels, by wall time."""
    import cv2

    folder = made / "taken"
    folder.mkdir()
    taken: list[tuple[float, Sample]] = []
    for number, recording in enumerate(recordings):
        for shot in site_shots(site, recording, detector, rules, counts):
            picture = folder / f"{number:02d}-{shot.camera}-{round(shot.time_s * 1000):010d}.jpg"
            if not cv2.imwrite(str(picture), shot.bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]):
                raise BadInput(f"{picture}: cannot be written")
            size_px = (shot.bgr.shape[1], shot.bgr.shape[0])
            taken.append((recording.info.wall_offset_s + shot.time_s, Sample(picture, size_px, shot.labels)))
            told(len(taken))
    taken.sort(key=lambda item: (item[0], item[1].picture.name))
    if len(taken) > rules.most:
        taken = [taken[i * len(taken) // rules.most] for i in range(rules.most)]
    return taken


def _split(made: Path, taken: Sequence[tuple[float, Sample]]) -> dict[str, tuple[Sample, ...]]:
    """Move the pictures into their splits: train, then val, then test along time."""
    held = max(1, round(len(taken) * TEST_SHARE))
    chosen = max(1, round(len(taken) * VAL_SHARE))
    bounds = {"train": (0, len(taken) - held - chosen), "val": (len(taken) - held - chosen, len(taken) - held)}
    bounds["test"] = (len(taken) - held, len(taken))
    samples: dict[str, tuple[Sample, ...]] = {}
    for split, (first, last) in bounds.items():
        folder = made / "images" / split
        folder.mkdir(parents=True)
        moved = []
        for _, sample in taken[first:last]:
            target = folder / sample.picture.name
            os.replace(sample.picture, target)
            moved.append(Sample(target, sample.size_px, sample.labels))
        samples[split] = tuple(moved)
    shutil.rmtree(made / "taken")
    return samples


def _write_labels(made: Path, samples: dict[str, tuple[Sample, ...]]) -> None:
    for split, part in samples.items():
        folder = made / "labels" / split
        folder.mkdir(parents=True)
        for sample in part:
            (folder / f"{sample.picture.stem}.txt").write_text(
                yolo_text(sample.labels, sample.size_px), encoding="ascii"
            )
    (made / "data.yaml").write_text(data_yaml(samples), encoding="utf-8")
    # Last, so that it is the newer of the two forms of the labels.
    write_cvat(made / CVAT_FILE, samples)


@contextmanager
def _folder(out: Path) -> Iterator[Path]:
    """A folder that stands at ``out`` when the block ends without an error, and otherwise nowhere."""
    if out.exists():
        raise BadInput(f"{out}: exists already, expected the name of a new folder")
    fresh = not out.parent.exists()
    out.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        yield made
        made.chmod(0o755)
        os.replace(made, out)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        if fresh:
            with suppress(OSError):  # somebody else has put something there
                out.parent.rmdir()
        raise


def _too_few(c: Counts) -> str:
    return (
        f"only {c.taken} of {c.looked_at} pictures could be labelled, expected {LEAST_PICTURES} or more "
        f"({c.hook_unknown} with a hook whose place is not known, {c.too_soon} too soon after another, "
        f"{c.nothing_new} with nothing new, {c.in_doubt} with people in doubt)"
    )
