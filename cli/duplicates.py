"""Commands for possible duplicates: two people decide on a merge; either can undo it."""

from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from cli.http_client import call
from cli.incidents import IncidentArgument
from cli.output import console, make_listing, print_line

app = typer.Typer(no_args_is_help=True)
PairArgument = Annotated[UUID, typer.Argument(help="The pair's id: `folgeskab duplicates list` shows it.")]
Why = Annotated[str, typer.Option(help="The reason. It is stored with the decision.")]
Actor = Annotated[str, typer.Option("--as", help="Your name. Default: the user logged in.")]
_SHOWN_FIELDS = (
    "name", "birth_date", "phone", "email", "identifiers", "addresses", "place",
    "registered_at", "language", "merged_into",
)  # fmt: skip


@app.command("list")
def list_pairs(
    incident_id: IncidentArgument,
    state: Annotated[
        list[str] | None,
        typer.Option(help="open, suggested, merged, dismissed or undone. Default: undecided pairs."),
    ] = None,
    after: Annotated[int, typer.Option(min=0, help="Skip this many pairs. 200 are shown at a time.")] = 0,
) -> None:
    """List the possible duplicates of an incident, the most similar first."""
    pairs = call(
        "registration", "GET", f"/incidents/{incident_id}/duplicates",
        params={"state": state or [], "after": after},
    )  # fmt: skip
    table = make_listing("Pair", "Similarity", "Why", "State", "Suggested by", ids={"Pair"})
    for pair in pairs:
        reasons = ", ".join(pair["reasons"]).replace("_", " ")
        table.add_row(
            pair["id"], f"{pair['score']:.2f}", reasons, pair["state"], escape(pair["suggested_by"] or "")
        )
    console.print(table if pairs else "There are no such pairs.")


@app.command("show")
def show_pair(pair_id: PairArgument, actor: Actor = "") -> None:
    """Show both registrations side by side. The access is logged."""
    pair = call("registration", "GET", f"/duplicates/{pair_id}", actor=actor)
    print_line(f"The pair is {pair['state']}; its similarity is {pair['score']:.2f}.")
    for word, person in zip(("One", "Other"), pair["people"], strict=True):
        print_line(f"{word}: {person['registration_id']}")  # own line, unbroken: people copy the id
    console.print(_side_by_side(*pair["people"]))
    for step in pair["steps"]:
        print_line(
            escape(f"{step['at']} {step['step']} by {step['by']}: {step['why'] or 'no reason answer'}")
        )


def _side_by_side(first: dict[str, Any], second: dict[str, Any]) -> Table:
    table = Table("", "One", "Other")
    for name in _SHOWN_FIELDS:
        table.add_row(name.replace("_", " "), _cell(first[name]), _cell(second[name]))
    return table


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return escape("\n".join(" ".join(str(part) for part in entry.values() if part) for entry in value))
    return escape(str(value or ""))


@app.command()
def suggest(pair_id: PairArgument, why: Why, actor: Actor = "") -> None:
    """Suggest that both registrations are one person. A second person must confirm."""
    _decide(pair_id, "suggest", why, actor)
    print_line("Suggested. Nothing is merged until a second person confirms it.")


@app.command()
def confirm(pair_id: PairArgument, actor: Actor = "") -> None:
    """Confirm a suggestion as a second person, and merge the registrations."""
    _decide(pair_id, "confirm", None, actor)
    print_line("Merged. `folgeskab duplicates undo` can undo it at any time.")


@app.command()
def dismiss(pair_id: PairArgument, why: Why, actor: Actor = "") -> None:
    """Decide that the registrations are two different people."""
    _decide(pair_id, "dismiss", why, actor)
    print_line("Dismissed.")


@app.command()
def undo(pair_id: PairArgument, why: Why, actor: Actor = "") -> None:
    """Undo a merge. A consent withdrawn during the merge stays withdrawn for both people."""
    answer = _decide(pair_id, "undo", why, actor)
    print_line("Undone. They are two people again.")
    _print_fields_to_check(answer)


@app.command()
def split(
    registration_id: Annotated[UUID, typer.Argument(help="The registration to split off.")],
    why: Why,
    actor: Actor = "",
) -> None:
    """Split off a registration that a wrong ID number matched to another person. Removes that number."""
    path = f"/registrations/{registration_id}/split"
    answer = call("registration", "POST", path, actor=actor, json={"why": why})
    print_line(f"Split from {answer['parted_from']}. They are two people again. Register the correct number.")
    _print_fields_to_check(answer)


def _print_fields_to_check(answer: dict[str, Any]) -> None:
    """Print the names of the fields, not their values."""
    for entry in answer["check"]:
        fields = ", ".join(entry["fields"]).replace("_", " ")
        print_line(
            f"Ask {entry['registration_id']}: {fields}. "
            "Corrected during the merge; it is unknown for which person."
        )


def _decide(pair_id: UUID, step: str, why: str | None, actor: str) -> dict[str, Any]:
    answer: dict[str, Any] = call(
        "registration", "POST", f"/duplicates/{pair_id}/{step}", actor=actor, json={"why": why}
    )
    return answer
