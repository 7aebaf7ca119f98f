"""Labels to and from CVAT, the tool in which a person corrects them: its "CVAT for images 1.1" XML.

One file holds all pictures; ``name`` is the path of a picture below the folder ``images``, such as
``train/00001.jpg``. Boxes are ``xtl ytl xbr ybr`` in pixels. Shapes other than boxes are refused.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import cast

from calibration.errors import BadInput
from recordings.atomic import atomic_text
from recordings.training.dataset import NUMBERS, SPLITS, Label, Sample
from tracking.records import Kind

CVAT_FILE = "annotations.xml"
_SLACK_PX = 1.0
_SHAPES = ("polygon", "polyline", "points", "cuboid", "mask", "ellipse", "skeleton", "tag")

Boxes = dict[str, tuple[tuple[int, int], tuple[Label, ...]]]


def write_cvat(path: Path, samples: Mapping[str, Sequence[Sample]]) -> None:
    """Write the labels of all splits. Raises BadInput where ``path`` cannot be written."""
    root = ET.Element("annotations")
    ET.SubElement(root, "version").text = "1.1"
    task = ET.SubElement(ET.SubElement(root, "meta"), "task")
    labels = ET.SubElement(task, "labels")
    for kind in NUMBERS:
        ET.SubElement(ET.SubElement(labels, "label"), "name").text = kind
    number = 0
    for split, part in samples.items():
        for sample in part:
            image = ET.SubElement(root, "image", id=str(number), name=f"{split}/{sample.picture.name}")
            image.set("width", str(sample.size_px[0]))
            image.set("height", str(sample.size_px[1]))
            number += 1
            for label in sample.labels:
                edges = {
                    "xtl": label.left_px,
                    "ytl": label.top_px,
                    "xbr": label.left_px + label.width_px,
                    "ybr": label.top_px + label.height_px,
                }
                box = ET.SubElement(image, "box", label=label.kind, source="auto", occluded="0", z_order="0")
                for name, value in edges.items():
                    box.set(name, f"{value:.2f}")
    ET.indent(root)
    with atomic_text(path) as stream:
        stream.write('<?xml version="1.0" encoding="utf-8"?>\n')
        stream.write(ET.tostring(root, encoding="unicode") + "\n")


def read_cvat(path: Path) -> Boxes:
    """Size (width, height) and labels by name of picture, in the file's order.

    Raises:
        BadInput: no XML of this form, an unknown label or shape, a box outside its picture; the message
            names the picture and what was expected.
    """
    try:
        text = path.read_text(encoding="utf-8")
        root = ET.fromstring(text)
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file, expected an export of CVAT for images 1.1") from None
    except (OSError, UnicodeDecodeError, ET.ParseError, LookupError, ValueError) as error:
        raise BadInput(f"{path}: cannot be read as XML ({error})") from None
    if root.tag != "annotations" or not root.findall("image"):
        raise BadInput(f"{path}: expected <annotations> with at least one <image>, as CVAT for images 1.1 writes it")
    boxes: Boxes = {}
    for image in root.findall("image"):
        name = _name(image, path)
        if name in boxes:
            raise BadInput(f"{path}: picture {name!r} stands in it twice")
        boxes[name] = _image(image, f"{path}, picture {name!r}")
    return boxes


def _name(image: ET.Element, path: Path) -> str:
    name = image.get("name") or ""
    parts = PurePosixPath(name).parts
    if len(parts) != 2 or parts[0] not in SPLITS or parts[1] in ("", "..", "."):
        raise BadInput(f"{path}: picture {name!r}, expected a name such as train/00001.jpg (train, val or test)")
    return name


def _image(image: ET.Element, where: str) -> tuple[tuple[int, int], tuple[Label, ...]]:
    size_px = (int(_number(image, "width", where)), int(_number(image, "height", where)))
    if min(size_px) < 1:
        raise BadInput(f"{where}: is {size_px[0]} x {size_px[1]} px, expected positive numbers")
    other = next((child.tag for child in image if child.tag in _SHAPES), None)
    if other is not None:
        raise BadInput(f"{where}: has a shape <{other}>, expected boxes alone")
    return size_px, tuple(_box(box, where, size_px) for box in image.findall("box"))


def _box(box: ET.Element, where: str, size_px: tuple[int, int]) -> Label:
    kind = box.get("label") or ""
    if kind not in NUMBERS:
        raise BadInput(f"{where}: has a box of label {kind!r}, expected {', '.join(NUMBERS)}")
    left, top, right, bottom = (_number(box, name, where) for name in ("xtl", "ytl", "xbr", "ybr"))
    inside = (
        -_SLACK_PX <= left < right <= size_px[0] + _SLACK_PX and -_SLACK_PX <= top < bottom <= size_px[1] + _SLACK_PX
    )
    if not inside:
        raise BadInput(
            f"{where}: box of {kind} from {left:g}, {top:g} to {right:g}, {bottom:g}, expected a rising one "
            f"inside {size_px[0]} x {size_px[1]} px"
        )
    left, right = max(left, 0.0), min(right, float(size_px[0]))
    top, bottom = max(top, 0.0), min(bottom, float(size_px[1]))
    return Label(cast(Kind, kind), left, top, right - left, bottom - top)


def _number(element: ET.Element, name: str, where: str) -> float:
    value = element.get(name)
    try:
        number = float(value or "")
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadInput(f"{where}: {name} of <{element.tag}> is {value!r}, expected a number")
    return number
