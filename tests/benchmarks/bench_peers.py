"""This tracker beside Stone Soup (GNN, JPDA), norfair and a filterpy loop: the same boxes, the same front end.

``make bench-peers`` installs the peers in an environment of their own, ``.venv-peers``, and runs
``python -m tests.benchmarks.bench_peers --python .venv-peers/bin/python [--scenes WORD]``. Boxes become floor
points with covariance once, by this project's own front end. The filterpy loop takes the points camera by camera;
the other three want one point a person, so the points of a frame are clustered first, and that is timed
apart. Times are the process's own, a frame. Accuracy at 1 m as in ``bench_people``. ``tries`` says how many settings
of each were tried (see ``peers``); this project's tracker was developed with these very rooms before its eyes,
which no number of tries makes up for: read the accuracy as that of each with so much work put into it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time

import numpy as np
from shapely import Polygon, contains_xy

from calibration.camera import Array, Camera
from calibration.rig import Rig
from tests.benchmarks.bench_people import ROOMS, ours
from tests.benchmarks.people_scenes import SCORE_HEAD, Scene, room, scored, synth_floor
from tests.shared_data import SHARED
from tracking.associate import gate_of
from tracking.births import clusters, fuse
from tracking.box_people import people_of_looks
from tracking.observe import people_of_sights
from tracking.records import Boxes, Sight

PEERS = {
    "filterpy": ("filterpy loop, camera by camera", 39),
    "norfair": ("norfair, clustered", 29),
    "gnn": ("Stone Soup GNN, clustered", 11),
    "jpda": ("Stone Soup JPDA, clustered", 10),
}
"""What each is, and how many settings were tried for it."""
CLUSTER_GATE = 0.997
BEHIND = Path(__file__).with_name("peers.py")


def points_of(scene: Scene) -> tuple[dict[str, Array], float, float]:
    """Floor points of all frames, each and clustered, and milliseconds a frame of front end and clustering."""
    site = scene.site
    rig, rows_of = Rig([Camera.from_table(c) for c in site.camera]), {c.name: k for k, c in enumerate(site.camera)}
    floor = Polygon(site.site.boundary_m).buffer(site.policy.boundary_margin_m)
    gate, sources = gate_of(CLUSTER_GATE, 2), sorted({f"{s}" for looks in scene.frames for s in map(_source, looks)})
    each, fused = [], []
    front_s = cluster_s = 0.0
    for k, looks in enumerate(scene.frames):
        began = process_time()
        boxes = [look for look in looks if isinstance(look, Boxes)]
        frames = people_of_looks(boxes, [rows_of[b.camera] for b in boxes], rig, site.policy) if boxes else []
        frames += people_of_sights([look for look in looks if isinstance(look, Sight)])
        place = np.concatenate([f.position_m for f in frames])
        cov = np.concatenate([f.cov_m2 for f in frames])
        camera = np.repeat([sources.index(f.source) for f in frames], [len(f) for f in frames])
        inside = contains_xy(floor, place[:, 0], place[:, 1])
        place, cov, camera = place[inside], cov[inside], camera[inside]
        front_s += process_time() - began
        began = process_time()
        groups = clusters(place, cov, camera, gate)
        # A ghost of one camera is no person where two or more see the floor.
        people = [fuse(place[g], cov[g]) for g in groups if len(g) > 1 or len(sources) == 1]
        cluster_s += process_time() - began
        each += [(k + 1, c, *p, s[0, 0], s[0, 1], s[1, 1]) for c, p, s in zip(camera, place, cov, strict=True)]
        fused += [(k + 1, 0, *p, s[0, 0], s[0, 1], s[1, 1]) for p, s in people]
    names = ("frame", "camera", "x", "y", "xx", "xy", "yy")
    data = {name: np.array(each)[:, i] for i, name in enumerate(names)}
    data |= {f"fused_{name}": np.array(fused)[:, i] for i, name in enumerate(names)}
    data["times_s"] = np.array(scene.times_s)
    return data, 1e3 * front_s / len(scene.frames), 1e3 * cluster_s / len(scene.frames)


def _source(look: object) -> str:
    return look.camera if isinstance(look, Boxes) else look.source if isinstance(look, Sight) else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="interpreter that has the peers")
    parser.add_argument("--scenes", default="", help="only scenes whose name has this word")
    arguments = parser.parse_args()
    if not SHARED.exists():
        print(f"needs the shared test data in {SHARED}, which is not there")
        return
    makers = [(" ".join(names), lambda names=names: room(*names)) for names in ROOMS] + [("synth_floor", synth_floor)]
    for title, make in makers:
        if arguments.scenes not in title:
            continue
        scene = make()
        data, front_ms, cluster_ms = points_of(scene)
        print(
            f"\n{scene.name}: {len(data['x']) / len(scene.frames):.0f} points a frame, front end {front_ms:.2f} ms, ",
            end="",
        )
        print(f"clustering {cluster_ms:.2f} ms")
        print(f"{'tracker':<34}{SCORE_HEAD} {'its ms':>8} {'all ms':>8} {'tries':>6}")
        rows, took_ms = ours(scene)
        whole = took_ms.mean()
        print(
            f"{'this project':<34}{scored(scene.truth, rows)} {whole - front_ms:8.2f} {whole:8.2f} {'-':>6}", flush=True
        )
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "points.npz", Path(folder) / "tracks.npz"
            np.savez(source, **data)  # type: ignore[arg-type]
            for name, (said, tries) in PEERS.items():
                subprocess.run([arguments.python, str(BEHIND), str(source), str(target), name], check=True)
                with np.load(target) as out:
                    rows, own = out["rows"], float(out["took_ms"].mean())
                before = front_ms + (0.0 if name == "filterpy" else cluster_ms)
                print(f"{said:<34}{scored(scene.truth, rows)} {own:8.2f} {own + before:8.2f} {tries:6d}", flush=True)


if __name__ == "__main__":
    main()
