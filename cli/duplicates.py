"""Two registrations that may be one person: two people decide, and may undo it."""

from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from cli.http_client import call
from cli.incidents import IncidentArgument
from cli.output import console, listing, say

app = typer.Typer(no_args_is_help=True)
PairArgument = Annotated[UUID, typer.Argument(help="As `folgeskab duplicates list` shows it.")]
Why = Annotated[str, typer.Option(help="The reason, kept on record.")]
Actor = Annotated[str, typer.Option("--as", help="Who you are; default: the user logged in.")]
_SHOWN = (
    "name", "birth_date", "phone", "email", "identifiers", "addresses", "place",
    "registered_at", "language", "merged_into",
)  # fmt: skip


@app.command("list")
def listed(
    incident_id: IncidentArgument,
    state: Annotated[
        list[str] | None,
        typer.Option(help="open, suggested, merged, dismissed or undone; default: what is to be decided."),
    ] = None,
    after: Annotated[int, typer.Option(min=0, help="Leave out so many: 200 are shown at a time.")] = 0,
) -> None:
    """List the pairs of an incident, the likeliest first."""
    pairs = call(
        "registration", "GET", f"/incidents/{incident_id}/duplicates",
        params={"state": state or [], "after": after},
    )  # fmt: skip
    table = listing("Pair", "Likeness", "Why", "State", "Suggested by", ids={"Pair"})
    for pair in pairs:
        reasons = ", ".join(pair["reasons"]).replace("_", " ")
        table.add_row(
            pair["id"], f"{pair['score']:.2f}", reasons, pair["state"], escape(pair["suggested_by"] or "")
        )
    console.print(table if pairs else "There is nothing to decide.")


@app.command()
def show(pair_id: PairArgument, actor: Actor = "") -> None:
    """Open both side by side. It is put on record that you saw them."""
    pair = call("registration", "GET", f"/duplicates/{pair_id}", actor=actor)
    say(f"The pair is {pair['state']}; its likeness is {pair['score']:.2f}.")
    for word, person in zip(("One", "Other"), pair["people"], strict=True):
        say(f"{word}: {person['registration_id']}")  # each on its own line, whole: it is to be copied
    console.print(_side_by_side(*pair["people"]))
    for step in pair["steps"]:
        say(escape(f"{step['at']} {step['step']} by {step['by']}: {step['why'] or 'no reason told'}"))


def _side_by_side(one: dict[str, Any], other: dict[str, Any]) -> Table:
    table = Table("", "One", "Other")
    for name in _SHOWN:
        table.add_row(name.replace("_", " "), _cell(one[name]), _cell(other[name]))
    return table


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return escape("\n".join(" ".join(str(part) for part in one.values() if part) for one in value))
    return escape(str(value or ""))


@app.command()
def suggest(pair_id: PairArgument, why: Why, actor: Actor = "") -> None:
    """Say that the two are one person. A second person confirms it."""
    _take(pair_id, "suggest", why, actor)
    say("Suggested. Nothing is merged until a second person confirms it.")


@app.command()
def confirm(pair_id: PairArgument, actor: Actor = "") -> None:
    """Merge the two, as the second person."""
    _take(pair_id, "confirm", None, actor)
    say("Merged. `folgeskab duplicates undo` takes it back, at any time.")


@app.command()
def dismiss(pair_id: PairArgument, why: Why, actor: Actor = "") -> None:
    """Say that the two are not one person."""
    _take(pair_id, "dismiss", why, actor)
    say("Dismissed.")


@app.command()
def undo(pair_id: PairArgument, why: Why, actor: Actor = "") -> None:
    """Undo a merge. What was withdrawn meanwhile stays withdrawn for both."""
    told = _take(pair_id, "undo", why, actor)
    say("Undone: each is a person of its own again.")
    _say_what_to_check(told)


@app.command()
def part(registration_id: UUID, why: Why, actor: Actor = "") -> None:
    """Part a registration from whom a mistaken number took it for. It has that number no more."""
    path = f"/registrations/{registration_id}/part"
    told = call("registration", "POST", path, actor=actor, json={"why": why})
    say(f"Parted from {told['parted_from']}: each is a person of its own again. Correct the number.")
    _say_what_to_check(told)


def _say_what_to_check(told: dict[str, Any]) -> None:
    """Name the fields, not what is in them."""
    for one in told["check"]:
        fields = ", ".join(one["fields"]).replace("_", " ")
        say(f"Ask {one['registration_id']}: {fields}. Corrected while they were one; nobody knows of whom.")


def _take(pair_id: UUID, step: str, why: str | None, actor: str) -> dict[str, Any]:
    told: dict[str, Any] = call(
        "registration", "POST", f"/duplicates/{pair_id}/{step}", actor=actor, json={"why": why}
    )
    return told
