"""How good is a detector? Boxes found against boxes labelled, as precision, recall, F1 and average precision.

Matching is that of the COCO benchmark at one overlap: found boxes of one kind in one picture are taken
by falling score, and each takes the free labelled box that it overlaps most, if that is at least half
(intersection over union). So what a threshold leaves is matched alike, whatever lies below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

OVERLAP = 0.5


class Placed(Protocol):
    """Anything with the edges of a box in pixels."""

    @property
    def left_px(self) -> float: ...
    @property
    def top_px(self) -> float: ...
    @property
    def width_px(self) -> float: ...
    @property
    def height_px(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Matches:
    """Outcome for one kind in many pictures.

    ``found_score`` (n,) and ``hit`` (n,) of every box found, best first; ``label_score`` (m,) of every
    labelled box is the score of the box that matched it, or -1. ``found_group`` and ``label_group``
    tell the group (of light, say) that the picture of each belongs to, ``label_value`` a number of each
    labelled box (its distance, say), NaN where it is not known, ``label_state`` (m) how it was (slung, say).
    """

    found_score: Floats
    hit: Flags
    label_score: Floats
    found_group: tuple[str, ...]
    label_group: tuple[str, ...]
    label_value: Floats
    label_state: tuple[str, ...] = ()

    def of_group(self, group: str) -> Matches:
        """Those of the pictures of one group."""
        found = np.array([g == group for g in self.found_group], bool)
        labels = np.array([g == group for g in self.label_group], bool)
        return self._part(found, labels)

    def of_values(self, low: float, high: float) -> Matches:
        """Those of labelled boxes with low <= value < high. Without boxes found: there, precision is no question."""
        with np.errstate(invalid="ignore"):
            labels = (self.label_value >= low) & (self.label_value < high)
        return self._part(np.zeros(len(self.found_score), bool), labels)

    def of_state(self, state: str) -> Matches:
        """Those of labelled boxes in one state. Without boxes found, as by values."""
        labels = np.array([s == state for s in self.label_state], bool)
        return self._part(np.zeros(len(self.found_score), bool), labels)

    def _part(self, found: Flags, labels: Flags) -> Matches:
        return Matches(
            self.found_score[found],
            self.hit[found],
            self.label_score[labels],
            tuple(g for g, keep in zip(self.found_group, found, strict=True) if keep),
            tuple(g for g, keep in zip(self.label_group, labels, strict=True) if keep),
            self.label_value[labels],
            tuple(s for s, keep in zip(self.label_state, labels, strict=True) if keep),
        )


@dataclass(frozen=True, slots=True)
class Point:
    """One working point. What has no meaning (a precision where nothing was found) is None."""

    threshold: float
    precision: float | None
    recall: float | None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; 0 where one of them is."""
        if self.precision is None or self.recall is None:
            return None
        total = self.precision + self.recall
        return 2.0 * self.precision * self.recall / total if total > 0.0 else 0.0


def overlaps(a: Floats, b: Floats) -> Floats:
    """(n, m) intersection over union of boxes (n, 4) and (m, 4): left, top, right, bottom."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0.0, None).prod(axis=2)
    areas = [np.clip(part[:, 2:] - part[:, :2], 0.0, None).prod(axis=1) for part in (a, b)]
    union = areas[0][:, None] + areas[1][None] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0.0), float)


def corners(boxes: Iterable[Placed]) -> Floats:
    """(n, 4) left, top, right, bottom."""
    rows = [(b.left_px, b.top_px, b.left_px + b.width_px, b.top_px + b.height_px) for b in boxes]
    return np.array(rows, float).reshape(-1, 4)


def match(found: Floats, scores: Floats, labels: Floats, overlap: float = OVERLAP) -> tuple[Flags, Floats]:
    """Match the boxes of one kind in one picture.

    ``found`` (n, 4) with ``scores`` (n,), ``labels`` (m, 4). Returns whether each found box is a hit (n,),
    and the score by which each labelled box was found (m,), -1 where it was not.
    """
    hit = np.zeros(len(found), bool)
    label_score = np.full(len(labels), -1.0)
    if not len(found) or not len(labels):
        return hit, label_score
    iou = overlaps(found, labels)
    free = np.ones(len(labels), bool)
    for index in np.argsort(-scores, kind="stable"):
        best = int(np.where(free, iou[index], -1.0).argmax())
        if free[best] and iou[index, best] >= overlap:
            free[best] = False
            hit[index] = True
            label_score[best] = scores[index]
    return hit, label_score


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes of one kind in one picture, found and labelled; ``values``, ``states`` and ``group`` as in ``Matches``."""

    found: Sequence[Any]
    labels: Sequence[Placed]
    group: str = ""
    values: Sequence[float | None] = ()
    states: Sequence[str] = ()


def matched(pictures: Iterable[Picture], overlap: float = OVERLAP) -> Matches:
    """Match every picture. Found boxes must have a ``score``."""
    scores: list[Floats] = []
    hits: list[Flags] = []
    label_scores: list[Floats] = []
    values: list[float] = []
    found_group: list[str] = []
    label_group: list[str] = []
    states: list[str] = []
    for picture in pictures:
        score = np.array([box.score for box in picture.found], float)
        hit, label_score = match(corners(picture.found), score, corners(picture.labels), overlap)
        scores.append(score)
        hits.append(hit)
        label_scores.append(label_score)
        given = picture.values or [None] * len(picture.labels)
        values += [float("nan") if value is None else float(value) for value in given]
        states += picture.states or [""] * len(picture.labels)
        found_group += [picture.group] * len(score)
        label_group += [picture.group] * len(label_score)
    score = np.concatenate([np.zeros(0), *scores])
    order = np.argsort(-score, kind="stable")
    return Matches(
        score[order],
        np.concatenate([np.zeros(0, bool), *hits])[order],
        np.concatenate([np.zeros(0), *label_scores]),
        tuple(found_group[i] for i in order),
        tuple(label_group),
        np.array(values, float),
        tuple(states),
    )


def at_threshold(matches: Matches, threshold: float) -> Point:
    """Precision and recall of the boxes with at least this score."""
    above = matches.found_score >= threshold
    count, labelled = int(above.sum()), len(matches.label_score)
    precision = float(matches.hit[above].sum()) / count if count else None
    recall = float((matches.label_score >= threshold).sum()) / labelled if labelled else None
    return Point(threshold, precision, recall)


def curve(matches: Matches) -> tuple[Floats, Floats, Floats]:
    """Threshold, precision and recall (k,) at every different score, the highest first."""
    if not len(matches.found_score) or not len(matches.label_score):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    last = np.append(np.diff(matches.found_score) < 0.0, True)
    hits = np.cumsum(matches.hit)[last]
    count = np.arange(1, len(matches.hit) + 1)[last]
    return matches.found_score[last], hits / count, hits / len(matches.label_score)


def best_f1(matches: Matches) -> Point:
    """The working point of the highest F1; of equal ones that with the highest threshold."""
    thresholds, precision, recall = curve(matches)
    if not len(thresholds):
        return Point(0.0, None, None)
    total = precision + recall
    f1 = np.divide(2.0 * precision * recall, total, out=np.zeros_like(total), where=total > 0.0)
    best = int(f1.argmax())
    return Point(float(thresholds[best]), float(precision[best]), float(recall[best]))


def at_precision(matches: Matches, wanted: float) -> Point | None:
    """The working point of the highest recall whose precision is at least ``wanted``; None where there is none."""
    thresholds, precision, recall = curve(matches)
    good = np.flatnonzero(precision >= wanted)
    if not len(good):
        return None
    best = int(good[recall[good].argmax()])
    return Point(float(thresholds[best]), float(precision[best]), float(recall[best]))


def average_precision(matches: Matches) -> float | None:
    """Area under the curve of precision over recall; None where nothing is labelled.

    Precision at a recall is the highest at that recall or above (Everingham et al. 2010, PASCAL VOC).
    """
    if not len(matches.label_score):
        return None
    _, precision, recall = curve(matches)
    if not len(recall):
        return 0.0
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(np.concatenate([[0.0], recall])) * envelope).sum())
