"""Commands for the triage queue: list cases, assign an owner, resolve a case."""

from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape

from cli.http_client import call
from cli.incidents import IncidentArgument
from cli.known_incident import require_known_incident
from cli.output import console, exit_with_error, format_minute, make_listing, print_line, print_note

app = typer.Typer(no_args_is_help=True)
RegistrationArgument = Annotated[
    UUID, typer.Argument(help="The registration id: `folgeskab triage list` shows it.")
]
Actor = Annotated[str, typer.Option("--as", help="Your name. Default: the user logged in.")]


@app.command("list")
def list_cases(incident_id: IncidentArgument) -> None:
    """List the cases in the queue, the oldest first."""
    table = make_listing(
        "Registration", "Queue", "Reason", "Owner", "Due", "Late", "Candidates", ids={"Registration"}
    )
    for row in call("routing", "GET", f"/incidents/{incident_id}/triage"):
        table.add_row(
            row["registration_id"], row["queue"], row["reason"], escape(row["owner"] or ""),
            format_minute(row["due_at"]),
            "yes" if row["overdue"] else "", " ".join(row["candidates"]),
        )  # fmt: skip
    if not table.row_count:
        require_known_incident(incident_id)
    console.print(table if table.row_count else "No case waits for a decision.")
    for warning in call("routing", "GET", f"/incidents/{incident_id}/triage/counts")["warnings"]:
        print_note(warning["en"])


@app.command()
def assign(
    registration_id: RegistrationArgument,
    to: Annotated[str, typer.Argument(help="Name of a person or a team.")],
    actor: Actor = "",
) -> None:
    """Assign a case to a person or a team."""
    answer = call("routing", "POST", f"/triage/{registration_id}/assign", actor=actor, json={"to": to})
    print_line(f"{escape(answer['owner'])} owns the case.")


@app.command()
def resolve(
    registration_id: RegistrationArgument,
    reason: Annotated[str, typer.Option(help="The reason. Stored encrypted.")],
    municipality: Annotated[str, typer.Argument(help="Code of the home municipality.")] = "",
    *,
    event_authority: Annotated[
        bool, typer.Option("--event-authority", help="The authority of the place of the incident follows up.")
    ] = False,
    foreign_follow_up: Annotated[
        str, typer.Option(help="Who follows up in Greenland, the Faroe Islands or abroad. Stored encrypted.")
    ] = "",
    close: Annotated[bool, typer.Option("--close", help="Nobody follows up.")] = False,
    actor: Actor = "",
) -> None:
    """Decide which authority follows up, or that nobody does."""
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
    chosen = [(body, done) for given, body, done in rulings if given]
    if len(chosen) != 1:
        exit_with_error(
            "Give exactly one of: a municipality code, --event-authority, --foreign-follow-up, --close."
        )
    [(body, done)] = chosen
    body |= {"reason": reason}
    answer = call("routing", "POST", f"/triage/{registration_id}/resolve", actor=actor, json=body)
    print_line(done.replace("{municipality}", answer["municipality"] or ""))
    for warning in answer["warnings"]:
        print_note(warning["en"])
