"""The command on simulated plants: simulate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calibration.errors import BadInput
from ui.cli_common import progress_bar

if TYPE_CHECKING:
    from recordings.plant.loop import Render, Simulated
    from recordings.plant.scenario import Scenario


def add_plant_commands(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command()(simulate)
    app.command()(pictures)


def simulate(
    scenario: Annotated[
        str | None, typer.Argument(help="A scenario file, or a name of the library.", metavar="SCENARIO")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The recording to write.", metavar="REC.mcap")] = None,
    render: Annotated[
        bool,
        typer.Option("--render", help="Draw what each camera sees; replay with --detect. Needs hoistwatch[plant]."),
    ] = False,
    boxes: Annotated[
        bool, typer.Option("--boxes", help="With --render: also what a detector would give, so that a replay need not.")
    ] = False,
    crf: Annotated[
        int, typer.Option("--crf", help="With --render: H.264 rate factor, 18 fine to 35 coarse.", min=1, max=51)
    ] = 21,
    seed: Annotated[int | None, typer.Option("--seed", help="Another seed than the scenario's.", min=0)] = None,
    open_loop: Annotated[
        bool, typer.Option("--open-loop", help="The hoists do not obey: what happens without a stop.")
    ] = False,
    show_library: Annotated[bool, typer.Option("--list", help="List the library of scenarios and end.")] = False,
) -> None:
    """Run a scenario of hall, hoists, loads and people to a recording with ground truth. Same scenario, same bytes."""
    from recordings.plant.scenario_file import load_scenario, scenario_path

    if show_library:
        _list()
        return
    if scenario is None or out is None:
        missing = "-o REC.mcap" if scenario else "a scenario file, or a name that --list shows"
        raise BadInput(f"simulate: expected {missing}")
    path = scenario_path(scenario)
    loaded = load_scenario(path)
    if seed is not None:
        loaded = loaded.model_copy(update={"scenario": loaded.scenario.model_copy(update={"seed": seed})})
    from recordings.plant.loop import Options
    from recordings.plant.simulate import simulate as run

    draw: Render | None = None
    if render:
        from recordings.plant.pictures import renderer

        draw = renderer(loaded)
    options = Options(render=draw, boxes=boxes or not render, obeys=not open_loop, crf=crf)
    with progress_bar("simulate") as bar:
        done = run(loaded, path.parent, out, options, bar)
    for line in _told(out, loaded, done):
        typer.echo(line)


def pictures(
    out: Annotated[Path, typer.Option("-o", "--out", help="Training folder; what is missing in it is added.")],
    *,
    train: Annotated[int, typer.Option("--train", help="Halls to train on.", min=0)] = 130,
    val: Annotated[int, typer.Option("--val", help="Halls that choose the best epoch.", min=0)] = 6,
    test: Annotated[int, typer.Option("--test", help="Halls for the figures.", min=0)] = 24,
    first: Annotated[int, typer.Option("--first", help="Number of the first hall of each.", min=0)] = 0,
    each: Annotated[int, typer.Option("--each", help="Pictures of each hall.", min=1, max=1000)] = 20,
) -> None:
    """Render labelled pictures of random halls to train and judge a detector. Goes on where it was stopped."""
    from recordings.training.random_halls import Split
    from recordings.training.render_data import render_data

    halls: dict[Split, int] = {name: n for name, n in (("train", train), ("val", val), ("test", test)) if n}
    if not halls:
        raise BadInput("pictures: expected at least one hall of --train, --val or --test")
    with progress_bar("pictures") as bar:
        count = render_data(out, halls, pictures=each, first=first, progress=lambda done, all_: bar(done / all_))
    typer.echo(f"{out}: {count} pictures; train with: hoistwatch train {out} -o OUT --weights yolov8n.pt")


def _list() -> None:
    from recordings.plant.scenario_file import library, load_scenario, scenario_path

    scenarios = [(name, load_scenario(scenario_path(name)).scenario) for name in library()]
    width = max((len(name) for name, _ in scenarios), default=0)
    for name, about in scenarios:
        typer.echo(f"{name:<{width}}  {about.situation:<18}  {about.describes}")


def _told(out: Path, scenario: Scenario, done: Simulated) -> list[str]:
    from recordings.plant.truth import told

    about = scenario.scenario
    pictures = f", {done.frames} pictures" if done.frames else ""
    lines = [f"{out}: {about.seconds:g} s of {about.name}{pictures}"]
    lines += [f"  {line}" for line in told(done.truth)]
    if done.alarms:
        raised = sum(t.event == "raised" for t in done.alarms)
        worst = max((t.level for t in done.alarms if t.event != "cleared"), key=lambda level: level.rank)
        lines.append(f"  engine in the loop: {raised} alarms raised, worst {worst.value}")
    return lines
