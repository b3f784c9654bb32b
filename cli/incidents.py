"""Commands for incidents, and the status of their people."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from cli.event_authorities import check_event_authorities
from cli.http_client import call
from cli.output import console, format_minute, make_listing, print_line
from contracts.events.vocabulary import IncidentKind

app = typer.Typer(no_args_is_help=True)
_AUTHORITY_FIELDS: Final = {"event_authority", "event_authorities", "started_at"}
IncidentArgument = Annotated[
    UUID, typer.Argument(help="The incident's id: `folgeskab incident list` shows it.")
]


@app.command("open")
def open_incident(
    name: Annotated[str, typer.Argument(help="Name of the incident.")],
    place: Annotated[str, typer.Option(help="Place of the incident.")],
    event_authority: Annotated[
        str,
        typer.Option(
            help="Code of the municipality of the place: `folgeskab routing authorities list` shows it."
        ),
    ],
    also: Annotated[
        list[str] | None, typer.Option(help="Another event authority. Can be given several times.")
    ] = None,
    kind: Annotated[IncidentKind, typer.Option(help="Kind of incident.")] = IncidentKind.OTHER,
    started_at: Annotated[datetime | None, typer.Option(help="Start time. Default: now.")] = None,
    hotline: Annotated[str | None, typer.Option(help="Phone number of the hotline.")] = None,
    web_page: Annotated[str | None, typer.Option(help="Web page with information.")] = None,
    exercise: Annotated[
        bool, typer.Option("--exercise", help="Exercise: nothing is sent to a real provider.")
    ] = False,
    long_running: Annotated[bool, typer.Option("--long-running", help="Lasts for months.")] = False,
) -> None:
    """Open an incident and print its id. Routing checks first that the event authorities exist."""
    started = (started_at or datetime.now(UTC)).astimezone()
    check_event_authorities(list(dict.fromkeys([event_authority, *(also or [])])), started)
    answer = call(
        "registration", "POST", "/incidents",
        json={
            "name": name, "place": place, "event_authority": event_authority, "kind": kind.value,
            "event_authorities": also or [], "started_at": started.isoformat(), "hotline": hotline,
            "web_page": web_page, "exercise": exercise, "long_running": long_running,
        },
    )  # fmt: skip
    print_line(answer["incident_id"])


@app.command("list")
def list_incidents() -> None:
    """List the incidents, newest first."""
    table = make_listing("Id", "Name", "Place", "Started", "Status", "Exercise", ids={"Id"})
    for incident in call("registration", "GET", "/incidents"):
        table.add_row(
            incident["incident_id"], escape(incident["name"]), escape(incident["place"]),
            format_minute(incident["started_at"]), incident["status"], "yes" if incident["exercise"] else "",
        )  # fmt: skip
    console.print(table)


@app.command()
def close(
    incident_id: IncidentArgument,
    why: Annotated[str | None, typer.Option(help="The reason, stored in the history.")] = None,
) -> None:
    """Close an incident. The scene can no longer register people; the hotline still can."""
    call("registration", "POST", f"/incidents/{incident_id}/close", json={"why": why})
    print_line("Closed.")


@app.command()
def reopen(
    incident_id: IncidentArgument,
    why: Annotated[str, typer.Option(help="The reason, stored in the history.")],
) -> None:
    """Reopen a closed incident. Every place can register people again."""
    call("registration", "POST", f"/incidents/{incident_id}/reopen", json={"why": why})
    print_line("Reopened.")


@app.command()
def correct(
    incident_id: IncidentArgument,
    name: Annotated[str | None, typer.Option(help="Name of the incident.")] = None,
    kind: Annotated[IncidentKind | None, typer.Option(help="Kind of incident.")] = None,
    place: Annotated[str | None, typer.Option(help="Place of the incident.")] = None,
    started_at: Annotated[datetime | None, typer.Option(help="Start time.")] = None,
    event_authority: Annotated[str | None, typer.Option(help="Code of the first event authority.")] = None,
    also: Annotated[
        list[str] | None, typer.Option(help="Another event authority. Can be given several times.")
    ] = None,
    hotline: Annotated[str | None, typer.Option(help="Phone number of the hotline.")] = None,
    web_page: Annotated[str | None, typer.Option(help="Web page with information.")] = None,
    long_running: Annotated[bool | None, typer.Option(help="Lasts for months.")] = None,
    why: Annotated[str | None, typer.Option(help="The reason, stored in the history.")] = None,
) -> None:
    """Correct the data of an incident. Options that are left out change nothing."""
    options = {
        "name": name, "kind": kind and kind.value, "place": place,
        "started_at": started_at and started_at.astimezone().isoformat(), "event_authority": event_authority,
        "event_authorities": also, "hotline": hotline, "web_page": web_page, "long_running": long_running,
        "why": why,
    }  # fmt: skip
    changed = {field: value for field, value in options.items() if value is not None}
    if changed.keys() & _AUTHORITY_FIELDS:
        _check_corrected_authorities(incident_id, changed)
    incident = call("registration", "PATCH", f"/incidents/{incident_id}", json=changed)
    print_line(f"{incident['name']}, {incident['place']}: corrected.")


def _check_corrected_authorities(incident_id: UUID, changed: Mapping[str, Any]) -> None:
    """Check the authorities after the correction, on the corrected start date."""
    after = {**call("registration", "GET", f"/incidents/{incident_id}"), **changed}
    others = after["event_authorities"]
    if "event_authorities" not in changed:
        others = others[1:]  # the list begins with event_authority, which may have changed
    check_event_authorities(
        list(dict.fromkeys([after["event_authority"], *others])), datetime.fromisoformat(after["started_at"])
    )


@app.command()
def history(incident_id: IncidentArgument) -> None:
    """Show the history of an incident: who opened, closed, reopened or corrected it, when and why."""
    table = make_listing("When", "What", "By", "Was", "Why")
    for entry in call("registration", "GET", f"/incidents/{incident_id}/history"):
        was = "\n".join(f"{field}: {value}" for field, value in entry.get("was", {}).items())
        table.add_row(
            format_minute(entry["at"]),
            entry["what"],
            escape(entry["by"]),
            escape(was),
            escape(entry.get("why", "")),
        )
    console.print(table)


def status(incident_id: IncidentArgument) -> None:
    """Show how many people of an incident are in each bucket of the follow-up."""
    funnel = call("console", "GET", f"/api/incidents/{incident_id}/funnel")
    console.print(funnel_table(funnel))


def funnel_table(funnel: dict[str, Any]) -> Table:
    """Return a table of an incident's buckets and their sum."""
    table = Table("Bucket", "People", title="People per bucket")
    for bucket, people in funnel["buckets"].items():
        table.add_row(bucket.replace("_", " "), str(people))
    total = sum(funnel["buckets"].values())
    table.add_section()
    sign = "=" if total == funnel["registered"] else "≠"
    table.add_row("sum", f"{total} {sign} {funnel['registered']} registered")
    return table
