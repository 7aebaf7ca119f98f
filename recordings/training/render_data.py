"""Training pictures from random halls: a folder in YOLO's layout, rendered on every core and resumable.

A hall is the unit of work: its pictures are complete once ``parts/HALL.csv`` stands, and a
second run goes on with the halls that have none. Labels, ``boxes.csv`` and ``data.yaml`` are
written last, from the parts.

In training halls three pictures of five are those of the camera that sees most of the hoists; in the
others every camera takes its turn.

A load is labelled whether it is slung or stands on the floor: slings are a pixel wide in many pictures, and
asking for them would teach a detector to guess. What hangs from which hook, the tracker finds out. Goods on
pallets and in racks, machines and cabinets are no loads.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import get_args

import numpy as np

from calibration.errors import BadInput
from recordings.atomic import atomic_text
from recordings.plant.camera_faults import camera_at
from recordings.plant.records import World
from recordings.plant.scenario import Scenario
from recordings.training.random_halls import PICTURE_PX, STYLES, Split, random_hall
from recordings.training.random_worlds import random_world
from tracking.records import Kind

KINDS: tuple[Kind, ...] = get_args(Kind)
LEAST_VISIBLE = {"person": 0.2, "hook": 0.35, "load": 0.25, "trolley": 0.25}
LEAST_PX = {"person": (4.0, 10.0), "hook": (7.0, 9.0), "load": (8.0, 6.0), "trolley": (12.0, 8.0)}
JPEG_QUALITY = 88
HALLS_A_PROCESS = 12  # then a fresh one: drivers that draw in software keep memory of every scene


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One labelled box of ``boxes.csv``; ``visible`` is the share of the object that the picture shows.

    ``state`` is the posture of a person, of a load "slung" or "standing", and empty otherwise.
    """

    split: str
    picture: str
    hall: str
    light: str
    kind: str
    state: str
    left_px: float
    top_px: float
    width_px: float
    height_px: float
    distance_m: float
    visible: float


HEADER = tuple(field.name for field in fields(LabelRow))


def render_data(
    folder: Path,
    halls: dict[Split, int],
    *,
    pictures: int = 24,
    first: int = 0,
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Render ``halls`` of each split with ``pictures`` each into ``folder``; the number of pictures there.

    Raises:
        BadInput: the folder cannot be written.
        Unavailable: the extra ``hoistwatch[plant]`` is not installed.
    """
    for split in halls:
        for part in ("images", "labels", "parts"):
            _make(folder / part / split)
    jobs = [
        (folder, split, number, pictures)
        for split, count in halls.items()
        for number in range(first, first + count)
        if not _part(folder, split, number).exists()
    ]
    context = multiprocessing.get_context("spawn")
    count = processes or os.cpu_count() or 1
    done = 0
    for start in range(0, len(jobs), HALLS_A_PROCESS * count):
        with ProcessPoolExecutor(count, context) as pool:
            batch = jobs[start : start + HALLS_A_PROCESS * count]
            for future in as_completed([pool.submit(render_hall, *job) for job in batch]):
                future.result()
                done += 1
                if progress is not None:
                    progress(done, len(jobs))
    return gather(folder)


def render_hall(folder: Path, split: Split, number: int, pictures: int) -> None:
    """All pictures of one hall, shared out over its cameras, then its part file."""
    os.environ.setdefault("LP_NUM_THREADS", "1")  # one process a core draws faster than two threads
    import cv2

    from recordings.render.bodies import Bodies
    from recordings.render.scene import Scene

    cv2.setNumThreads(1)
    scenario = random_hall(split, number)
    scene = Scene(scenario, Bodies(), seed=scenario.scenario.seed)
    rng = np.random.default_rng([STYLES[split].seed, number, 7])
    rows: list[LabelRow] = []
    chosen = (1, 2, 4) if split == "train" else ()
    for index in range(pictures):
        world = random_world(scenario, rng, time_s=float(index))
        camera = scenario.camera[index % len(scenario.camera)].name
        if index % 5 in chosen:
            camera = busiest_camera(scenario, world)
        states = states_of(world)
        shot = scene.shoot(world, camera, float(index))
        name = f"{scenario.scenario.name}-{index:02d}"
        found = [
            LabelRow(
                split=split,
                picture=name,
                hall=scenario.scenario.name,
                light=scenario.light.kind,
                kind=label.kind,
                state=states.get(label.name, ""),
                left_px=round(label.left_px, 1),
                top_px=round(label.top_px, 1),
                width_px=round(label.width_px, 1),
                height_px=round(label.height_px, 1),
                distance_m=round(label.distance_m, 2),
                visible=round(label.visible, 3),
            )
            for label in shot.labels
        ]
        picture = folder / "images" / split / f"{name}.jpg"
        cv2.imwrite(str(picture), shot.rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        rows += found
    with atomic_text(_part(folder, split, number)) as out:
        csv.writer(out, lineterminator="\n").writerows(astuple(row) for row in rows)


def states_of(world: World) -> dict[str, str]:
    """By name, the posture of every person, and of every load whether it is slung to a hook or stands alone."""
    slung = {crane.carries for crane in world.cranes}
    states = {load.name: "slung" if load.name in slung else "standing" for load in world.loads}
    return states | {person.name: person.posture for person in world.people}


def busiest_camera(scenario: Scenario, world: World) -> str:
    """The camera with most trolleys, hooks and carried loads inside its picture; of equal ones the first."""
    points = [point for crane in world.cranes for point in (crane.trolley_m, crane.hook_m)]
    points += [(load.x_m, load.y_m, load.z_m) for load in world.loads if load.hung_from]
    counts = {
        eye.name: int(camera_at(scenario, eye.name, 0.0).visible(np.array(points)).sum()) for eye in scenario.camera
    }
    return max(counts, key=lambda name: counts[name])


def is_labelled(row: LabelRow) -> bool:
    """Enough of it is seen, and large enough, for a person to name it."""
    least = LEAST_PX[row.kind]
    return row.visible >= LEAST_VISIBLE[row.kind] and row.width_px >= least[0] and row.height_px >= least[1]


def yolo_line(row: LabelRow) -> str:
    """One line of YOLO's label text: class, then middle and size as shares of the picture."""
    width_px, height_px = PICTURE_PX
    middle = (row.left_px + row.width_px / 2) / width_px, (row.top_px + row.height_px / 2) / height_px
    size = row.width_px / width_px, row.height_px / height_px
    kind: list[str] = list(KINDS)
    return f"{kind.index(row.kind)} " + " ".join(f"{value:.6f}" for value in (*middle, *size)) + "\n"


def gather(folder: Path) -> int:
    """Write labels, ``boxes.csv`` and ``data.yaml`` from what is rendered so far; the number of pictures."""
    lines: dict[tuple[str, str], list[str]] = {
        (picture.parent.name, picture.stem): [] for picture in sorted((folder / "images").glob("*/*.jpg"))
    }
    with atomic_text(folder / "boxes.csv") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(HEADER)
        for part in sorted((folder / "parts").glob("*/*.csv")):
            for row in _rows(part):
                if is_labelled(row):
                    table.writerow(astuple(row))
                    lines[row.split, row.picture].append(yolo_line(row))
    for (split, picture), found in lines.items():
        with atomic_text(folder / "labels" / split / f"{picture}.txt") as out:
            out.writelines(found)
    splits = [split for split in STYLES if (folder / "images" / split).is_dir()]
    with atomic_text(folder / "data.yaml") as out:
        out.writelines(f"{split}: images/{split}\n" for split in splits)
        out.write("names:\n")
        out.writelines(f"  {index}: {kind}\n" for index, kind in enumerate(KINDS))
    return len(lines)


def _rows(part: Path) -> list[LabelRow]:
    with part.open(newline="", encoding="utf-8") as lines:
        return [
            LabelRow(split, picture, hall, light, kind, state, *(float(value) for value in numbers))
            for split, picture, hall, light, kind, state, *numbers in csv.reader(lines)
        ]


def _part(folder: Path, split: str, number: int) -> Path:
    return folder / "parts" / split / f"{number:05d}.csv"


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{folder}: cannot be made ({error.strerror}), expected a folder for pictures") from None
