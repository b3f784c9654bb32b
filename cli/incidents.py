"""Incidents, and how far their people have come."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from cli.event_authorities import check
from cli.http_client import call
from cli.output import console, listing, say, short
from contracts.events.vocabulary import IncidentKind

app = typer.Typer(no_args_is_help=True)
_WHERE: Final = {"event_authority", "event_authorities", "started_at"}
IncidentArgument = Annotated[UUID, typer.Argument(help="As `folgeskab incident list` shows it.")]


@app.command("open")
def open_incident(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    place: Annotated[str, typer.Option(help="Where it happened.")],
    event_authority: Annotated[
        str,
        typer.Option(
            help="The kommunekode of where it happened, as `folgeskab routing authorities list` shows it."
        ),
    ],
    also: Annotated[
        list[str] | None, typer.Option(help="Another event authority, where there are several.")
    ] = None,
    kind: Annotated[IncidentKind, typer.Option(help="What happened.")] = IncidentKind.OTHER,
    started_at: Annotated[datetime | None, typer.Option(help="Default: now.")] = None,
    hotline: Annotated[str | None, typer.Option(help="The hotline's number.")] = None,
    web_page: Annotated[str | None, typer.Option(help="Where people can read more.")] = None,
    exercise: Annotated[
        bool, typer.Option("--exercise", help="An exercise: nothing reaches a real provider.")
    ] = False,
    long_running: Annotated[bool, typer.Option("--long-running", help="Goes on for months.")] = False,
) -> None:
    """Open an incident and print its id. Routing is asked first if the event authorities exist."""
    started = (started_at or datetime.now(UTC)).astimezone()
    check(list(dict.fromkeys([event_authority, *(also or [])])), started)
    answer = call(
        "registration", "POST", "/incidents",
        json={
            "name": name, "place": place, "event_authority": event_authority, "kind": kind.value,
            "event_authorities": also or [], "started_at": started.isoformat(), "hotline": hotline,
            "web_page": web_page, "exercise": exercise, "long_running": long_running,
        },
    )  # fmt: skip
    say(answer["incident_id"])


@app.command("list")
def listed() -> None:
    """List the incidents, newest first."""
    table = listing("Id", "Name", "Place", "Started", "Status", "Exercise", ids={"Id"})
    for incident in call("registration", "GET", "/incidents"):
        table.add_row(
            incident["incident_id"], escape(incident["name"]), escape(incident["place"]),
            short(incident["started_at"]), incident["status"], "yes" if incident["exercise"] else "",
        )  # fmt: skip
    console.print(table)


@app.command()
def close(
    incident_id: IncidentArgument,
    why: Annotated[str | None, typer.Option(help="Kept in the incident's history.")] = None,
) -> None:
    """Close an incident: no more registrations from the scene; the hotline may still register."""
    call("registration", "POST", f"/incidents/{incident_id}/close", json={"why": why})
    say("Closed.")


@app.command()
def reopen(
    incident_id: IncidentArgument,
    why: Annotated[str, typer.Option(help="Kept in the incident's history.")],
) -> None:
    """Reopen a closed incident: every place may register again."""
    call("registration", "POST", f"/incidents/{incident_id}/reopen", json={"why": why})
    say("Open again.")


@app.command()
def correct(
    incident_id: IncidentArgument,
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    kind: Annotated[IncidentKind | None, typer.Option(help="What happened.")] = None,
    place: Annotated[str | None, typer.Option(help="Where it happened.")] = None,
    started_at: Annotated[datetime | None, typer.Option(help="When it began.")] = None,
    event_authority: Annotated[str | None, typer.Option(help="The first of the event authorities.")] = None,
    also: Annotated[list[str] | None, typer.Option(help="Another event authority; may be repeated.")] = None,
    hotline: Annotated[str | None, typer.Option(help="The hotline's number.")] = None,
    web_page: Annotated[str | None, typer.Option(help="Where people can read more.")] = None,
    long_running: Annotated[bool | None, typer.Option(help="Goes on for months.")] = None,
    why: Annotated[str | None, typer.Option(help="Kept in the incident's history.")] = None,
) -> None:
    """Correct what was said of an incident. What is left out stays as it is."""
    said = {
        "name": name, "kind": kind and kind.value, "place": place,
        "started_at": started_at and started_at.astimezone().isoformat(), "event_authority": event_authority,
        "event_authorities": also, "hotline": hotline, "web_page": web_page, "long_running": long_running,
        "why": why,
    }  # fmt: skip
    changed = {field: value for field, value in said.items() if value is not None}
    if changed.keys() & _WHERE:
        _check_corrected(incident_id, changed)
    incident = call("registration", "PATCH", f"/incidents/{incident_id}", json=changed)
    say(f"{incident['name']}, {incident['place']}: corrected.")


def _check_corrected(incident_id: UUID, changed: Mapping[str, Any]) -> None:
    """Look at the authorities as they will be, on the day that it will have begun."""
    after = {**call("registration", "GET", f"/incidents/{incident_id}"), **changed}
    others = after["event_authorities"]
    if "event_authorities" not in changed:
        others = others[1:]  # the first one comes first, and may be another now
    check(
        list(dict.fromkeys([after["event_authority"], *others])), datetime.fromisoformat(after["started_at"])
    )


@app.command()
def history(incident_id: IncidentArgument) -> None:
    """Show what happened to an incident: who opened, closed, reopened or corrected it, when and why."""
    table = listing("When", "What", "By", "Was", "Why")
    for one in call("registration", "GET", f"/incidents/{incident_id}/history"):
        was = "\n".join(f"{field}: {value}" for field, value in one.get("was", {}).items())
        table.add_row(
            short(one["at"]), one["what"], escape(one["by"]), escape(was), escape(one.get("why", ""))
        )
    console.print(table)


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
