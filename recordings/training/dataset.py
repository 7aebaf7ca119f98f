"""Is a folder of labelled pictures fit to train on? Its form, and every fault named by file and line.

A training folder DATA looks as follows (the text form of YOLO, which CVAT and others write too)::

    DATA/data.yaml                   names: {0: person, 1: hook, 2: load, 3: trolley}
                                     train: images/train   val: images/val   test: images/test
    DATA/images/train/00001.jpg      pictures; .jpg, .jpeg or .png, colour, any size
    DATA/labels/train/00001.txt      one line a box: class centre_x centre_y width height, from 0 to 1
                                     of the picture's width and height; empty where there is nothing
    DATA/boxes.csv                   optional: split,picture,hall,light,kind,left_px,top_px,width_px,
                                     height_px,distance_m,visible; one row a labelled box

The same below ``val`` and ``test``. Every picture has its label file and every label file its picture.
``path`` in data.yaml, where given, is the folder that the other paths are relative to; by default it
is DATA. ``description`` may say in a sentence where the pictures come from. A box that touches the edge
of the picture ends there. ``boxes.csv`` tells what figures are split by: ``picture`` is the file name in
its split, with its ending or without, ``distance_m`` from the camera (empty where it is not known),
``visible`` the share of the object that can be seen, 0 to 1, and ``hall`` the place. A hall stands in
one split only, so that figures are of places never trained on.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from calibration.errors import BadInput
from recordings.csv_rows import read_rows
from recordings.training.transplant import NAMES
from tracking.records import Kind

SPLITS = ("train", "val", "test")
PICTURES = (".jpg", ".jpeg", ".png")
BOXES_CSV = "boxes.csv"
BOX_COLUMNS = (
    "split",
    "picture",
    "hall",
    "light",
    "kind",
    "state",
    "left_px",
    "top_px",
    "width_px",
    "height_px",
    "distance_m",
    "visible",
)
NUMBERS: dict[str, int] = {name: number for number, name in NAMES.items()}

_SLACK = 1e-4
_SAME_PX = 2.0


@dataclass(frozen=True, slots=True)
class Label:
    """A labelled box, in pixels of its picture. What boxes.csv does not say is None.

    ``state`` is a person's posture, and of a load whether it is slung or standing.
    """

    kind: Kind
    left_px: float
    top_px: float
    width_px: float
    height_px: float
    distance_m: float | None = None
    visible: float | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture of ``size_px`` (width, height), its boxes, and where it was taken."""

    picture: Path
    size_px: tuple[int, int]
    labels: tuple[Label, ...]
    hall: str | None = None
    light: str | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """A training folder that was checked. ``samples`` by split, each sorted by file name."""

    folder: Path
    samples: Mapping[str, tuple[Sample, ...]]
    description: str = ""

    def counts(self, split: str) -> dict[Kind, int]:
        """Labelled boxes by kind."""
        count = Counter(label.kind for sample in self.samples.get(split, ()) for label in sample.labels)
        return {kind: count[kind] for kind in cast(Sequence[Kind], tuple(NUMBERS))}

    def halls(self, split: str) -> tuple[str, ...]:
        return tuple(sorted({s.hall for s in self.samples.get(split, ()) if s.hall is not None}))

    def lights(self, split: str) -> tuple[str, ...]:
        return tuple(sorted({s.light for s in self.samples.get(split, ()) if s.light is not None}))


def read_dataset(folder: Path, needed: Collection[str] = ("train", "val")) -> Dataset:
    """Read and check a training folder; ``needed`` splits must be there and hold pictures.

    Raises:
        BadInput: something is missing, broken, or not as the head of this module says; the message
            names the file, the line where there is one, and what was expected.
    """
    yaml_file = folder / "data.yaml"
    head = _yaml(yaml_file)
    places = _places(yaml_file, head, needed)
    samples = {split: _split(place, split) for split, place in places.items()}
    for split in needed:
        if not samples[split]:
            raise BadInput(f"{places[split]}: holds no picture, expected {', '.join(PICTURES)} files to {_use(split)}")
    if (folder / BOXES_CSV).is_file():
        samples = _with_boxes(folder / BOXES_CSV, samples)
    dataset = Dataset(folder, samples, str(head.get("description") or ""))
    _check_halls(dataset)
    return dataset


def _use(split: str) -> str:
    return {"train": "train on", "val": "choose the best epoch by", "test": "give figures on"}[split]


def _places(yaml_file: Path, head: Mapping[str, Any], needed: Collection[str]) -> dict[str, Path]:
    """Picture folder of each split."""
    names = head.get("names")
    given = dict(enumerate(names)) if isinstance(names, list) else names
    if given != NAMES:
        wanted = ", ".join(f"{number}: {name}" for number, name in NAMES.items())
        raise BadInput(f"{yaml_file}: names is {names!r}, expected {{{wanted}}}")
    base = yaml_file.parent / str(head.get("path") or ".")
    places: dict[str, Path] = {}
    for split in SPLITS:
        value = head.get(split)
        if value is None:
            if split in needed:
                raise BadInput(f"{yaml_file}: {split} is missing, expected the folder of pictures to {_use(split)}")
            continue
        if not isinstance(value, str):
            raise BadInput(f"{yaml_file}: {split} is {value!r}, expected one folder such as images/{split}")
        place = base / value
        if not place.is_dir():
            if split in needed:
                raise BadInput(f"{yaml_file}: {split} is {value!r}, but there is no folder {place}")
            continue
        if "images" not in place.parts:
            raise BadInput(f"{yaml_file}: {split} is {value!r}, expected a folder below one that is called images")
        places[split] = place
    return places


def _yaml(path: Path) -> dict[str, Any]:
    yaml = importlib.import_module("yaml")
    try:
        head = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file, expected a training folder with data.yaml, images and labels") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadInput(f"{path}: cannot be read as YAML ({' '.join(str(error).split())})") from None
    if not isinstance(head, dict):
        raise BadInput(f"{path}: expected names, train, val and test, got {type(head).__name__}")
    return head


def labels_folder(pictures: Path) -> Path:
    """Where the labels of a folder of pictures lie: ``labels`` in the place of the last ``images``."""
    parts = list(pictures.parts)
    at = len(parts) - 1 - parts[::-1].index("images")
    return Path(*parts[:at], "labels", *parts[at + 1 :])


def _split(place: Path, split: str) -> tuple[Sample, ...]:
    pictures = {p.stem: p for p in sorted(place.iterdir()) if p.suffix.lower() in PICTURES}
    folder = labels_folder(place)
    labels = {p.stem: p for p in sorted(folder.glob("*.txt"))} if folder.is_dir() else {}
    for stem in sorted(pictures.keys() - labels.keys()):
        raise BadInput(f"{folder / stem}.txt: is missing, expected the labels of {pictures[stem].name} ({split})")
    for stem in sorted(labels.keys() - pictures.keys()):
        raise BadInput(f"{labels[stem]}: has no picture, expected one of its name in {place}")
    return tuple(_sample(picture, labels[stem]) for stem, picture in sorted(pictures.items()))


def _sample(picture: Path, labels: Path) -> Sample:
    size_px = picture_size_px(picture)
    return Sample(picture, size_px, read_yolo(labels, size_px))


def picture_size_px(picture: Path) -> tuple[int, int]:
    """Width and height of a picture that can be decoded to its end. Raises BadInput."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(picture) as image:
            size = image.size
            # An eighth of the resolution still reads the file to its end, at a tenth of the cost.
            image.draft("L", (size[0] // 8, size[1] // 8))
            image.load()
    # ultralytics, once imported, asks for one more decoder where PIL knows none, which need not be installed.
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, ImportError) as error:
        raise BadInput(f"{picture}: is no picture that can be read to its end ({error})") from None
    return size


def read_yolo(path: Path, size_px: tuple[int, int]) -> tuple[Label, ...]:
    """Boxes of a YOLO label file for a picture of ``size_px``. Raises BadInput naming the line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as text in UTF-8 ({error})") from None
    labels = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            labels.append(_label(line.split(), f"{path}, line {number}", size_px))
    return tuple(labels)


def _label(fields: list[str], where: str, size_px: tuple[int, int]) -> Label:
    if len(fields) != 5:
        raise BadInput(f"{where}: expected class centre_x centre_y width height, got {len(fields)} fields")
    if not fields[0].isdecimal() or int(fields[0]) not in NAMES:
        raise BadInput(f"{where}: class is {fields[0]!r}, expected 0 to {len(NAMES) - 1}")
    try:
        x, y, width, height = (float(field) for field in fields[1:])
    except ValueError:
        raise BadInput(f"{where}: expected four numbers after the class, got {' '.join(fields[1:])!r}") from None
    if not (0.0 < width <= 1.0 + _SLACK and 0.0 < height <= 1.0 + _SLACK):
        raise BadInput(f"{where}: width and height are {fields[3]} and {fields[4]}, expected above 0 up to 1")
    edges = (x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0)
    if not all(-_SLACK <= edge <= 1.0 + _SLACK for edge in edges):
        raise BadInput(f"{where}: the box reaches outside the picture, expected its edges from 0 to 1")
    left, top, right, bottom = (min(max(edge, 0.0), 1.0) for edge in edges)
    w, h = size_px
    return Label(cast(Kind, NAMES[int(fields[0])]), left * w, top * h, (right - left) * w, (bottom - top) * h)


def yolo_text(labels: Sequence[Label], size_px: tuple[int, int]) -> str:
    """The lines of a YOLO label file; boxes are cut off at the picture's edges."""
    lines = []
    for label in labels:
        left, right = (min(max(v / size_px[0], 0.0), 1.0) for v in (label.left_px, label.left_px + label.width_px))
        top, bottom = (min(max(v / size_px[1], 0.0), 1.0) for v in (label.top_px, label.top_px + label.height_px))
        if right > left and bottom > top:
            centre = (left + right) / 2.0, (top + bottom) / 2.0
            numbers = (*centre, right - left, bottom - top)
            lines.append(" ".join([str(NUMBERS[label.kind]), *(f"{v:.6f}" for v in numbers)]) + "\n")
    return "".join(lines)


def data_yaml(splits: Collection[str]) -> str:
    """The text of data.yaml for a folder with these splits."""
    names = "".join(f"  {number}: {name}\n" for number, name in NAMES.items())
    return "".join(f"{split}: images/{split}\n" for split in SPLITS if split in splits) + f"names:\n{names}"


def _with_boxes(path: Path, samples: dict[str, tuple[Sample, ...]]) -> dict[str, tuple[Sample, ...]]:
    """Samples whose labels know what boxes.csv says of them."""
    numbered = [(split, i, s.picture) for split, part in samples.items() for i, s in enumerate(part)]
    by_name = {(split, name): i for split, i, p in numbered for name in (p.name, p.stem)}
    known = {split: [list(s.labels) for s in part] for split, part in samples.items()}
    places: dict[tuple[str, int], tuple[str, str]] = {}
    for row in read_rows(path, BOX_COLUMNS, at_least_one=False):
        split, name, kind = row.text("split"), row.text("picture"), row.text("kind")
        if split not in SPLITS:
            raise row.fault("split", "train, val or test")
        if kind not in NUMBERS:
            raise row.fault("kind", ", ".join(NUMBERS))
        if split not in samples:
            continue  # data.yaml leaves this part out
        at = by_name.get((split, name))
        if at is None:
            raise row.fault("picture", f"the file name of a picture of {split}")
        visible = row.number_or_none("visible")
        if visible is not None and not 0.0 <= visible <= 1.0:
            raise row.fault("visible", "a share from 0 to 1 or nothing")
        box = Label(
            cast(Kind, kind),
            row.number("left_px"),
            row.number("top_px"),
            row.positive("width_px"),
            row.positive("height_px"),
            row.number_or_none("distance_m"),
            visible,
            row.values["state"] or None,
        )
        place = (row.text("hall"), row.text("light"))
        if places.setdefault((split, at), place) != place:
            raise BadInput(f"{path}, line {row.line}: hall and light differ from an earlier row of {name}")
        labels = known[split][at]
        same = next((i for i, label in enumerate(labels) if _same(label, box)), None)
        if same is None:
            raise BadInput(
                f"{path}, line {row.line}: no {kind} with these edges is among the labels of {name}, "
                f"expected one within {_SAME_PX:g} px"
            )
        labels[same] = box
    return {
        split: tuple(
            Sample(s.picture, s.size_px, tuple(known[split][i]), *places.get((split, i), (None, None)))
            for i, s in enumerate(part)
        )
        for split, part in samples.items()
    }


def _same(label: Label, box: Label) -> bool:
    """One box in both files, and not yet matched with another row."""
    if label.kind != box.kind or label.distance_m is not None or label.visible is not None:
        return False
    pairs = (
        (label.left_px, box.left_px),
        (label.top_px, box.top_px),
        (label.left_px + label.width_px, box.left_px + box.width_px),
        (label.top_px + label.height_px, box.top_px + box.height_px),
    )
    return all(abs(a - b) <= _SAME_PX for a, b in pairs)


def _check_halls(dataset: Dataset) -> None:
    seen: dict[str, str] = {}
    for split in SPLITS:
        for hall in dataset.halls(split):
            if hall in seen:
                raise BadInput(
                    f"{dataset.folder / BOXES_CSV}: hall {hall!r} stands in {seen[hall]} and in {split}, "
                    f"expected every hall in one of them only"
                )
            seen[hall] = split
