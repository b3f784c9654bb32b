"""Commands for home authorities: explain, preview a date, decide again, import authorities."""

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
from cli.output import NO_PERSONAL_DATA, console, exit_with_error, print_line

app = typer.Typer(no_args_is_help=True)
app.add_typer(
    authorities,
    name="authorities",
    help="The table of authorities: list, import, contact points.",
)

Actor = Annotated[str, typer.Option("--as", help="Your name. Default: the user logged in.")]
On = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The date. Default: today.")]
Incident = Annotated[UUID | None, typer.Option(help="Only this incident. Default: all incidents.")]
_TABLE_NAMES = ("authorities", "memberships", "postcodes")


@app.command()
def explain(
    registration_id: Annotated[UUID, typer.Argument(help="The person's registration id.")],
    on: On = None,
    english: Annotated[bool, typer.Option("--english", help="Answer in English instead of Danish.")] = False,
    actor: Actor = "",
) -> None:
    """Explain in sentences which authority is responsible for a person on a date. The access is logged."""
    params = {"language": "en" if english else "da", **_day_param(on)}
    path = f"/registrations/{registration_id}/explanation"
    for sentence in call("routing", "GET", path, actor=actor, params=params)["sentences"]:
        console.print(sentence, markup=False)


@app.command()
def preview(
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The date, such as 2027-01-01.")],
    incident: Incident = None,
) -> None:
    """Count the cases that would have another home authority or region on a date. Changes nothing."""
    params = {**_day_param(on), **({"incident_id": str(incident)} if incident else {})}
    found = call("routing", "GET", "/reresolution/preview", params=params)
    table = Table("Cases", "From", "To")
    for move in found["moves"]:
        table.add_row(str(move["cases"]), _home_text(move["from"]), _home_text(move["to"]))
    if table.row_count:
        console.print(table)
    print_line(
        f"{found['move']} of {found['cases']} cases would move, {found['stay']} stay, "
        f"{found['undecided']} have no home authority yet."
    )
    print_line(
        "The CPR register was not asked: people who moved house are found when their case is decided again."
    )


@app.command()
def reresolve(
    why: Annotated[str, typer.Option(help=f"The reason. {NO_PERSONAL_DATA}")],
    on: On = None,
    incident: Incident = None,
    actor: Actor = "",
) -> None:
    """Decide again all cases that were last decided for that date or an earlier one."""
    asked = {"why": why, **_day_param(on), **({"incident_id": str(incident)} if incident else {})}
    answer = call("routing", "POST", "/reresolution", actor=actor, json=asked)
    print_line(f"{answer['cases']} cases are decided again. The old decisions stay.")


@authorities.command("import")
def import_authorities(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder with authorities.csv, memberships.csv and postcodes.csv.",
            exists=True,
            file_okay=False,
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Import, after you have read the differences.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show the differences (the default).")
    ] = False,
    why: Annotated[str, typer.Option(help=f"The reason, required with --yes. {NO_PERSONAL_DATA}")] = "",
    actor: Actor = "",
) -> None:
    """Show the changes of a new table of authorities and the affected cases. With --yes, import it."""
    answer = _post_import(folder, actor=actor, dry_run=not yes or dry_run, why=why)
    if not answer["differences"]:
        print_line("The table is unchanged. There is nothing to import.")
        return
    console.print(_difference_table(answer["differences"]))
    touched = ", ".join(answer["authorities_touched"]) or "none today"
    print_line(f"Authorities affected: {touched}. Cases to decide again: {answer['cases_decided_again']}.")
    for day in answer["later"]:
        homes = ", ".join(day["authorities"])
        print_line(f"From {day['on']}: {homes}. Cases there today: {day['cases']}.")
    if answer["dry_run"]:
        print_line("Nothing was changed. Import with --yes and --why.")
    else:
        print_line(f"Imported as version {answer['version']}; version {answer['version_before']} is kept.")


def _post_import(folder: Path, *, actor: str, dry_run: bool, why: str) -> Any:
    with ExitStack() as opened:
        try:
            files = {name: opened.enter_context((folder / f"{name}.csv").open("rb")) for name in _TABLE_NAMES}
        except OSError as error:
            exit_with_error(f"{error.filename}: {error.strerror}")
        return call(
            "routing",
            "POST",
            "/authorities/imports",
            actor=actor,
            params={"dry_run": dry_run},
            files=files,
            data={"why": why},
        )


def _difference_table(found: list[dict[str, Any]]) -> Table:
    table = Table("What", "Of", "From", "Field", "Before", "After")
    for difference in found:
        cells = (
            difference["what"],
            difference["of"],
            difference["on"],
            difference["field"],
            difference["before"],
            difference["after"],
        )
        table.add_row(*(escape(cell or "") for cell in cells))
    return table


def _home_text(home: dict[str, Any] | None) -> str:
    if home is None:
        return "nobody"
    return escape(f"{home['municipality_name']}, {home['region_name'] or 'no region'}")


def _day_param(on: datetime | None) -> dict[str, str]:
    return {} if on is None else {"on": on.date().isoformat()}
