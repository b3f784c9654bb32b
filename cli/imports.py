"""The import of people from a file."""

import json
import sys
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import IO, Annotated, Any
from urllib.parse import quote
from uuid import UUID

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from cli.http_client import call, fetch, glance
from cli.output import console, refuse, say
from kit.runtime.ids import new_id

LOOK_EVERY = 0.5  # seconds
_PIECE = 1 << 16  # bytes


def import_people(
    incident_id: Annotated[UUID, typer.Argument(help="As `folgeskab incident list` shows it.")],
    path: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            allow_dash=True,
            help="A CSV file or Excel workbook with a header row; - reads from a pipe.",
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and register nobody.")] = False,
    sheet: Annotated[
        str | None, typer.Option(help="Which sheet of a workbook. Default: the first visible.")
    ] = None,
    wording: Annotated[
        str | None, typer.Option(help="For every consent of the list: which version of the wording was used.")
    ] = None,
    obtained_by: Annotated[
        str | None, typer.Option(help="For every consent: oral_witnessed, paper_form or digital.")
    ] = None,
    witness: Annotated[str | None, typer.Option(help="For every oral consent: who witnessed it.")] = None,
    consented_at: Annotated[
        str | None, typer.Option(help="For every consent: when it was given, as 24-11-2026 12:00.")
    ] = None,
    channels: Annotated[
        str | None,
        typer.Option(help="For every consent to be contacted. Default: call and sms, or email, as given."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write every bad row's line, column and reason here, as JSON.")
    ] = None,
    bad_rows: Annotated[
        Path | None, typer.Option(help="Write the bad rows here, as CSV to be corrected and imported.")
    ] = None,
) -> None:
    """Import people from a CSV file or a workbook. Good rows go in, bad rows are told.

    The same file again changes nothing.
    """
    consent = {
        "wording": wording, "obtained_by": obtained_by, "witness": witness, "consented_at": consented_at,
        "channels": channels,
    }  # fmt: skip
    answer = _imported(incident_id, path, _statement(consent), dry_run=dry_run, sheet=sheet)
    if report:
        report.write_text(json.dumps(answer["bad"], ensure_ascii=False, indent=1))
    if bad_rows and answer["bad_rows"]:
        bad_rows.write_bytes(
            fetch("registration", "GET", f"/imports/{answer['import_id']}/bad-rows.csv").content
        )
    say(
        f"{answer['rows']} rows: {answer['registered']} {'to be registered' if dry_run else 'registered'}, "
        f"{answer['already_there']} already there, {answer['bad_rows']} bad."
    )
    if answer["hints"]:
        console.print(_told(answer["hints"], "Look once more"))
    if answer["bad"]:
        console.print(_bad(answer["bad"]))
    if dry_run and answer["registered"] and sys.stdin.isatty() and typer.confirm("Import the good rows now?"):
        done = call("registration", "POST", f"/imports/{answer['import_id']}/good-rows")
        say(f"{done['registered']} registered, {done['already_there']} already there.")
        return
    if answer["bad"]:
        refuse(_what_to_do(bad_rows, dry_run=dry_run))


def _statement(consent: dict[str, str | None]) -> dict[str, str]:
    """Return the header that says what holds for the consents of the whole list."""
    stated = {name: text for name, text in consent.items() if text}
    return {"X-List-Consent": quote(json.dumps(stated))} if stated else {}


def _imported(
    incident_id: UUID, path: Path, statement: dict[str, str], *, dry_run: bool, sheet: str | None
) -> dict[str, Any]:
    import_id = new_id()
    params = {"import_id": str(import_id), "dry_run": dry_run}
    if sheet:
        params["sheet"] = sheet
    file_name = "" if str(path) == "-" else path.name
    with _opened(path) as file, ThreadPoolExecutor(1) as sending:
        answer = sending.submit(
            call,
            "registration",
            "POST",
            f"/incidents/{incident_id}/imports",
            params=params,
            content=iter(lambda: file.read(_PIECE), b""),  # a pipe has no length to be told
            headers={"content-type": "application/octet-stream", "X-File-Name": quote(file_name[:200])}
            | statement,
        )
        _follow(answer, import_id, path.stat().st_size if path.is_file() else None)
        imported: dict[str, Any] = answer.result()
    return imported


def _opened(path: Path) -> IO[bytes]:
    return open(sys.stdin.fileno(), "rb", closefd=False) if str(path) == "-" else path.open("rb")


def _follow(answer: "Future[Any]", import_id: UUID, size: int | None) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("reading", total=size)
        while wait([answer], timeout=LOOK_EVERY).not_done:
            if (job := glance("registration", f"/imports/{import_id}")) is not None:
                progress.update(bar, completed=job["bytes_read"], description=f"{job['rows']} rows")


def _what_to_do(bad_rows: Path | None, *, dry_run: bool) -> str:
    if dry_run:
        return (
            "Nobody was registered. The bad rows would be left out: correct them first, or import as it is."
        )
    where = f" They are in {bad_rows}." if bad_rows else " --bad-rows FILE gives them as a file."
    return f"The bad rows were left out.{where} Correct them, import again: the good ones stay as they are."


def _bad(told: list[dict[str, Any]]) -> Table:
    """Show each bad row once, with what to mend first."""
    first: dict[int, dict[str, Any]] = {}
    more: Counter[int] = Counter()
    for one in told:
        more[one["line"]] += 1
        first.setdefault(one["line"], one)
    rows = [
        one | {"said": f"{one['said']} (and {more[line] - 1} more)" if more[line] > 1 else one["said"]}
        for line, one in first.items()
    ]
    return _told(rows, "Bad rows")


def _told(told: list[dict[str, Any]], title: str, shown: int = 20) -> Table:
    table = Table(
        "Line",
        "Column",
        "Why",
        title=title,
        caption=f"and {len(told) - shown} more" if len(told) > shown else None,
    )
    for row in told[:shown]:
        table.add_row(str(row["line"]), escape(row["column"]), escape(row["said"]))
    return table
