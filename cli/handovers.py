"""Commands for handovers to home authorities: list, answer, write the record."""

from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from rich.markup import escape

from cli.http_client import call, fetch
from cli.incidents import IncidentArgument
from cli.known_incident import require_known_incident
from cli.output import console, format_minute, make_listing, print_line, print_note
from contracts.events.vocabulary import RefusalReason

app = typer.Typer(no_args_is_help=True)
_MISSING_CONSENT: Final = {
    "no_consent": "a consent",
    "withdrawn": "a new consent (withdrawn)",
    "expired": "a new consent (expired)",
    "names_others": "a consent that covers this authority",
    "names_unknown": "a new consent (names only unknown authorities)",
}
HandoverArgument = Annotated[
    UUID, typer.Argument(help="The handover's id: `folgeskab handover list` shows it.")
]
Actor = Annotated[str, typer.Option("--as", help="Your name. Default: the user logged in.")]


@app.command("list")
def list_handovers(
    incident_id: IncidentArgument,
    state: Annotated[
        str | None, typer.Option(help="Only this state, such as offered, refused, not_passed_on.")
    ] = None,
    authority: Annotated[str | None, typer.Option(help="Only this authority: its code.")] = None,
    region: Annotated[str | None, typer.Option(help="Only municipalities of this region.")] = None,
) -> None:
    """List the handovers of an incident, show which are late, and count them by state."""
    wanted = {"state": state, "authority": authority, "region": region}
    params = {name: value for name, value in wanted.items() if value}
    table = make_listing(
        "Handover", "Registration", "Authority", "State", "Waits for", "Until", "Late",
        ids={"Handover", "Registration"},
    )  # fmt: skip
    names = {row["id"]: row["name"] for row in call("routing", "GET", "/authorities")}
    for row in call("routing", "GET", f"/incidents/{incident_id}/handovers", params=params):
        waits, until = _next_step(row)
        table.add_row(
            row["handover_id"] or "", row["registration_id"], _code_and_name(row["authority"], names),
            row["state"], waits, format_minute(until), "yes" if row["overdue"] else "",
        )  # fmt: skip
    if not table.row_count:
        require_known_incident(incident_id)
    console.print(table if table.row_count else "There are no handovers.")
    counts = call("routing", "GET", f"/incidents/{incident_id}/handovers/counts")
    print_line(", ".join(f"{people} {state}" for state, people in counts["states"].items() if people))
    for warning in counts["warnings"]:
        print_note(warning["en"])


@app.command()
def accept(handover_id: HandoverArgument, actor: Actor = "") -> None:
    """Accept a handover: from now on the authority is responsible."""
    answer = call("routing", "POST", f"/handovers/{handover_id}/accept", actor=actor)
    print_line(f"{escape(answer['authority'])} is responsible. Contact the person by {answer['contact_by']}.")


@app.command("accept-all")
def accept_all(
    incident_id: IncidentArgument,
    authority: Annotated[str, typer.Argument(help="Code of the municipality or region that accepts.")],
    actor: Actor = "",
) -> None:
    """Accept every handover of an incident that is offered to one authority."""
    path, accepted, left = f"/incidents/{incident_id}/handovers/accept", 0, 1
    while left:
        answer = call("routing", "POST", path, actor=actor, json={"authority": authority})
        accepted, left = accepted + answer["accepted"], answer["left"] if answer["accepted"] else 0
    print_line(f"{escape(authority)} is responsible for {accepted} more people.")


@app.command()
def refuse(
    handover_id: HandoverArgument,
    reason: Annotated[RefusalReason, typer.Option(help="The reason, as a code.")],
    why: Annotated[str, typer.Option(help="The reason in your own words. Stored encrypted.")],
    municipality: Annotated[
        str | None, typer.Option(help="Code of the responsible municipality, if known.")
    ] = None,
    actor: Actor = "",
) -> None:
    """Refuse a handover. The case goes to the triage queue for a new decision."""
    body = {"reason": reason.value, "why": why, "municipality": municipality}
    call("routing", "POST", f"/handovers/{handover_id}/refuse", actor=actor, json=body)
    print_line("Refused. The case is in the triage queue for a new decision.")


@app.command("first-contact")
def first_contact(handover_id: HandoverArgument, actor: Actor = "") -> None:
    """Record that the person was reached now."""
    answer = call("routing", "POST", f"/handovers/{handover_id}/first-contact", actor=actor)
    print_line(f"First contact at {answer['first_contact_at']}.")


@app.command()
def record(
    handover_id: HandoverArgument,
    pdf: Annotated[Path, typer.Option(help="The PDF file to write, for the authority's journal.")],
    actor: Actor = "",
) -> None:
    """Write the record of the disclosed data as a PDF. The access is logged."""
    answer = fetch("routing", "GET", f"/handovers/{handover_id}/record.pdf", actor=actor)
    pdf.write_bytes(answer.content)
    print_line(f"Written to {escape(str(pdf))}.")


def _code_and_name(code: str | None, names: dict[str, str]) -> str:
    return escape(" ".join(dict.fromkeys((code, names.get(code, code))))) if code else ""


def _next_step(row: dict[str, Any]) -> tuple[str, str]:
    """Return the awaited step and its deadline."""
    if row["state"] == "offered":
        return "an answer", row["answer_by"]
    if row["state"] == "accepted":
        return "first contact", row["contact_by"]
    return _MISSING_CONSENT.get(row.get("hindrance") or "", ""), ""
