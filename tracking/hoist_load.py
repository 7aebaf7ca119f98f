"""What hangs on one hook, where, how large, and does the floor bear it? From load boxes of any number of cameras.

A load hangs below its hook, so in every picture its box lies on the line below the hook's pixel, at most
a sling's length down. One camera sees many other loads on that line, far behind or before the hook. Each
camera's testimony therefore counts alone, boxes of several cameras must agree on how far below the hook
the load is, a camera that sees the place below the hook without a load testifies against it, and a box
that another camera's box explains as a load that stands elsewhere on the floor says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from calibration.camera import Array, Camera
from calibration.site import Hoist
from tracking.hoist_readings import Seen, usual_drop_m
from tracking.hoist_shape import Dimensions, Shape
from tracking.records import Carrying

WINDOW_S = 1.0
"""Testimony older than this counts no more."""
_GROWS_IN_S = 0.8
_LONGEST_GAP_S = 0.5
_AGREE_M = 0.6
_EMPTY_BELOW = -0.3
_STEADY_M = 0.5
_STEADIEST = 3.0
_ASIDE_OF_WIDTH = 0.3
_ASIDE_M = 0.2
_SLING_SPREAD = 2.5
_SLING_MORE_M = 0.5
_COLUMN = 12
_OFFSET_GATE2 = 16.0
_SLANT, _SLANT_MORE_M = 0.35, 0.35
_ACROSS_SIGMA_M, _ACROSS_LASTS_S = 0.25, 3.0
_DOWN_LASTS_S = 5.0
_SIGMA_OF_SIZE = 0.05
_LASTING_S = 0.3
_SHAPE_EACH_S = 0.2
_SIZE_EACH_S = 0.3
_BOTTOM_SIGMA_M = 0.04
_FLOOR_GAP_M = 0.12
_HANGS_GAP_M = 0.22


@dataclass(frozen=True, slots=True)
class Below:
    """Where the hook is thought to be at one look: place (3,), covariance (3, 3), pixel (2,) if the camera saw it."""

    time_s: float
    hook_m: Array
    cov_m2: Array
    pixel: Array | None


@dataclass(frozen=True, slots=True)
class _Testimony:
    """Of one camera: −1 sure that nothing hangs there to +1 that something does, and how far below the hook."""

    time_s: float
    share: float = 0.0
    down_m: float | None = None
    steady_m: float = 0.0
    hook_m: Array | None = None


@dataclass(frozen=True, slots=True)
class LoadTold:
    """What is said of the load at one time; places in metres of the world, each None where unknown."""

    carrying: Carrying
    middle_m: Array | None = None
    sigma_m: float | None = None
    shape: Dimensions | None = None
    resting: bool | None = None


@dataclass(slots=True)
class HoistLoad:
    """The load of one hook over time. ``copy`` costs little: what it holds is never changed in place."""

    hoist: Hoist
    cameras: dict[str, _Testimony] = field(default_factory=dict)
    offset: tuple[float, Array, Array] | None = None
    shape: Shape | None = None
    boxed_s: dict[str, float] = field(default_factory=dict)
    shaped_s: dict[str, float] = field(default_factory=dict)
    resting: bool | None = None
    size: tuple[float, Dimensions | None] | None = None

    def copy(self) -> HoistLoad:
        return HoistLoad(
            self.hoist,
            dict(self.cameras),
            self.offset,
            self.shape,
            dict(self.boxed_s),
            dict(self.shaped_s),
            self.resting,
            self.size,
        )

    def forget(self) -> None:
        """The hook was lost and found elsewhere."""
        self.cameras, self.boxed_s, self.shaped_s = {}, {}, {}
        self.offset = self.shape = self.resting = None

    def look(
        self,
        camera: Camera,
        below: Below,
        boxes: Sequence[Seen],
        elsewhere: Callable[[], Sequence[bool]],
        open_view: Callable[[], bool],
    ) -> Seen | None:
        """Take in one frame; the box that is this hook's load, if one is.

        Args:
            camera: without distortion.
            below: where the hook is at the time of the frame.
            boxes: the frame's load boxes.
            elsewhere: tells of each box whether it is known to be a load that stands somewhere else.
            open_view: tells whether this frame would show a load below the hook.
        """
        found = self._mine(camera, below, boxes)
        if found is None:
            if open_view():
                self._testify(camera.name, below, -1.0, None)
            return None
        box, down_m = found
        if self.offset is None and elsewhere()[next(i for i, b in enumerate(boxes) if b is box)]:
            self._testify(camera.name, below, 0.0, None)
            return None
        self._testify(camera.name, below, 1.0, down_m)
        if self.score(below.time_s) < 0.0:
            return None
        self._follow(camera, below, box, down_m)
        return box

    def place(self, source: str, below: Below, loads: Sequence[Seen], hook_seen: bool) -> Seen | None:
        """Take in loads that a source gives in metres (3,); the one that hangs here, if one does.

        A source that tells of loads, and this time of the hook alone, testifies against one.
        """
        mean, cov = self._offset_at(below.time_s)
        near = None
        for seen in loads:
            if len(seen.z) != 3:
                continue
            off = seen.z - below.hook_m - mean
            far = float(off @ np.linalg.solve(cov + below.cov_m2 + seen.noise, off))
            if far <= _OFFSET_GATE2 and (near is None or far < near[0]):
                near = far, seen
        if near is None:
            if hook_seen:
                self._testify(source, below, -1.0, None)
            return None
        seen = near[1]
        self._testify(source, below, 1.0, float(below.hook_m[2] - seen.z[2]))
        off = seen.z - below.hook_m - mean
        self.offset = below.time_s, *_corrected(mean, cov, np.eye(3), off, below.cov_m2 + seen.noise)
        return seen

    def expected_m(self, below: Below) -> Array:
        """Where the middle (3,) of a load on this hook would be."""
        at: Array = below.hook_m + self._offset_at(below.time_s)[0]
        return at

    def claims(self, camera: Camera, below: Below, boxes: Sequence[Seen]) -> list[bool]:
        """Of each box, whether it is where this hook's known load must be."""
        if self.offset is None or below.time_s - self.offset[0] > WINDOW_S:
            return [False] * len(boxes)
        mine = self._mine(camera, below, boxes)
        return [mine is not None and mine[0] is box for box in boxes]

    def score(self, now_s: float) -> float:
        """Sum of all fresh testimony, at the height below the hook on which most of it agrees."""
        fresh = [t for t in self.cameras.values() if now_s - t.time_s <= WINDOW_S]
        against = sum(t.share for t in fresh if t.share < 0.0)
        pro = [t for t in fresh if t.share > 0.0]
        best = max(
            (sum(self._weight(t) * (1.0 if _agree(t, at) else -1.0) for t in pro) for at in pro),
            default=0.0,
        )
        return best + against

    def fresh(self, now_s: float) -> bool:
        """Whether any camera looked lately."""
        return any(now_s - t.time_s <= WINDOW_S for t in self.cameras.values())

    def told(self, now_s: float, hook_m: Array, hook_sigma_m: float, loads_are_seen: bool) -> LoadTold:
        """What hangs on the hook, which is now at ``hook_m`` (3,)."""
        if not loads_are_seen or not self.fresh(now_s):
            return LoadTold("unknown")
        if self.score(now_s) < _EMPTY_BELOW:
            self.offset = self.shape = self.resting = None
            return LoadTold("empty")
        if self.offset is None or now_s - self.offset[0] > WINDOW_S:
            return LoadTold("loaded")
        _, mean, cov = self.offset
        middle = hook_m + mean
        sigma = math.hypot(hook_sigma_m, math.sqrt((cov[0, 0] + cov[1, 1]) / 2))
        if self.shape is None:
            self.size = None
        elif self.size is None or abs(self.shape.time_s - self.size[0]) >= _SIZE_EACH_S:
            self.size = self.shape.time_s, self.shape.told()
        shape = None if self.size is None else self.size[1]
        self.resting = self._rests(middle, cov, shape)
        return LoadTold("loaded", middle, sigma, shape, self.resting)

    def _rests(self, middle_m: Array, cov_m2: Array, shape: Dimensions | None) -> bool | None:
        """Whether the floor bears it, by its lower edge; what was told stays while the edge leaves it open."""
        if shape is None:
            return None
        bottom = float(middle_m[2]) - shape.height_m / 2
        sigma = math.sqrt(cov_m2[2, 2] + (shape.sigma_m[2] / 2) ** 2 + _BOTTOM_SIGMA_M**2)
        if sigma > _HANGS_GAP_M:
            return False if bottom > 3 * sigma + _FLOOR_GAP_M else None
        if bottom < _FLOOR_GAP_M:
            return True
        if bottom > _HANGS_GAP_M or self.resting is None:
            return False
        return self.resting

    def _weight(self, t: _Testimony) -> float:
        """A box that stayed below the hook while the hook went on is no chance."""
        return t.share * min(_STEADIEST, 1.0 + t.steady_m / _STEADY_M)

    def _testify(self, camera: str, below: Below, wanted: float, down_m: float | None) -> None:
        last = self.cameras.get(camera)
        if last is None or below.time_s - last.time_s > WINDOW_S:
            last = _Testimony(below.time_s - _LONGEST_GAP_S)
        gap_s = min(max(below.time_s - last.time_s, 0.0), _LONGEST_GAP_S)
        share = last.share + (1.0 - math.exp(-gap_s / _GROWS_IN_S)) * (wanted - last.share)
        steady, down, hook = last.steady_m, last.down_m, last.hook_m
        if down_m is not None:
            together = down is not None and hook is not None and abs(down - down_m) <= _AGREE_M
            if together and hook is not None and down is not None:
                steady += float(np.linalg.norm(below.hook_m - hook))
                down_m = down + 0.3 * (down_m - down)
            else:
                steady = 0.0
            down, hook = down_m, below.hook_m
        elif share <= 0.0:
            steady = 0.0
        self.cameras[camera] = _Testimony(below.time_s, share, down, min(steady, 4.0), hook)

    def _mine(self, camera: Camera, below: Below, boxes: Sequence[Seen]) -> tuple[Seen, float] | None:
        """The box that lies below the hook in this picture, and how far below, m; None if none does."""
        if not boxes:
            return None
        if self.offset is not None and below.time_s - self.offset[0] <= WINDOW_S:
            mean, cov = self._offset_at(below.time_s)
            if math.hypot(mean[0], mean[1]) > _SLANT * usual_drop_m(self.hoist) + _SLANT_MORE_M:
                # No sling reaches so far aside: the hook has left it, or it never hung there.
                self.offset = self.shape = self.resting = None
                return self._on_line(camera, below, boxes)
            px, slope = _pixel(camera, below.hook_m + mean)
            spread = slope @ (cov + below.cov_m2) @ slope.T
            far = []
            for seen in boxes:
                off = seen.z - px
                far.append(float(off @ np.linalg.solve(spread + _noise(seen), off)))
            best = int(np.argmin(far))
            if far[best] <= _OFFSET_GATE2:
                return boxes[best], -float(mean[2])
            return None
        return self._on_line(camera, below, boxes)

    def _on_line(self, camera: Camera, below: Below, boxes: Sequence[Seen]) -> tuple[Seen, float] | None:
        """By the line below the hook alone, before anything is known of where on it the load is."""
        longest = _SLING_SPREAD * self.hoist.sling_length_m + _SLING_MORE_M + self.hoist.load_height_m
        down = np.linspace(0.0, longest, _COLUMN)
        points = below.hook_m - down[:, None] * np.array([0.0, 0.0, 1.0])
        column = _pixels(camera, points)
        if not np.isfinite(column).all():
            return None
        if below.pixel is not None:
            column = column + (below.pixel - column[0])
        along = column[-1] - column[0]
        length = float(np.linalg.norm(along))
        if length < 1.0:
            return None
        along = along / length
        way = (column - column[0]) @ along
        best: tuple[float, Seen, float] | None = None
        for seen in boxes:
            assert seen.box is not None
            off = seen.z - column[0]
            at = float(off @ along)
            down_m = float(np.interp(at, way, down))
            px_per_m = max(float(np.interp(at, way[1:], np.diff(way) / np.diff(down))), 1e-6)
            aside = abs(float(off[0] * along[1] - off[1] * along[0]))
            limit = _ASIDE_OF_WIDTH * seen.box.width_px + _ASIDE_M * px_per_m
            if 0.0 < at <= length and aside <= limit and (best is None or aside / limit < best[0]):
                best = aside / limit, seen, down_m
        return None if best is None else (best[1], best[2])

    def _offset_at(self, time_s: float) -> tuple[Array, Array]:
        """Mean (3,) and covariance (3, 3) of where the load's middle is from the hook: it strays, but not far."""
        usual_m = usual_drop_m(self.hoist)
        rest = np.array([0.0, 0.0, -usual_m])
        down = 0.5 * usual_m + 0.2
        spread = np.array([_ACROSS_SIGMA_M, _ACROSS_SIGMA_M, down]) ** 2
        if self.offset is None:
            return rest, np.diag(spread)
        since_s, mean, cov = self.offset
        kept = np.exp(-(time_s - since_s) / np.array([_ACROSS_LASTS_S, _ACROSS_LASTS_S, _DOWN_LASTS_S]))
        return rest + kept * (mean - rest), kept[:, None] * cov * kept + np.diag((1.0 - kept**2) * spread)

    def _follow(self, camera: Camera, below: Below, seen: Seen, down_m: float) -> None:
        """Correct where the load is, and how large, by one box."""
        assert seen.box is not None
        mean, cov = self._offset_at(below.time_s)
        if self.offset is None:
            mean = np.array([0.0, 0.0, -down_m])
        px, slope = _pixel(camera, below.hook_m + mean)
        if not np.isfinite(px).all():
            return
        since_s = below.time_s - self.boxed_s.get(camera.name, -math.inf)
        noise = _noise(seen) * max(1.0, _LASTING_S / max(since_s, 1e-3))
        if below.pixel is None:
            noise = noise + slope @ below.cov_m2 @ slope.T
            off = seen.z - px
        else:
            # Hook and load in one picture: what is wrong with the hook's place is wrong with both.
            hook_px, _ = _pixel(camera, below.hook_m)
            off = (seen.z - below.pixel) - (px - hook_px)
        self.offset = below.time_s, *_corrected(mean, cov, slope, off, noise)
        self.boxed_s[camera.name] = below.time_s
        width, height = camera.size_px
        b = seen.box
        whole = b.left_px > 3 and b.top_px > 3 and b.left_px + b.width_px < width - 4
        if whole and b.top_px + b.height_px < height - 4:
            if self.shape is None:
                self.shape = Shape.unknown(
                    below.time_s, math.sqrt(2) * self.hoist.load_radius_m, self.hoist.load_height_m
                )
            shaped_s = below.time_s - self.shaped_s.get(camera.name, -math.inf)
            if shaped_s >= _SHAPE_EACH_S:
                self.shaped_s[camera.name] = below.time_s
                self.shape = self.shape.seen(below.time_s, np.array([b.width_px, b.height_px]), slope, shaped_s)


def _corrected(mean: Array, cov: Array, by: Array, off: Array, noise: Array) -> tuple[Array, Array]:
    """A Kalman correction in Joseph's form, which stays symmetric and positive over any number of looks."""
    gain = np.linalg.solve(by @ cov @ by.T + noise, by @ cov).T
    left = np.eye(len(mean)) - gain @ by
    after = left @ cov @ left.T + gain @ noise @ gain.T
    return mean + gain @ off, (after + after.T) / 2


def _agree(one: _Testimony, other: _Testimony) -> bool:
    return one.down_m is None or other.down_m is None or abs(one.down_m - other.down_m) <= _AGREE_M


def _noise(seen: Seen) -> Array:
    """(2, 2) pixel noise of a load's middle: a large box can be drawn a larger way off."""
    assert seen.box is not None
    size2 = seen.box.width_px**2 + seen.box.height_px**2
    noise: Array = seen.noise + _SIGMA_OF_SIZE**2 * size2 * np.eye(2)
    return noise


def _pixels(camera: Camera, points_m: Array) -> Array:
    """(n, 2) pixels of world points (n, 3) in a camera without distortion; NaN behind it."""
    p = camera.pinhole
    seen = points_m @ p[:, :3].T + p[:, 3]
    depth = np.where(seen[:, 2:] > 1e-6, seen[:, 2:], np.nan)
    pixels: Array = seen[:, :2] / depth
    return pixels


def _pixel(camera: Camera, point_m: Array) -> tuple[Array, Array]:
    """Pixel (2,) of a world point (3,) in a camera without distortion, and its derivative (2, 3)."""
    p = camera.pinhole
    u, v, w = p[:, :3] @ point_m + p[:, 3]
    if w <= 1e-6:
        return np.full(2, np.nan), np.full((2, 3), np.nan)
    px = np.array([u / w, v / w])
    slope: Array = (p[:2, :3] - px[:, None] * p[2, :3]) / w
    return px, slope
