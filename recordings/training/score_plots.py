"""What do precision and recall of a detector look like, class by class?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recordings.atomic import put_in_place, temporary_beside, throw_away
from recordings.training.scores import Matches, average_precision, curve


def plot_curves(curves: Mapping[str, Matches], confidence: float, title: str, path: Path) -> None:
    """Precision over recall of each name as one picture (PNG); a dot stands at the working threshold."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    axes = figure.add_subplot()
    for name, matches in curves.items():
        threshold, precision, recall = curve(matches)
        area = average_precision(matches)
        if area is None or not len(threshold):
            continue
        (line,) = axes.plot(recall, precision, label=f"{name}  AP50 {area:.3f}")
        above = threshold >= confidence
        if above.any():
            last = int(above.nonzero()[0][-1])
            axes.plot(recall[last], precision[last], "o", color=line.get_color())
    axes.set(xlabel="recall", ylabel="precision", xlim=(0.0, 1.01), ylim=(0.0, 1.01), title=title)
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower left")
    _save(figure, path)


def plot_loss(rows: list[dict[str, str]], path: Path) -> None:
    """Training loss and mean average precision by epoch as one picture (PNG)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    left = figure.add_subplot()
    epochs = [int(row["epoch"]) for row in rows]
    for part in ("box", "cls", "dfl"):
        left.plot(epochs, [float(row[f"train/{part}_loss"]) for row in rows], label=f"loss, {part}")
    left.set(xlabel="epoch", ylabel="loss", ylim=(0.0, None))
    right = left.twinx()
    right.plot(epochs, [float(row["metrics/mAP50(B)"]) for row in rows], "k--", label="AP50, validation")
    right.set(ylabel="AP50", ylim=(0.0, 1.0))
    figure.legend(loc="outside upper center", ncols=4)
    _save(figure, path)


def _save(figure: object, path: Path) -> None:
    from matplotlib.figure import Figure

    assert isinstance(figure, Figure)
    temporary = temporary_beside(path)
    try:
        figure.savefig(temporary, format="png", dpi=120)
    except BaseException as error:
        throw_away(temporary, path, error)
        raise
    put_in_place(temporary, path)
