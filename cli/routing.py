"""Home authorities: why one is responsible, who would move, deciding again; the table of authorities."""

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from cli.authorities import app as authorities
from cli.http_client import call
from cli.output import KEPT_READABLE, console, refuse, say

app = typer.Typer(no_args_is_help=True)
app.add_typer(
    authorities,
    name="authorities",
    help="The table of authorities: list, compare it with files, import; how each is reached.",
)

Actor = Annotated[str, typer.Option("--as", help="Who you are; default: the user logged in.")]
On = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day asked about; default: today.")
]
Incident = Annotated[UUID | None, typer.Option(help="Only this incident; default: all of them.")]
_FILES = ("authorities", "memberships", "postcodes")


@app.command()
def explain(
    registration_id: Annotated[UUID, typer.Argument(help="The registration.")],
    on: On = None,
    english: Annotated[bool, typer.Option("--english", help="In English instead of Danish.")] = False,
    actor: Actor = "",
) -> None:
    """Say in sentences why an authority is responsible for somebody on a day. The look is audited."""
    params = {"language": "en" if english else "da", **_day(on)}
    path = f"/registrations/{registration_id}/explanation"
    for sentence in call("routing", "GET", path, actor=actor, params=params)["sentences"]:
        console.print(sentence, markup=False)


@app.command()
def preview(
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day, such as 2027-01-01.")],
    incident: Incident = None,
) -> None:
    """Show who would have another home authority or region on a day. Changes nothing, asks no register."""
    params = {**_day(on), **({"incident_id": str(incident)} if incident else {})}
    found = call("routing", "GET", "/reresolution/preview", params=params)
    table = Table("Cases", "From", "To")
    for move in found["moves"]:
        table.add_row(str(move["cases"]), _home(move["from"]), _home(move["to"]))
    if table.row_count:
        console.print(table)
    say(
        f"{found['move']} of {found['cases']} cases would move, {found['stay']} stay, "
        f"{found['undecided']} have no home authority yet."
    )
    say("The register was not asked: that people have moved themselves is seen when they are decided again.")


@app.command()
def reresolve(
    why: Annotated[str, typer.Option(help=f"Why everybody is decided again. {KEPT_READABLE}")],
    on: On = None,
    incident: Incident = None,
    actor: Actor = "",
) -> None:
    """Decide again, in bulk, whoever was last decided for that day or one before it."""
    asked = {"why": why, **_day(on), **({"incident_id": str(incident)} if incident else {})}
    answer = call("routing", "POST", "/reresolution", actor=actor, json=asked)
    say(f"{answer['cases']} cases are decided again. The old decisions stay.")


@authorities.command("import")
def import_(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Holds authorities.csv, memberships.csv and postcodes.csv.", exists=True, file_okay=False
        ),
    ],
    yes: Annotated[
        bool, typer.Option("--yes", help="Import it, after the difference was looked at.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show the difference (the default).")
    ] = False,
    why: Annotated[
        str, typer.Option(help=f"Why the authorities change; needed with --yes. {KEPT_READABLE}")
    ] = "",
    actor: Actor = "",
) -> None:
    """Show what a table of authorities would change and whom it would touch; with --yes import it."""
    answer = _send(folder, actor=actor, dry_run=not yes or dry_run, why=why)
    if not answer["differences"]:
        say("The table is the same as now: nothing to import.")
        return
    console.print(_differences(answer["differences"]))
    touched = ", ".join(answer["authorities_touched"]) or "none today"
    say(f"Homes about which another answer is given: {touched}. Cases: {answer['cases_decided_again']}.")
    for day in answer["later"]:
        homes = ", ".join(day["authorities"])
        say(f"From {day['on']}: {homes}. Cases that are there now: {day['cases']}.")
    if answer["dry_run"]:
        say("Nothing was changed. Import it with --yes and --why.")
    else:
        say(f"Imported as version {answer['version']}; version {answer['version_before']} stays readable.")


def _send(folder: Path, *, actor: str, dry_run: bool, why: str) -> Any:
    with ExitStack() as opened:
        try:
            files = {name: opened.enter_context((folder / f"{name}.csv").open("rb")) for name in _FILES}
        except OSError as error:
            refuse(f"{error.filename}: {error.strerror}")
        return call(
            "routing",
            "POST",
            "/authorities/imports",
            actor=actor,
            params={"dry_run": dry_run},
            files=files,
            data={"why": why},
        )


def _differences(found: list[dict[str, Any]]) -> Table:
    table = Table("What", "Of", "From", "Field", "Before", "After")
    for one in found:
        cells = (one["what"], one["of"], one["on"], one["field"], one["before"], one["after"])
        table.add_row(*(escape(cell or "") for cell in cells))
    return table


def _home(home: dict[str, Any] | None) -> str:
    if home is None:
        return "nobody"
    return escape(f"{home['municipality_name']}, {home['region_name'] or 'no region'}")


def _day(on: datetime | None) -> dict[str, str]:
    return {} if on is None else {"on": on.date().isoformat()}
