"""The triage queue: who waits for a person's decision, whose it is, and the decision."""

from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape

from cli.calling import call
from cli.incidents import IncidentArgument
from cli.known_incident import refuse_unknown
from cli.saying import console, listing, note, say, short

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
    municipality: Annotated[str, typer.Argument(help="The kommunekode of the home authority.")],
    reason: Annotated[str, typer.Option(help="Why; kept sealed.")],
    actor: Actor = "",
) -> None:
    """Decide who the home authority is."""
    body = {"municipality": municipality, "reason": reason}
    answer = call("routing", "POST", f"/triage/{registration_id}/resolve", actor=actor, json=body)
    say(f"{answer['municipality']} is the home authority.")
    for warning in answer["warnings"]:
        note(warning["en"])
