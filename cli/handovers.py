"""Handovers to authorities at home: list, answer, read the record."""

from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from rich.markup import escape

from cli.http_client import call, fetch
from cli.incidents import IncidentArgument
from cli.known_incident import refuse_unknown
from cli.output import console, listing, note, say, short
from contracts.events.vocabulary import RefusalReason

app = typer.Typer(no_args_is_help=True)
_CONSENTS: Final = {
    "no_consent": "a consent",
    "withdrawn": "a new consent: it was withdrawn",
    "expired": "a new consent: it has expired",
    "names_others": "a consent that names this authority, or none",
    "names_unknown": "a new consent: it names only authorities that do not exist",
}
HandoverArgument = Annotated[UUID, typer.Argument(help="As `folgeskab handover list` shows it.")]
Actor = Annotated[str, typer.Option("--as", help="Who you are; default: the user logged in.")]


@app.command("list")
def listed(
    incident_id: IncidentArgument,
    state: Annotated[
        str | None, typer.Option(help="Only this state, such as offered, refused or not_passed_on.")
    ] = None,
    authority: Annotated[str | None, typer.Option(help="Only this authority, by its code.")] = None,
    region: Annotated[str | None, typer.Option(help="Only the municipalities of this region.")] = None,
) -> None:
    """List the handovers of an incident, who is late among them, and how many are where."""
    wanted = {"state": state, "authority": authority, "region": region}
    params = {name: value for name, value in wanted.items() if value}
    table = listing(
        "Handover", "Registration", "Authority", "State", "Waits for", "Until", "Late",
        ids={"Handover", "Registration"},
    )  # fmt: skip
    names = {row["id"]: row["name"] for row in call("routing", "GET", "/authorities")}
    for row in call("routing", "GET", f"/incidents/{incident_id}/handovers", params=params):
        waits, until = _waiting(row)
        table.add_row(
            row["handover_id"] or "", row["registration_id"], _named(row["authority"], names), row["state"],
            waits, short(until), "yes" if row["overdue"] else "",
        )  # fmt: skip
    if not table.row_count:
        refuse_unknown(incident_id)
    console.print(table if table.row_count else "There is no handover yet.")
    counts = call("routing", "GET", f"/incidents/{incident_id}/handovers/counts")
    say(", ".join(f"{people} {state}" for state, people in counts["states"].items() if people))
    for warning in counts["warnings"]:
        note(warning["en"])


@app.command()
def accept(handover_id: HandoverArgument, actor: Actor = "") -> None:
    """Take a case over: from here the authority is responsible."""
    answer = call("routing", "POST", f"/handovers/{handover_id}/accept", actor=actor)
    say(f"{escape(answer['authority'])} is responsible. Contact the person by {answer['contact_by']}.")


@app.command("accept-all")
def accept_all(
    incident_id: IncidentArgument,
    authority: Annotated[str, typer.Argument(help="The kommunekode or region that takes them over.")],
    actor: Actor = "",
) -> None:
    """Take over every case of an incident that is offered to one authority."""
    path, accepted, left = f"/incidents/{incident_id}/handovers/accept", 0, 1
    while left:
        answer = call("routing", "POST", path, actor=actor, json={"authority": authority})
        accepted, left = accepted + answer["accepted"], answer["left"] if answer["accepted"] else 0
    say(f"{escape(authority)} is responsible for {accepted} people more.")


@app.command()
def refuse(
    handover_id: HandoverArgument,
    reason: Annotated[RefusalReason, typer.Option(help="Why, in one word of the list.")],
    why: Annotated[str, typer.Option(help="Why, in your own words; kept sealed.")],
    municipality: Annotated[
        str | None, typer.Option(help="The kommunekode of the one whose case it is, if you know.")
    ] = None,
    actor: Actor = "",
) -> None:
    """Refuse a case: a person decides anew in the triage queue."""
    body = {"reason": reason.value, "why": why, "municipality": municipality}
    call("routing", "POST", f"/handovers/{handover_id}/refuse", actor=actor, json=body)
    say("Refused. A person decides anew in the triage queue.")


@app.command("first-contact")
def first_contact(handover_id: HandoverArgument, actor: Actor = "") -> None:
    """Say that the person has been reached, now."""
    answer = call("routing", "POST", f"/handovers/{handover_id}/first-contact", actor=actor)
    say(f"First contact at {answer['first_contact_at']}.")


@app.command()
def record(
    handover_id: HandoverArgument,
    pdf: Annotated[Path, typer.Option(help="Where to write it, for the authority's journal.")],
    actor: Actor = "",
) -> None:
    """Write the record of what is passed on as a PDF. The look is audited."""
    answer = fetch("routing", "GET", f"/handovers/{handover_id}/record.pdf", actor=actor)
    pdf.write_bytes(answer.content)
    say(f"Written to {escape(str(pdf))}.")


def _named(code: str | None, names: dict[str, str]) -> str:
    return escape(" ".join(dict.fromkeys((code, names.get(code, code))))) if code else ""


def _waiting(row: dict[str, Any]) -> tuple[str, str]:
    """Name the step that is waited for, and until when."""
    if row["state"] == "offered":
        return "an answer", row["answer_by"]
    if row["state"] == "accepted":
        return "first contact", row["contact_by"]
    return _CONSENTS.get(row.get("hindrance") or "", ""), ""
