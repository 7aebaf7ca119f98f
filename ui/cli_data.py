"""Commands on recordings: replay, import, detect, evaluate, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli_common import counted, language_of, pairs, progress_bar

SiteOption = Annotated[Path, typer.Option("--site", help="The site file.", metavar="SITE.toml")]
OutOption = Annotated[Path, typer.Option("-o", "--out", help="The recording to write.", metavar="REC.mcap")]
RecordingArgument = Annotated[Path, typer.Argument(help="A recording.", metavar="REC.mcap")]

import_app = typer.Typer(help="Make a recording from other data.", no_args_is_help=True)
evaluate_app = typer.Typer(help="Compare with ground truth.", no_args_is_help=True)


def add_data_commands(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command()(replay)
    app.add_typer(import_app, name="import")
    app.command()(detect)
    app.add_typer(evaluate_app, name="evaluate")
    app.command()(report)


def replay(
    recording: RecordingArgument,
    site: Annotated[Path | None, typer.Option("--site", help="Judge by this site instead of the recorded one.")] = None,
    alarms: Annotated[Path | None, typer.Option("--alarms", help="Write the alarm log here, JSON lines.")] = None,
    tracks: Annotated[Path | None, typer.Option("--tracks", help="Write the tracks here, CSV.")] = None,
    detect: Annotated[bool, typer.Option("--detect", help="Run the detector on the recorded video again.")] = False,
    weights: Annotated[Path | None, typer.Option("--weights", help="With --detect: this model.")] = None,
) -> None:
    """Run a recording through the same engine as live, as fast as it goes. Same recording, same bytes."""
    from time import perf_counter

    from calibration.site_file import load_site
    from recordings.replay import check_detectable, run_replay
    from recordings.store import Recording

    opened = Recording(recording)
    judged = None if site is None else load_site(site)
    detector = None
    if detect:
        check_detectable(opened)
        from tracking.detector import open_detector

        table = (judged or opened.site()).detector
        if weights is not None:
            table = table.model_copy(update={"weights": str(weights.resolve())})
        detector = open_detector(table, (site or recording).resolve().parent)
    started_s = perf_counter()
    try:
        with progress_bar("replay") as bar:
            s = run_replay(opened, site=judged, detector=detector, alarms=alarms, tracks=tracks, progress=bar)
    finally:
        if detector is not None:
            detector.close()
    took_s = perf_counter() - started_s
    typer.echo(f"{recording}: {s.duration_s:.1f} s in {s.ticks} ticks, replayed in {took_s:.1f} s")
    if not opened.info.complete:
        typer.echo(f"  cut off at byte {opened.info.cut_at_byte}: everything before it was used")
    typer.echo(
        f"  {len(s.people)} people; {s.events['raised']} alarms raised, {s.events['cleared']} cleared, "
        f"worst {s.worst.value}"
    )
    moves = ", ".join(f"{k} {n}" for k, n in sorted(s.output_changes.items()) if k.endswith(("/permit", "/slow")))
    typer.echo(f"  outputs changed: {moves or 'none'}")
    odd = ", ".join(f"{k} {n}" for k, n in sorted(s.counts.items()) if n)
    if odd:
        typer.echo(f"  not used: {odd}")


@import_app.command("mot")
def import_mot(
    boxes: Annotated[list[str], typer.Argument(help="Box files.", metavar="CAM=det.txt...")],
    site: SiteOption,
    rate: Annotated[float, typer.Option("--rate", help="Frames a second.", metavar="HZ")],
    out: OutOption,
) -> None:
    """Per-camera MOT boxes (frame,id,left,top,width,height,score[,class]) to a recording."""
    from recordings.imports_mot import import_mot as read

    info = read(site, rate, pairs(boxes, "det.txt"), out)
    typer.echo(f"{out}: {info.duration_s:.1f} s of {', '.join(info.cameras)}")


@import_app.command("observations")
def import_observations(
    observations: Annotated[Path, typer.Argument(help="Observations in metres.", metavar="obs.csv")],
    site: SiteOption,
    out: OutOption,
) -> None:
    """World observations (time_s,kind,source,x_m,y_m,z_m,sigma_xy_m,sigma_z_m) to a recording."""
    from recordings.imports_observations import import_observations as read

    info = read(site, observations, out)
    typer.echo(f"{out}: {info.duration_s:.1f} s, {sum(info.counts.values())} sights")


@import_app.command("video")
def import_video(
    videos: Annotated[list[str], typer.Argument(help="Video files.", metavar="CAM=file.mp4...")],
    site: SiteOption,
    out: OutOption,
    rate: Annotated[float | None, typer.Option("--rate", help="Overrides the container's rate.", metavar="HZ")] = None,
    telemetry: Annotated[
        Path | None, typer.Option("--telemetry", help="Hoist telemetry: time_s,hoist,x_m,y_m,z_m.", metavar="CSV")
    ] = None,
    allow_cut: Annotated[bool, typer.Option("--allow-cut", help="Take a damaged video as far as it goes.")] = False,
) -> None:
    """Video files, and hoist telemetry, to a recording. Replay it with --detect."""
    from recordings.imports_video import import_video as read

    with progress_bar("import") as bar:
        info = read(site, pairs(videos, "file.mp4"), rate, telemetry, out, counted(bar), allow_cut)
    typer.echo(
        f"{out}: {info.duration_s:.1f} s of {', '.join(info.video_cameras)}, "
        f"{info.counts.get('telemetry', 0)} telemetry readings"
    )


def detect(
    source: Annotated[Path, typer.Argument(help="A video or a picture.", metavar="VIDEO_OR_IMAGE")],
    boxes: Annotated[Path | None, typer.Option("--boxes", help="Write MOT boxes here.", metavar="F.txt")] = None,
    weights: Annotated[Path | None, typer.Option("--weights", help="A .pt file or an exported model.")] = None,
    site: Annotated[Path | None, typer.Option("--site", help="Take the [detector] table of this site.")] = None,
    backend: Annotated[str, typer.Option("--backend", help="auto, openvino or ultralytics.")] = "auto",
    size: Annotated[int | None, typer.Option("--size", help="Longer side of the model's input, px.")] = None,
    confidence: Annotated[float | None, typer.Option("--confidence", help="Leave out weaker boxes.")] = None,
) -> None:
    """The detector alone: boxes of people, hooks, loads and trolleys in a video or a picture."""
    from ui.detect import run_detect

    run_detect(source, boxes, weights, site, {"backend": backend, "size_px": size, "confidence": confidence})


@evaluate_app.command("tracks")
def evaluate_tracks(
    truth: Annotated[Path, typer.Argument(help="Ground truth.", metavar="GT.csv")],
    tracks: Annotated[Path, typer.Argument(help="From replay --tracks.", metavar="TRACKS.csv")],
    rate: Annotated[float | None, typer.Option("--rate", help="Frames a second of the ground truth.")] = None,
    threshold: Annotated[float, typer.Option("--threshold", help="Farthest match, metres.")] = 1.0,
) -> None:
    """Tracking metrics of people: MOTA, IDF1, switches, errors."""
    from recordings.evaluate_tracks import evaluate_tracks as score

    s = score(truth, tracks, threshold, rate)
    typer.echo(f"{s.frames} frames, {s.objects} true positions of {s.true_ids} people, matched within {threshold:g} m")
    typer.echo(f"  MOTA {s.mota:.3f}   IDF1 {s.idf1:.3f}")
    typer.echo(
        f"  misses {s.misses}   false {s.false_positives}   switches {s.switches}   "
        f"fragments {s.fragmentations}   track ids {s.track_ids}"
    )
    if s.median_error_m is None or s.mean_error_m is None:
        typer.echo("  no track lies near a true position")
    else:
        typer.echo(f"  error median {s.median_error_m:.3f} m   mean {s.mean_error_m:.3f} m")


@evaluate_app.command("recording")
def evaluate_recording(
    recording: RecordingArgument,
    site: Annotated[Path | None, typer.Option("--site", help="Judge by this site instead of the recorded one.")] = None,
) -> None:
    """Alarms of a replay against what the recording says must be raised. Exit code 1 where they differ."""
    from calibration.site_file import load_site
    from recordings.evaluate_recording import evaluate_recording as score
    from recordings.replay import alarms_of
    from recordings.store import Recording

    opened = Recording(recording)
    result = score(opened, alarms_of(opened, None if site is None else load_site(site)))
    for outcome in result.outcomes:
        lead = "" if outcome.lead_s is None else f", {outcome.lead_s:.1f} s before contact"
        when = "" if outcome.reached_s is None else f" at {outcome.reached_s:.1f} s{lead}"
        typer.echo(f"{'hit ' if outcome.hit else 'MISS'}  {outcome.expectation.name}{when}  {outcome.fault}".rstrip())
    for episode, window in result.needless:
        typer.echo(f"NEEDLESS  {episode.situation.value} at {episode.raised_s:.1f} s in {window!r}")
    for episode in result.unjudged:
        typer.echo(f"not judged  {episode.situation.value} at {episode.raised_s:.1f} s")
    typer.echo("passed" if result.passed else "failed")
    raise typer.Exit(0 if result.passed else 1)


def report(
    recording: RecordingArgument,
    out: Annotated[Path, typer.Option("--out", help="Folder for report.html.")] = Path("out/report"),
    site: Annotated[Path | None, typer.Option("--site", help="Judge by this site instead of the recorded one.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="en or ko; default: the site's.")] = None,
) -> None:
    """What happened, as a page with plots: alarms, contacts, floor plan, cameras."""
    from ui.report import run_report

    typer.echo(str(run_report(recording, out, site, language_of(language))))
