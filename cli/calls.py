"""Commands for follow-up tasks after calls: list them per authority, close them with a reason."""

from typing import Annotated
from uuid import UUID

import typer

from cli.http_client import call
from cli.output import console, format_minute, make_listing, print_line

app = typer.Typer(no_args_is_help=True)
Authority = Annotated[str, typer.Argument(help="The authority's code, such as 0751 or region-oestdanmark.")]


@app.command("follow-ups")
def list_follow_ups(authority: Authority) -> None:
    """List requests for help, wrong numbers and notes that need follow-up. Shows no names."""
    table = make_listing("Line", "What", "Role", "Told", "By", ids={"Line"})
    for line in call("outreach", "GET", f"/authorities/{authority}/follow-ups")["follow_ups"]:
        table.add_row(
            line["follow_up_id"],
            line["reason"],
            line["role"] or "",
            format_minute(line["told_at"]),
            line["told_by"],
        )
    console.print(table if table.row_count else "There are no open follow-ups.")


@app.command("close")
def close_follow_up(
    authority: Authority,
    follow_up_id: Annotated[UUID, typer.Argument(help="The id: `folgeskab call follow-ups` shows it.")],
) -> None:
    """Close a follow-up. Prompts for the reason: personal data must not appear in the shell history."""
    body = {"authority": authority, "why": typer.prompt("What was done")}
    call("outreach", "POST", f"/follow-ups/{follow_up_id}/close", json=body)
    print_line("The follow-up is closed.")
