"""Commands for engineers and installers: calibrate, export a model, read the audit log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

calibrate_app = typer.Typer(help="Cameras and floor of a site.", no_args_is_help=True)
audit_app = typer.Typer(help="The audit log of a live engine.", no_args_is_help=True)


def add_tool_commands(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.add_typer(calibrate_app, name="calibrate")
    app.command()(export)
    app.add_typer(audit_app, name="audit")


@calibrate_app.command("tsai")
def calibrate_tsai(
    calibration: Annotated[Path, typer.Argument(help="Tsai calibration in XML.", metavar="CAMERA.xml")],
    name: Annotated[str, typer.Option("--name", help="Name of the camera.")],
) -> None:
    """Print the [[camera]] table of a Tsai calibration (as of PETS 2009)."""
    from calibration.convert import camera_from_tsai
    from calibration.site_file import camera_text

    typer.echo(camera_text(camera_from_tsai(calibration, name)))


@calibrate_app.command("projection")
def calibrate_projection(
    matrix: Annotated[Path, typer.Argument(help="3 lines of 4 numbers: u ~ P·[X;1], metres.", metavar="P.txt")],
    name: Annotated[str, typer.Option("--name", help="Name of the camera.")],
    size: Annotated[tuple[int, int], typer.Option("--size", help="Width and height of the picture, px.")],
) -> None:
    """Print the [[camera]] table of a 3x4 projection matrix."""
    from calibration.convert import camera_from_projection, read_matrix
    from calibration.site_file import camera_text

    typer.echo(camera_text(camera_from_projection(read_matrix(matrix), size, name)))


@calibrate_app.command("coverage")
def calibrate_coverage(
    site: Annotated[Path, typer.Option("--site", help="The site file.", metavar="SITE.toml")],
    out: Annotated[Path | None, typer.Option("--out", help="Write the cells here, CSV.", metavar="CELLS.csv")] = None,
) -> None:
    """How many cameras see each 0.25 m of floor, and how accurately."""
    from calibration.coverage import coverage_csv, coverage_map
    from calibration.errors import BadInput
    from calibration.site_file import load_site
    from recordings.atomic import atomic_text

    loaded = load_site(site)
    if not loaded.camera:
        raise BadInput(f"{site}: has no [[camera]], so there is nothing to cover the floor with")
    cells = coverage_map(loaded)
    for least in (1, 2, 3):
        typer.echo(f"seen by {least} or more cameras: {100 * cells.share_seen(least):5.1f} % of the floor")
    seen = cells.sigma_m[cells.count > 0]
    if len(seen):
        typer.echo(f"accuracy where seen: median {float(sorted(seen)[len(seen) // 2]):.2f} m, worst {seen.max():.2f} m")
    if out is not None:
        with atomic_text(out) as stream:
            stream.write(coverage_csv(cells))
        typer.echo(f"cells in {out}")


@calibrate_app.command("reference")
def calibrate_reference(
    site: Annotated[Path, typer.Option("--site", help="The site file.", metavar="SITE.toml")],
    camera: Annotated[list[str] | None, typer.Option("--camera", help="Only this one; can be given again.")] = None,
    out: Annotated[str, typer.Option("--out", help="Folder, relative to the site file.")] = "reference",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace pictures that are there.")] = False,
) -> None:
    """Keep a picture of each camera as it is calibrated, so that a camera that is moved later shows at once.

    Opens the cameras itself: end the engine first where a camera serves one program only.
    """
    from calibration.site_file import load_site
    from recordings.reference_pictures import keep_references

    loaded, base = load_site(site), site.resolve().parent
    kept = keep_references(loaded, base, base / out, only=camera or (), overwrite=overwrite, log=typer.echo)
    for one in kept:
        typer.echo(f"{one.path}: {one.landmarks} landmarks")
    told = [(one, loaded.camera_named(one.camera)) for one in kept]
    for one, table in told:
        line = f'reference = "{out}/{one.path.name}"'
        if table is not None and table.reference != f"{out}/{one.path.name}":
            typer.echo(f"put into [[camera]] {one.camera!r} of {site.name}: {line}")


def export(
    weights: Annotated[Path, typer.Argument(help="Weights that ultralytics loads.", metavar="WEIGHTS.pt")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the OpenVINO model.")],
    size: Annotated[int, typer.Option("--size", help="Longer side of the input, px.")] = 640,
    half: Annotated[bool, typer.Option("--half", help="Store weights in 16 bits.")] = False,
) -> None:
    """Turn ultralytics weights into an OpenVINO model."""
    from tracking.detector_export import export_openvino

    typer.echo(f"wrote {export_openvino(weights, out, size, half)}")


@audit_app.command("verify")
def audit_verify(
    log: Annotated[Path, typer.Argument(help="The log.", metavar="audit.sqlite")],
    row: Annotated[int, typer.Option("--row", min=0, help="Number of a row that was kept elsewhere.")] = 0,
    hash_: Annotated[str, typer.Option("--hash", help="The hash of that row, as a printed record shows it.")] = "",
) -> None:
    """Check that no row was changed, removed or put in. Exit code 1 where one was.

    With --row and --hash of a printed record also that the log, up to that row, is the one that it was printed from.
    """
    from calibration.errors import BadInput
    from safety.audit import AuditLog

    if bool(row) != bool(hash_):
        raise BadInput("--row and --hash: expected both, as a printed record shows them")
    with AuditLog(log, read_only=True) as opened:
        verdict = opened.verify((row, hash_.lower()) if row else None)
    typer.echo(verdict.message)
    raise typer.Exit(0 if verdict.sound else 1)


@audit_app.command("self-tests")
def audit_self_tests(
    log: Annotated[Path, typer.Argument(help="The log.", metavar="audit.sqlite")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write the newest one here as a page.")] = None,
    row: Annotated[int, typer.Option("--row", min=0, help="This one instead of the newest.")] = 0,
    language: Annotated[str, typer.Option("--language", help="en or ko: language of the page.")] = "en",
    site: Annotated[str, typer.Option("--name", help="Name of the hall, for the page.")] = "",
) -> None:
    """List the self-tests of a log, or write one as a page to print."""
    from calibration.errors import BadInput
    from recordings.atomic import atomic_text
    from recordings.live_orders import SELF_TEST, report_of
    from safety.audit import AuditLog
    from ui.cli_common import language_of
    from ui.self_test_words import page, summary

    with AuditLog(log, read_only=True) as opened:
        reports = [report for found in opened.rows_of(SELF_TEST) if (report := report_of(found)) is not None]
    spoken = language_of(language) or "en"
    if out is None:
        for report in reports:
            typer.echo(f"row {report.row}: {summary(report, spoken)}")
        return
    chosen = [report for report in reports if row in (0, report.row)]
    if not chosen:
        raise BadInput(f"{log}: holds no self-test{f' in row {row}' if row else ''}")
    with atomic_text(out) as stream:
        stream.write(page(chosen[-1], site, spoken))
    typer.echo(f"{out}: {summary(chosen[-1], spoken)}")


@audit_app.command("export")
def audit_export(
    log: Annotated[Path, typer.Argument(help="The log.", metavar="audit.sqlite")],
    out: Annotated[Path, typer.Option("-o", "--out", help="A .csv or .json file.")],
    what: Annotated[
        str | None, typer.Option("--what", help="Only rows of this kind, such as access: who saw recorded pictures.")
    ] = None,
) -> None:
    """Write the audit log as CSV or JSON."""
    from calibration.errors import BadInput
    from safety.audit import AuditLog
    from safety.audit_export import export as write

    form = out.suffix.lstrip(".")
    if form not in ("csv", "json"):
        raise BadInput(f"{out}: expected a name that ends in .csv or .json")
    with AuditLog(log, read_only=True) as opened:
        rows = write(opened, out, "csv" if form == "csv" else "json", what=what)
    typer.echo(f"{out}: {rows} rows")
