"""Parsers of text: site, scenario, group, keys, users, csv, boxes, camera files, labels, messages kept as JSON."""

from __future__ import annotations

from pathlib import Path

import cv2
import msgspec
import numpy as np

from calibration.convert import camera_from_projection, camera_from_tsai, read_matrix
from calibration.group import load_group
from calibration.site import Site
from calibration.site_file import load_site, site_text
from recordings.closed_loop.crowd_cases import read_crowds
from recordings.evaluate_tracks import evaluate_tracks, read_truth
from recordings.group.events import read_event
from recordings.imports_mot import import_mot
from recordings.imports_observations import import_observations
from recordings.plant.scenario_file import load_scenario
from recordings.plant.trajectory import read_trajectory
from recordings.site_store import SiteStore
from recordings.soak.folder import RUN, SAMPLES, read_run
from recordings.telemetry_csv import read_telemetry
from recordings.tracks_csv import read_tracks
from recordings.training.cvat import read_cvat
from recordings.training.dataset import BOXES_CSV, read_dataset
from recordings.training.real_people import truth_boxes
from safety.keys import ALLOW_FILE, load_allow, load_identity, load_server_key, make_keys
from safety.parts_file import PARTS_FILE, read_parts
from safety.site_records import SiteEntry
from safety.users import USERS_FILE, load_users
from tests.fuzz.cases import Target
from tests.fuzz.spoil import TEXT
from tests.recordings.test_soak import KEPT, STEADY
from tests.worlds import bridge, hall
from tracking.mot_boxes import read_mot_boxes

SITE = (
    site_text(hall(cameras=2, hoists=[bridge()])).encode()
    + b"""
[[zone]]
name = "aisle"
kind = "walkway"
polygon_m = [[0.0, 5.0], [9.0, 5.0], [9.0, 6.0], [0.0, 6.0]]

[[relay]]
name = "cabinet-1"
driver = "modbus_tcp"
address = "127.0.0.1:502"
outputs = { permit = ["H1", "permit"], siren = ["hall", "danger"] }

[[annunciator]]
name = "speaker-1"
output = "file"
ambient_dba = [80.0]
"""
)
GROUP = b"""
[group]
name = "Works"
shift_starts = ["06:00", "14:00", "22:00"]

[broker]
address = "127.0.0.1:1883"
topics = ["works/hall-1", "works/+"]
keepalive_s = 10

[database]
host = "127.0.0.1"
port = 5432
"""
TSAI = b"""<?xml version="1.0" encoding="UTF-8"?>
<Camera name="View_001">
  <Geometry width="768" height="576" dx="4.85e-03" dy="4.65e-03" dpx="5.1e-03" dpy="4.65e-03"/>
  <Intrinsic focal="5.5549183034" kappa1="5.1113043639e-03" cx="324.22149053" cy="282.56650051" sx="1.0937855397"/>
  <Extrinsic tx="-4.8441913843e+03" ty="5.5109448682e+02" tz="4.9667438357e+04" rx="1.9007833770e+00"
    ry="4.9730769727e-01" rz="1.8415452559e-01"/>
</Camera>
"""
MATRIX = b"1400.0 0.0 960.0 10.0\n0.0 1400.0 540.0 -3.5\n0.0 0.0 1.0 8.0\n"
MOT = b"".join(b"%d,-1,%.1f,50.0,40.0,120.5,0.90,%s,-1,-1\n" % (n, 100 + n, k)
               for n in range(1, 30) for k in (b"-1", b"hook"))  # fmt: skip
OBS = b"time_s,kind,source,x_m,y_m,z_m,sigma_xy_m,sigma_z_m\n" + b"".join(
    b"%.1f,%s,tag,%.2f,2.0,%s,0.1,%s\n" % (n / 10, k, 1 + n / 10, z, z)
    for n in range(20) for k, z in ((b"person", b""), (b"hook", b"3.0"))
)  # fmt: skip
CRANE = b"time_s,hoist,x_m,y_m,z_m\n" + b"".join(b"%.1f,H1,%.2f,4.0,3.5\n" % (n / 10, 3 + n / 50) for n in range(30))
TRACKS = b"time_s,kind,id,x_m,y_m,z_m,vx_mps,vy_mps,vz_mps,sigma_m\n" + b"".join(
    b"%.1f,person,P1,%.2f,2.0,0,1,0,0,0.1\n" % (n / 10, 1 + n / 10) for n in range(20)
)
TRUTHS = (
    b"frame,id,x,y\n" + b"".join(b"%d,a,%.2f,2.0\n" % (n, n / 10) for n in range(1, 20)),
    b"time_s,id,x_m,y_m\n" + b"".join(b"%.1f,a,%.2f,2.0\n" % (n / 10, n / 10) for n in range(1, 20)),
    b"frame0,id,bb_left,bb_top,bb_width,bb_height,ground_x_m,ground_y_m\n"
    + b"".join(b"%d,a,10,20,30,40,%.2f,2.0\n" % (n, n / 10) for n in range(20)),
)
WAY = b"time_s,x_m,y_m\n" + b"".join(b"%.1f,%.2f,2.0\n" % (n / 2, 1 + n / 2) for n in range(12))
CROWD = b"".join(b"%d %d %.2f 0.0 %.2f 1 0 0\n" % (10 * n, who, n / 2, who) for n in range(25) for who in (1, 2))
CVAT = b"""<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <image id="0" name="train/00001.jpg" width="64" height="48">
    <box label="person" source="auto" occluded="0" z_order="0" xtl="3.00" ytl="4.00" xbr="20.00" ybr="40.00" />
  </image>
</annotations>
"""
YAML = b"train: images/train\nval: images/val\nnames:\n  0: person\n  1: hook\n  2: load\n  3: trolley\n"
BOXES = (
    b"split,picture,hall,light,kind,state,left_px,top_px,width_px,height_px,distance_m,visible\n"
    b"train,a.png,h1,day,person,,3,4,17,36,9.5,0.9\n"
)
USERS = b"""[[user]]
name = "kim"
role = "engineer"
hash = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA"
"""
EVENT = b"""{"schema":"hoistwatch.alarm/1","time":"2026-11-23T08:00:00+00:00","hall":"Hall 3","id":"r-a-1-1","run":"r",
"alarm":"a-1","event":"raised","level":"danger","situation":"struck_by","hoist":"H1","person":"P3","reason":"x"}"""
PARTS = b'[{"part":"engine","state":"running","restarts":0,"restarts_all":1,"how":"ended","code":1,"event":"e"}]'


def text_targets(folder: Path) -> list[Target]:
    """All of them; ``folder`` is for what must lie somewhere in order to be made."""
    site = folder / "plain.toml"
    site.write_text(site_text(hall(cameras=2, hoists=[bridge()])), encoding="utf-8")
    plain = load_site(site)
    made = [
        Target("site.toml", {"site.toml": SITE}, lambda f: load_site(f / "site.toml"), TEXT),
        Target("scenario.toml", _scenario(), lambda f: load_scenario(f / "scenario.toml"), TEXT),
        Target("group.toml", {"group.toml": GROUP}, lambda f: load_group(f / "group.toml"), TEXT),
        Target("Tsai camera", {"view.xml": TSAI}, lambda f: camera_from_tsai(f / "view.xml", "view"), TEXT),
        Target("matrix", {"view.txt": MATRIX}, lambda f: _projection(f / "view.txt"), TEXT),
        Target("MOT boxes", {"det.txt": MOT}, lambda f: read_mot_boxes(f / "det.txt"), TEXT),
        Target("import mot", {"cam1.txt": MOT},
               lambda f: import_mot(site, 10.0, {"cam1": f / "cam1.txt"}, f / "o.mcap"), TEXT,
               outputs=("o.mcap",), cost=4),
        Target("import observations", {"obs.csv": OBS},
               lambda f: import_observations(site, f / "obs.csv", f / "o.mcap"), TEXT, outputs=("o.mcap",), cost=2),
        Target("telemetry.csv", {"crane.csv": CRANE}, lambda f: read_telemetry(f / "crane.csv", plain), TEXT),
        Target("tracks.csv", {"tracks.csv": TRACKS}, lambda f: read_tracks(f / "tracks.csv"), TEXT),
        Target("evaluate tracks", {"tracks.csv": TRACKS, "truth.csv": TRUTHS[0]},
               lambda f: evaluate_tracks(f / "truth.csv", f / "tracks.csv", 1.0, 10.0), TEXT,
               spoil=("tracks.csv", "truth.csv"), cost=4),
        Target("trajectory.csv", {"way.csv": WAY}, lambda f: read_trajectory(f / "way.csv", 1.7), TEXT),
        Target("crowd recording", {"hall/obsmat.txt": CROWD}, read_crowds, TEXT),
        Target("boxes of real people", {"gt.csv": TRUTHS[2]}, lambda f: truth_boxes(f / "gt.csv"), TEXT),
        Target("CVAT", {"cvat.xml": CVAT}, lambda f: read_cvat(f / "cvat.xml"), TEXT),
        Target("training folder", _training(), read_dataset, TEXT,
               spoil=("data.yaml", "labels/train/a.txt", BOXES_CSV), cost=4),
        Target("users.toml", {USERS_FILE: USERS}, load_users, TEXT, mode=0o600),
        Target("supervisor.json", {PARTS_FILE: PARTS}, lambda f: read_parts(f / PARTS_FILE), TEXT, silent=True),
        Target("site history", _history(plain), _histories, TEXT,
               spoil=("site-history/0001.json", "site-history/0001.toml")),
        Target("hall's event", {"event.json": EVENT},
               lambda f: read_event("event.json", (f / "event.json").read_bytes()), TEXT),
        Target("long run", _soaked(), read_run, TEXT, spoil=(RUN, SAMPLES)),
        *_key_targets(folder, plain),
    ]  # fmt: skip
    for number, truth in enumerate(TRUTHS):
        made.append(
            Target(f"ground truth {number + 1}", {"gt.csv": truth}, lambda f: read_truth(f / "gt.csv", 10.0), TEXT)
        )
    return made


def _scenario() -> dict[str, bytes]:
    path = Path(__file__).parents[2] / "recordings" / "scenarios" / "sample-crush.toml"
    return {"scenario.toml": path.read_bytes()}


def _projection(path: Path) -> None:
    camera_from_projection(read_matrix(path), (640, 480), path.name)


def _training() -> dict[str, bytes]:
    done, png = cv2.imencode(".png", np.zeros((48, 64, 3), np.uint8))
    assert done
    out = {"data.yaml": YAML, BOXES_CSV: BOXES}
    for split, name in (("train", "a"), ("val", "b")):
        out[f"images/{split}/{name}.png"] = png.tobytes()
        out[f"labels/{split}/{name}.txt"] = b"0 0.18 0.46 0.26 0.75\n1 0.5 0.5 0.1 0.1\n"
    return out


def _history(site: Site) -> dict[str, bytes]:
    entry = SiteEntry(n=1, version="0" * 16, wall_s=1.7e9, by="kim", changes=())
    text = site_text(site).encode()
    return {"site.toml": text, "site-history/0001.json": msgspec.json.encode(entry), "site-history/0001.toml": text}


def _histories(folder: Path) -> None:
    store = SiteStore(folder / "site.toml")
    for entry in store.entries():
        store.text_of(entry.n)


def _soaked() -> dict[str, bytes]:
    lines = b"".join(msgspec.json.encode(s) + b"\n" for s in STEADY[:3])
    return {RUN: msgspec.json.encode(KEPT), SAMPLES: lines}


def _key_targets(folder: Path, site: Site) -> list[Target]:
    keys = folder / "keys"
    make_keys(keys, site)
    seeds = {p.name: p.read_bytes() for p in sorted(keys.iterdir()) if p.is_file()}
    console = next(name for name in seeds if "console" in name)
    server = "engine.pub"

    def only(name: str) -> dict[str, bytes]:
        return {name: seeds[name]}

    return [
        Target("key file", only(console), lambda f: load_identity(f, "console", "console-1"), TEXT, mode=0o600),
        Target("list of keys", only(ALLOW_FILE), load_allow, TEXT, mode=0o600),
        Target("server's key", only(server), load_server_key, TEXT, mode=0o600),
    ]
