"""Incidents, and how far their people have come."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from cli.calling import call
from cli.saying import console, say
from contracts.vocabulary import IncidentKind

app = typer.Typer(no_args_is_help=True)
IncidentArgument = Annotated[UUID, typer.Argument(help="As `folgeskab incident list` shows it.")]


@app.command("open")
def open_incident(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    place: Annotated[str, typer.Option(help="Where it happened.")],
    event_authority: Annotated[
        str, typer.Option(help="The kommunekode of the municipality where it happened.")
    ],
    kind: Annotated[IncidentKind, typer.Option(help="What happened.")] = IncidentKind.OTHER,
    started_at: Annotated[datetime | None, typer.Option(help="Default: now.")] = None,
    hotline: Annotated[str | None, typer.Option(help="The hotline's number.")] = None,
    web_page: Annotated[str | None, typer.Option(help="Where people can read more.")] = None,
    exercise: Annotated[
        bool, typer.Option("--exercise", help="An exercise: nothing reaches a real provider.")
    ] = False,
) -> None:
    """Open an incident and print its id."""
    started = (started_at or datetime.now(UTC)).astimezone()
    answer = call(
        "registration", "POST", "/incidents",
        json={
            "name": name, "place": place, "event_authority": event_authority, "kind": kind.value,
            "started_at": started.isoformat(), "hotline": hotline, "web_page": web_page, "exercise": exercise,
        },
    )  # fmt: skip
    say(answer["incident_id"])


@app.command("list")
def listed() -> None:
    """List the incidents, newest first."""
    table = Table("Id", "Name", "Place", "Started", "Status", "Exercise")
    for incident in call("registration", "GET", "/incidents"):
        table.add_row(
            incident["incident_id"], escape(incident["name"]), escape(incident["place"]),
            incident["started_at"], incident["status"], "yes" if incident["exercise"] else "",
        )  # fmt: skip
    console.print(table)


@app.command()
def close(incident_id: IncidentArgument) -> None:
    """Close an incident: no more registrations from the scene; the hotline may still register."""
    call("registration", "POST", f"/incidents/{incident_id}/close")
    say("Closed.")


def status(incident_id: IncidentArgument) -> None:
    """Show how far the people of an incident have come, per stage and per bucket."""
    funnel = call("console", "GET", f"/api/incidents/{incident_id}/funnel")
    console.print(funnel_table(funnel))


def funnel_table(funnel: dict[str, Any]) -> Table:
    """Lay out the buckets of one incident with their sum, as `status` and the demo show them."""
    table = Table("Bucket", "People", title="Where everybody is")
    for bucket, people in funnel["buckets"].items():
        table.add_row(bucket.replace("_", " "), str(people))
    total = sum(funnel["buckets"].values())
    table.add_section()
    sign = "=" if total == funnel["registered"] else "≠"
    table.add_row("sum", f"{total} {sign} {funnel['registered']} registered")
    return table
