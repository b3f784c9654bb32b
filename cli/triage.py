"""The triage queue: who waits for a person's decision, whose it is, and the decision."""

from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape

from cli.http_client import call
from cli.incidents import IncidentArgument
from cli.known_incident import refuse_unknown
from cli.output import console, listing, note, refuse, say, short

app = typer.Typer(no_args_is_help=True)
RegistrationArgument = Annotated[UUID, typer.Argument(help="As `folgeskab triage list` shows it.")]
Actor = Annotated[str, typer.Option("--as", help="Who you are; default: the user logged in.")]


@app.command("list")
def listed(incident_id: IncidentArgument) -> None:
    """List the cases in the queue, the longest waiting first."""
    table = listing(
        "Registration", "Queue", "Reason", "Owner", "Due", "Late", "It may be", ids={"Registration"}
    )
    for row in call("routing", "GET", f"/incidents/{incident_id}/triage"):
        table.add_row(
            row["registration_id"], row["queue"], row["reason"], escape(row["owner"] or ""),
            short(row["due_at"]),
            "yes" if row["overdue"] else "", " ".join(row["candidates"]),
        )  # fmt: skip
    if not table.row_count:
        refuse_unknown(incident_id)
    console.print(table if table.row_count else "Nobody waits for a decision.")
    for warning in call("routing", "GET", f"/incidents/{incident_id}/triage/counts")["warnings"]:
        note(warning["en"])


@app.command()
def assign(
    registration_id: RegistrationArgument,
    to: Annotated[str, typer.Argument(help="A person's or a team's name.")],
    actor: Actor = "",
) -> None:
    """Name who takes care of a case."""
    answer = call("routing", "POST", f"/triage/{registration_id}/assign", actor=actor, json={"to": to})
    say(f"{escape(answer['owner'])} takes care of it.")


@app.command()
def resolve(
    registration_id: RegistrationArgument,
    reason: Annotated[str, typer.Option(help="Why; kept sealed.")],
    municipality: Annotated[str, typer.Argument(help="The kommunekode of the home authority, if any.")] = "",
    *,
    event_authority: Annotated[
        bool, typer.Option("--event-authority", help="The authority where it happened follows up.")
    ] = False,
    foreign_follow_up: Annotated[
        str, typer.Option(help="Who follows up in Greenland, the Faroe Islands or abroad; kept sealed.")
    ] = "",
    close: Annotated[bool, typer.Option("--close", help="Nobody follows up.")] = False,
    actor: Actor = "",
) -> None:
    """Decide who the home authority is; where there is none, who else follows up, or that nobody does."""
    rulings: list[tuple[object, dict[str, str], str]] = [
        (municipality, {"municipality": municipality}, "{municipality} is the home authority."),
        (event_authority, {"outcome": "event_authority"}, "{municipality} follows up, where it happened."),
        (
            foreign_follow_up,
            {"outcome": "foreign_follow_up", "follow_up": foreign_follow_up},
            f"The case is closed: {escape(foreign_follow_up)} follows up.",
        ),
        (close, {"outcome": "closed"}, "The case is closed."),
    ]
    chosen = [(body, done) for said, body, done in rulings if said]
    if len(chosen) != 1:
        refuse("Say one of: a kommunekode, --event-authority, --foreign-follow-up, --close.")
    [(body, done)] = chosen
    body |= {"reason": reason}
    answer = call("routing", "POST", f"/triage/{registration_id}/resolve", actor=actor, json=body)
    say(done.replace("{municipality}", answer["municipality"] or ""))
    for warning in answer["warnings"]:
        note(warning["en"])
