"""Commands for the retention of an incident's personal data."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.http_client import call
from cli.incidents import IncidentArgument
from cli.output import console, format_minute, make_listing, print_line


def keep_until(
    incident_id: IncidentArgument,
    day: Annotated[
        datetime, typer.Argument(formats=["%Y-%m-%d"], help="Last day of retention: today or later.")
    ],
    why: Annotated[str, typer.Option(help="The reason. It is stored with the decision.")],
) -> None:
    """Set the last day of retention of a closed incident. After it all its people are forgotten for good.

    A later decision replaces this one. People who are already forgotten stay forgotten.
    """
    body = {"keep_until": f"{day:%Y-%m-%d}", "why": why}
    _print_retention(call("registration", "POST", f"/incidents/{incident_id}/retention", json=body))


def retention(incident_id: IncidentArgument) -> None:
    """Show the last day of retention of an incident, and the progress of erasure."""
    _print_retention(call("registration", "GET", f"/incidents/{incident_id}/retention"))


def _print_retention(answer: dict[str, Any]) -> None:
    if answer["keep_until"] is None:
        print_line("No last day of retention is set.")
        return
    table = make_listing("Last day", "Decided by", "At", "Why", "Forgotten")
    for decision in answer["history"]:
        table.add_row(
            decision["keep_until"], escape(decision["set_by"]), format_minute(decision["set_at"]),
            escape(decision["why"] or ""), str(decision["forgotten"]),
        )  # fmt: skip
    console.print(table)
    print_line(f"{answer['state']}: {answer['left']} people left, {answer['restricted']} of them restricted.")
