"""Is the whole tracker as sure as it may be? Worlds that move as its models say, and errors by the told covariance.

The normalised estimation error squared of a place, e' P⁻¹ e, is 2 on average where the told covariance P is that
of the error e; the mean of n independent ones lies within the quantiles of chi-square with 2n degrees of
freedom, divided by n (Bar-Shalom, Li & Kirubarajan 2001, 5.4). A following tracker's errors hang on each
other for as long as its filters remember: samples are taken ``APART_S`` apart, and ``Errors.correlation``
tells how alike an error still is to the one before.

Identity is no question here: people and hoists keep far apart, and each track belongs to the nearest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from calibration.camera import Array, Rows
from calibration.policy import Policy
from calibration.site import Floor, Hoist, Site
from tests.worlds import bridge
from tracking import hoist_motion as motion
from tracking import people_filter as imm
from tracking.records import Look, Observation, Sight, Telemetry
from tracking.tracker import Tracker, Tracks

STEP_S = 0.01
"""Of the true world. All stamps are multiples of it, so that nothing has to be interpolated."""
APART_S = 3.0
SETTLED_S = 4.0
"""Births are over by then."""
FAR_M = 150.0
_OF_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors by their told covariance: ``white`` (n, k, 2), over samples in time and over bodies, NaN if untold.

    White means multiplied by the inverse root of the covariance, so that its square is the normalised error.
    """

    white: Array

    @property
    def nees(self) -> Array:
        """(m,) all normalised errors squared."""
        squares: Array = (self.white**2).sum(axis=-1).ravel()
        return squares[np.isfinite(squares)]

    @property
    def mean(self) -> float:
        return float(self.nees.mean())

    @property
    def untold(self) -> int:
        """How often somebody was there and no track was."""
        return int(np.isnan(self.white[..., 0]).sum())

    @property
    def correlation(self) -> float:
        """Of an error with that of the same body one sample before."""
        before, now = self.white[:-1].ravel(), self.white[1:].ravel()
        good = np.isfinite(before) & np.isfinite(now)
        return float(np.corrcoef(before[good], now[good])[0, 1])

    def bounds(self, confidence: float = 0.95) -> tuple[float, float]:
        """Within which the mean lies with that probability if the covariance is right and the errors are normal."""
        n = len(self.nees)
        low, high = chi2.ppf([(1 - confidence) / 2, (1 + confidence) / 2], 2 * n) / n
        return float(low), float(high)

    def joined(self, other: Errors) -> Errors:
        """Of two runs of the same length, as if they had been one with more bodies."""
        return Errors(np.concatenate([self.white, other.white], axis=1))


def whitened(off_m: Array, cov_m2: Array) -> Array:
    """Error (2,) multiplied by the inverse Cholesky root of its covariance (2, 2)."""
    out: Array = np.linalg.solve(np.linalg.cholesky(cov_m2), off_m)
    return out


@dataclass(frozen=True, slots=True)
class Source:
    """A source in metres: its rate, noise (2, 2), how late its frames are (least, most) and how often one misses."""

    name: str
    rate_hz: float
    cov_m2: Array
    late_s: tuple[float, float]
    misses: float = 0.15
    drops: float = 0.05

    def times_s(self, until_s: float, random: np.random.Generator) -> list[tuple[float, float]]:
        """Stamp and arrival of each frame: its own phase, a jittering clock, never out of its own order."""
        phase = random.uniform(0.0, 1.0 / self.rate_hz)
        at = phase + np.arange(int((until_s - phase) * self.rate_hz)) / self.rate_hz
        at = np.unique(np.round((at + random.uniform(-0.3, 0.3, len(at)) / self.rate_hz).clip(0.0) / STEP_S)) * STEP_S
        at = at[random.random(len(at)) >= self.drops]
        ready = np.maximum.accumulate(at + random.uniform(*self.late_s, len(at)))
        return list(zip(at.tolist(), ready.tolist(), strict=True))


PEOPLE_SOURCES = (
    Source("lidar", 7.0, np.diag([0.01, 0.01]), (0.02, 0.10)),
    Source("vision", 4.0, np.array([[0.02, 0.012], [0.012, 0.03]]), (0.10, 0.45)),
    Source("radio", 1.3, np.diag([0.04, 0.04]), (0.05, 0.30)),
)
"""Frames of ``vision`` nearly always come after younger ones of ``lidar``."""


# --- people -------------------------------------------------------------------------------------------

MODES = {"standing": imm.STAND, "walking": imm.WALK, "turning": imm.MANOEUVRE, "all three": None}


def walkers(kind: str, count: int, until_s: float, random: np.random.Generator) -> Array:
    """(steps, count, 2) places of people who move as one of the modes says, or change between all of them.

    They start far apart, in a mode's own speed.
    """
    policy, mode = _OF_POLICY, MODES[kind]
    step = imm.models(policy, STEP_S)
    roots = np.linalg.cholesky(step.noise + 1e-15 * np.eye(4))
    modes: Rows = np.full(count, mode) if mode is not None else random.integers(0, imm.MODES, count)
    state = np.zeros((count, 4))
    side = math.ceil(math.sqrt(count))
    state[:, :2] = FAR_M * np.column_stack(np.divmod(np.arange(count), side))
    angle = random.uniform(0.0, 2 * np.pi, count)
    state[:, 2:] = 1.2 * np.column_stack([np.cos(angle), np.sin(angle)]) * (modes != imm.STAND)[:, None]
    leave = 1.0 - step.switching[0, 0]
    out = np.empty((round(until_s / STEP_S) + 1, count, 2))
    for k in range(len(out)):
        out[k] = state[:, :2]
        if mode is None:
            changes = random.random(count) < leave
            modes = np.where(changes, (modes + random.integers(1, imm.MODES, count)) % imm.MODES, modes)
        noise = (roots[modes] @ random.normal(size=(count, 4, 1)))[..., 0]
        state = (step.transition[modes] @ state[..., None])[..., 0] + noise
    return out


def people_looks(places_m: Array, sources: Sequence[Source], random: np.random.Generator) -> list[Look]:
    """What all sources say of (steps, n, 2), in the order in which it arrives."""
    until_s = (len(places_m) - 1) * STEP_S
    looks: list[Look] = []
    for source in sources:
        root = np.linalg.cholesky(source.cov_m2)
        (xx, xy), (_, yy) = source.cov_m2.tolist()
        for time_s, ready_s in source.times_s(until_s, random):
            at = places_m[round(time_s / STEP_S)]
            at = at[random.random(len(at)) >= source.misses]
            seen = tuple(
                Observation(kind="person", x_m=x, y_m=y, var_x_m2=xx, cov_xy_m2=xy, var_y_m2=yy)
                for x, y in (at + random.normal(size=at.shape) @ root.T).tolist()
            )
            looks.append(Sight(source=source.name, time_s=time_s, ready_s=ready_s, observations=seen))
    return sorted(looks, key=lambda look: look.ready_s)


def people_errors(kind: str, seed: int, *, count: int = 16, until_s: float = 46.0) -> tuple[Errors, int]:
    """One run of the whole tracker on people of one kind, and how many tracks too many the samples had.

    Who is told as lost is told to be somewhere unknown: such a place is no estimate and counts as a track too many
    beside the one that was begun anew.
    """
    random = np.random.default_rng(seed)
    places = walkers(kind, count, until_s, random)
    low, high = places.min() - 50.0, places.max() + 50.0
    site = Site(site=Floor(name="plain", boundary_m=((low, low), (high, low), (high, high), (low, high))))
    rows: list[Array] = []
    doubles = 0

    def look(tracks: Tracks) -> None:
        nonlocal doubles
        truth = places[round(tracks.time_s / STEP_S)]
        white = np.full((count, 2), np.nan)
        for p in tracks.people:
            off = np.array([p.x_m, p.y_m]) - truth
            k = int(np.hypot(*off.T).argmin())
            # The oldest comes first: what follows the same person beside it is a double.
            if not p.lost and np.isnan(white[k, 0]):
                cov = np.array([[p.var_x_m2, p.cov_xy_m2], [p.cov_xy_m2, p.var_y_m2]])
                white[k] = whitened(off[k], cov)
            else:
                doubles += 1
        rows.append(white)

    followed(site, people_looks(places, PEOPLE_SOURCES, random), until_s, look)
    return Errors(np.array(rows)), doubles


def told_apart(kind: str, seed: int, *, count: int = 16, until_s: float = 46.0) -> Errors:
    """The same run by the filter alone, which is told whose each place is and takes all of them in their order."""
    random = np.random.default_rng(seed)
    places = walkers(kind, count, until_s, random)
    looks = sorted(people_looks(places, PEOPLE_SOURCES, random), key=lambda look: look.time_s)
    bank = imm.born(_OF_POLICY, places[0], np.broadcast_to(np.eye(2), (count, 2, 2)))
    at_s, sample_s, rows = 0.0, SETTLED_S, []
    for look in looks:
        assert isinstance(look, Sight)
        while sample_s <= look.time_s:
            mean, cov = imm.predict(bank, imm.models(_OF_POLICY, sample_s - at_s)).fused()
            off = mean[:, :2] - places[round(sample_s / STEP_S)]
            rows.append([whitened(o, c) for o, c in zip(off, cov[:, :2, :2], strict=True)])
            sample_s += APART_S
        bank = imm.predict(bank, imm.models(_OF_POLICY, look.time_s - at_s))
        at_s = look.time_s
        seen = np.array([(o.x_m, o.y_m) for o in look.observations]).reshape(-1, 2)
        cov = np.array([((o.var_x_m2, o.cov_xy_m2), (o.cov_xy_m2, o.var_y_m2)) for o in look.observations])
        truth = places[round(look.time_s / STEP_S)]
        whose = np.hypot(*(seen[:, None] - truth[None]).transpose(2, 0, 1)).argmin(axis=1)
        bank = imm.update(bank, whose, seen, cov.reshape(-1, 2, 2))
    return Errors(np.array(rows))


def followed(site: Site, looks: Sequence[Look], until_s: float, look: Callable[[Tracks], None]) -> None:
    """The whole tracker, tick by tick; ``look`` is called at each sample. No stamp may be refused."""
    tracker, at, every = Tracker(site), 0, round(APART_S / site.policy.tick_s)
    settled = round(SETTLED_S / site.policy.tick_s)
    for tick in range(1, round(until_s / site.policy.tick_s)):
        now_s = tick * site.policy.tick_s
        first = at
        while at < len(looks) and looks[at].ready_s <= now_s:
            at += 1
        tracks = tracker.step(now_s, list(looks[first:at]))
        assert not tracks.rejected, tracks.counts
        if tick >= settled and (tick - settled) % every == 0:
            look(tracks)


# --- hoists -------------------------------------------------------------------------------------------

HOIST_SOURCES = {
    "tag": Source("tag", 4.0, np.diag([0.0025, 0.0025]), (0.03, 0.30)),
    "laser": Source("laser", 2.0, np.diag([0.01, 0.01]), (0.20, 0.50)),
    "telemetry": Source("telemetry", 3.0, np.diag([0.0025, 0.0025]), (0.02, 0.10)),
}
"""``tag`` sees hooks with their height, ``laser`` trolleys, both of all hoists; each hoist tells its own telemetry."""
_TRAVEL_M = 30.0
_BEAM_M = 7.0
HOISTS = ("at random", "travelling", "swinging")


def bridges(count: int) -> tuple[Hoist, ...]:
    """Bridges far apart, each with ``_TRAVEL_M`` to go either way."""
    sigma = math.sqrt(float(HOIST_SOURCES["telemetry"].cov_m2[0, 0]))
    out = []
    for k in range(count):
        x = k * FAR_M
        out.append(bridge(f"H{k}", travel_m=((x, 0.0), (x + _TRAVEL_M, _TRAVEL_M)), telemetry_sigma_m=sigma))
    return tuple(out)


def hoist_ways(kind: str, hoists: Sequence[Hoist], until_s: float, random: np.random.Generator) -> Array:
    """(steps, n, 10) true states, see ``hoist_motion``.

    ``at random``: as the filter's own model says, but that what no machine can do (much faster than its drives, out
    of its rails or its range of heights) is drawn again. ``travelling``:
    a drive that holds one of its speeds or ramps to the next. ``swinging``: a trolley at rest, a load that swings.
    """
    out = np.empty((round(until_s / STEP_S) + 1, len(hoists), motion.STATES))
    for n, hoist in enumerate(hoists):
        (x0, y0), (x1, y1) = hoist.travel_m
        state = np.zeros(motion.STATES)
        state[[motion.X, motion.Y, motion.L]] = (x0 + x1) / 2, (y0 + y1) / 2, 4.0
        if kind == "swinging":
            state[[motion.AX, motion.AY]] = random.uniform(-0.12, 0.12, 2)
        wanted = np.zeros(2)
        for k in range(len(out)):
            out[k, n] = state
            if kind == "at random":
                state = _drawn(state, hoist, random)
                continue
            if kind == "travelling" and k % 500 == 0:
                wanted = random.choice([-1.0, 0.0, 1.0], 2) * random.uniform(*hoist.travel_speed_mps, 2)
            state = _driven(state, wanted, hoist)
    return out


def _drawn(state: Array, hoist: Hoist, random: np.random.Generator) -> Array:
    """The next state by the filter's model of motion, among those that the machine's limits allow."""
    fastest = hoist.hoist_speed_mps[1]
    moved = motion.moved(state, STEP_S)
    root = np.linalg.cholesky(motion.noise(state, STEP_S, hoist, _OF_POLICY))
    for _ in range(100):
        out: Array = moved + root @ random.normal(size=motion.STATES)
        if abs(out[motion.VL]) <= fastest and (motion.inside_reach(out, hoist) == out).all():
            return out
    return moved


def _driven(state: Array, wanted_mps: Array, hoist: Hoist) -> Array:
    """The next state of a trolley that goes to a wanted speed (2,) as fast as its drive can, and turns at its ends."""
    out = state.copy()
    top = hoist.deceleration_mps2 * STEP_S
    for axis, (place, speed, rate) in enumerate(((motion.X, motion.VX, motion.WX), (motion.Y, motion.VY, motion.WY))):
        low, high = hoist.travel_m[0][axis] + 2.0, hoist.travel_m[1][axis] - 2.0
        if not low < state[place] < high:
            wanted_mps[axis] = math.copysign(wanted_mps[axis], (low + high) / 2 - state[place])
        change = float(np.clip(wanted_mps[axis] - state[speed], -top, top))
        out[speed] += change
        out[place] += change * STEP_S / 2
        out[rate] -= change / state[motion.L]
    return motion.moved(out, STEP_S)


def hoist_looks(
    states: Array, hoists: Sequence[Hoist], names: Sequence[str], random: np.random.Generator
) -> list[Look]:
    """What the named sources say of true states (steps, n, 10), in the order in which it arrives."""
    until_s = (len(states) - 1) * STEP_S
    looks: list[Look] = []
    for name in names:
        source = HOIST_SOURCES[name]
        sigma = math.sqrt(float(source.cov_m2[0, 0]))
        if name == "telemetry":
            for n, hoist in enumerate(hoists):
                for time_s, ready_s in source.times_s(until_s, random):
                    at = states[round(time_s / STEP_S), n][[motion.X, motion.Y]] + random.normal(0.0, sigma, 2)
                    x, y = at.tolist()
                    looks.append(Telemetry(hoist=hoist.name, time_s=time_s, ready_s=ready_s, x_m=x, y_m=y))
            continue
        for time_s, ready_s in source.times_s(until_s, random):
            now = states[round(time_s / STEP_S)]
            now = now[random.random(len(now)) >= source.misses]
            seen = tuple(_seen(name, state, sigma, random) for state in now)
            looks.append(Sight(source=name, time_s=time_s, ready_s=ready_s, observations=seen))
    return sorted(looks, key=lambda look: look.ready_s)


def _seen(name: str, state: Array, sigma_m: float, random: np.random.Generator) -> Observation:
    place = motion.hook_of(state, _BEAM_M) + random.normal(0.0, sigma_m, 3)
    variance = sigma_m**2
    if name == "tag":
        x, y, z = place.tolist()
        return Observation(kind="hook", x_m=x, y_m=y, z_m=z, var_x_m2=variance, var_y_m2=variance, sigma_z_m=sigma_m)
    x, y = (state[[motion.X, motion.Y]] + random.normal(0.0, sigma_m, 2)).tolist()
    return Observation(kind="trolley", x_m=x, y_m=y, var_x_m2=variance, var_y_m2=variance)


def hoist_errors(
    kind: str, seed: int, *, names: Sequence[str] = tuple(HOIST_SOURCES), count: int = 4, until_s: float = 25.0
) -> tuple[Errors, Errors]:
    """One run of the whole tracker on hoists that move in one way: errors of the hooks and of the trolleys."""
    random = np.random.default_rng(seed)
    hoists = bridges(count)
    states = hoist_ways(kind, hoists, until_s, random)
    far = (count - 1) * FAR_M + _TRAVEL_M
    floor = Floor(name="plain", boundary_m=((0.0, 0.0), (far, 0.0), (far, _TRAVEL_M), (0.0, _TRAVEL_M)))
    hooks: list[Array] = []
    trolleys: list[Array] = []

    def look(tracks: Tracks) -> None:
        truth = states[round(tracks.time_s / STEP_S)]
        hook, trolley = np.full((2, count, 2), np.nan)
        for told, (mean, cov) in zip(tracks.hoists, tracks.hoist_filters, strict=True):
            n = int(told.name[1:])
            at = motion.hook_of(truth[n], _BEAM_M)[:2]
            hook[n] = whitened(np.array([told.x_m, told.y_m]) - at, motion.hook_cov_m2(mean, cov)[:2, :2])
            place = [motion.X, motion.Y]
            off = np.array([told.trolley_x_m, told.trolley_y_m]) - truth[n, place]
            trolley[n] = whitened(off, cov[np.ix_(place, place)])
        hooks.append(hook)
        trolleys.append(trolley)

    followed(Site(site=floor, hoist=hoists), hoist_looks(states, hoists, names, random), until_s, look)
    return Errors(np.array(hooks)), Errors(np.array(trolleys))
