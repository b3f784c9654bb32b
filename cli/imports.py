"""The command `folgeskab import`: import people from a file."""

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

from cli.http_client import call, fetch, try_call
from cli.incidents import IncidentArgument
from cli.output import console, exit_with_error, print_line
from kit.runtime.ids import new_id

POLL_INTERVAL = 0.5  # seconds
_CHUNK_BYTES = 1 << 16  # bytes


FileArgument = Annotated[
    Path,
    typer.Argument(
        exists=True,
        dir_okay=False,
        allow_dash=True,
        help="A CSV file or Excel workbook with a header row, or - for standard input.",
    ),
]


def import_people(
    incident_id: IncidentArgument,
    path: FileArgument,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the file without registering anybody.")
    ] = False,
    sheet: Annotated[
        str | None, typer.Option(help="Name of the sheet in a workbook. Default: the first visible.")
    ] = None,
    wording: Annotated[
        str | None, typer.Option(help="For all consents: version of the consent text that was used.")
    ] = None,
    obtained_by: Annotated[
        str | None, typer.Option(help="For all consents: oral_witnessed, paper_form or digital.")
    ] = None,
    witness: Annotated[str | None, typer.Option(help="For all oral consents: name of the witness.")] = None,
    consented_at: Annotated[
        str | None, typer.Option(help="For all consents: time of the consent, such as 24-11-2026 12:00.")
    ] = None,
    channels: Annotated[
        str | None,
        typer.Option(help="For all consents to contact: channels. Default: call, sms and email as given."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="JSON file to write: line, column and reason of each rejected row.")
    ] = None,
    bad_rows: Annotated[
        Path | None, typer.Option(help="CSV file to write: the rejected rows, to correct and import again.")
    ] = None,
) -> None:
    """Import people from a CSV file or an Excel workbook.

    Valid rows are imported; rejected rows are reported. Importing the same file again changes nothing.
    """
    consent = {
        "wording": wording, "obtained_by": obtained_by, "witness": witness, "consented_at": consented_at,
        "channels": channels,
    }  # fmt: skip
    answer = _upload(incident_id, path, _list_consent_header(consent), dry_run=dry_run, sheet=sheet)
    _write_files(answer, report, bad_rows)
    _report_outcome(answer, bad_rows, dry_run=dry_run)


def _write_files(answer: dict[str, Any], report: Path | None, bad_rows: Path | None) -> None:
    if report:
        report.write_text(json.dumps(answer["bad"], ensure_ascii=False, indent=1))
    if bad_rows and answer["bad_rows"]:
        bad_rows.write_bytes(
            fetch("registration", "GET", f"/imports/{answer['import_id']}/bad-rows.csv").content
        )


def _report_outcome(answer: dict[str, Any], bad_rows: Path | None, *, dry_run: bool) -> None:
    """Print the outcome. After a dry run, offer to import the valid rows. Otherwise fail if rows are bad."""
    print_line(
        f"{answer['rows']} rows: {answer['registered']} {'to be registered' if dry_run else 'registered'}, "
        f"{answer['already_there']} already there, {answer['bad_rows']} bad."
    )
    if answer["hints"]:
        console.print(_problem_table(answer["hints"], "Please check"))
    if answer["bad"]:
        console.print(_bad_row_table(answer["bad"]))
    offered = dry_run and answer["registered"] and sys.stdin.isatty()
    if offered and typer.confirm("Import the valid rows now?"):
        done = call("registration", "POST", f"/imports/{answer['import_id']}/good-rows")
        print_line(f"{done['registered']} registered, {done['already_there']} already there.")
    elif answer["bad"]:
        exit_with_error(_next_step_text(bad_rows, dry_run=dry_run))


def _list_consent_header(consent: dict[str, str | None]) -> dict[str, str]:
    """Return the header with the properties that apply to all consents of the file."""
    stated = {name: text for name, text in consent.items() if text}
    return {"X-List-Consent": quote(json.dumps(stated))} if stated else {}


def _upload(
    incident_id: UUID, path: Path, statement: dict[str, str], *, dry_run: bool, sheet: str | None
) -> dict[str, Any]:
    import_id = new_id()
    params = {"import_id": str(import_id), "dry_run": dry_run}
    if sheet:
        params["sheet"] = sheet
    file_name = "" if str(path) == "-" else path.name
    with _open_binary(path) as file, ThreadPoolExecutor(1) as sending:
        answer = sending.submit(
            call,
            "registration",
            "POST",
            f"/incidents/{incident_id}/imports",
            params=params,
            content=iter(lambda: file.read(_CHUNK_BYTES), b""),  # a pipe has no known length
            headers={"content-type": "application/octet-stream", "X-File-Name": quote(file_name[:200])}
            | statement,
        )
        _show_progress(answer, import_id, path.stat().st_size if path.is_file() else None)
        imported: dict[str, Any] = answer.result()
    return imported


def _open_binary(path: Path) -> IO[bytes]:
    return open(sys.stdin.fileno(), "rb", closefd=False) if str(path) == "-" else path.open("rb")


def _show_progress(answer: "Future[Any]", import_id: UUID, size: int | None) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("reading", total=size)
        while wait([answer], timeout=POLL_INTERVAL).not_done:
            if (job := try_call("registration", f"/imports/{import_id}")) is not None:
                progress.update(bar, completed=job["bytes_read"], description=f"{job['rows']} rows")


def _next_step_text(bad_rows: Path | None, *, dry_run: bool) -> str:
    if dry_run:
        return "Nobody was registered. Correct the bad rows first, or import the file without them."
    where = f" They are in {bad_rows}." if bad_rows else " --bad-rows FILE writes them to a file."
    return f"The bad rows were not imported.{where} Correct them and import again; the others do not change."


def _bad_row_table(problems: list[dict[str, Any]]) -> Table:
    """Return a table with each bad row once, with its first problem."""
    first: dict[int, dict[str, Any]] = {}
    more: Counter[int] = Counter()
    for problem in problems:
        more[problem["line"]] += 1
        first.setdefault(problem["line"], problem)
    rows = [
        problem
        | {"said": f"{problem['said']} (and {more[line] - 1} more)" if more[line] > 1 else problem["said"]}
        for line, problem in first.items()
    ]
    return _problem_table(rows, "Bad rows")


def _problem_table(problems: list[dict[str, Any]], title: str, shown: int = 20) -> Table:
    table = Table(
        "Line",
        "Column",
        "Why",
        title=title,
        caption=f"and {len(problems) - shown} more" if len(problems) > shown else None,
    )
    for row in problems[:shown]:
        table.add_row(str(row["line"]), escape(row["column"]), escape(row["said"]))
    return table
