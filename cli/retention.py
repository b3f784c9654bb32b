"""Until when the people of an incident are kept."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.http_client import call
from cli.incidents import IncidentArgument
from cli.output import console, listing, say, short


def keep_until(
    incident_id: IncidentArgument,
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The last day: today or later.")],
    why: Annotated[str, typer.Option(help="The reason, kept with the decision.")],
) -> None:
    """Decide the last day a closed incident's people are kept: after it they are forgotten, for good.

    A later decision takes its place; who is forgotten by then stays forgotten.
    """
    body = {"keep_until": f"{day:%Y-%m-%d}", "why": why}
    _say(call("registration", "POST", f"/incidents/{incident_id}/retention", json=body))


def retention(incident_id: IncidentArgument) -> None:
    """Show until when an incident's people are kept, and how far forgetting them has come."""
    _say(call("registration", "GET", f"/incidents/{incident_id}/retention"))


def _say(told: dict[str, Any]) -> None:
    if told["keep_until"] is None:
        say("No last day is decided.")
        return
    table = listing("Last day", "Decided by", "At", "Why", "Forgotten")
    for one in told["history"]:
        table.add_row(
            one["keep_until"], escape(one["set_by"]), short(one["set_at"]), escape(one["why"] or ""),
            str(one["forgotten"]),
        )  # fmt: skip
    console.print(table)
    say(f"{told['state']}: {told['left']} people left, {told['restricted']} of them restricted.")
