"""What somebody must still see to after a call: listed per authority, closed with a reason."""

from typing import Annotated
from uuid import UUID

import typer

from cli.http_client import call
from cli.output import console, listing, say, short

app = typer.Typer(no_args_is_help=True)
Authority = Annotated[str, typer.Argument(help="As `folgeskab routing` names it: 0751, region-oestdanmark.")]


@app.command("follow-ups")
def follow_ups(authority: Authority) -> None:
    """List who wants help, whose number is wrong, and the notes that were only kept. Names nobody."""
    table = listing("Line", "What", "Role", "Told", "By", ids={"Line"})
    for line in call("outreach", "GET", f"/authorities/{authority}/follow-ups")["follow_ups"]:
        table.add_row(
            line["follow_up_id"], line["reason"], line["role"] or "", short(line["told_at"]), line["told_by"]
        )
    console.print(table if table.row_count else "Nothing is left to see to.")


@app.command()
def close(
    authority: Authority,
    follow_up_id: Annotated[UUID, typer.Argument(help="As `folgeskab call follow-ups` lists it.")],
) -> None:
    """Close a line. The reason is asked for: it may speak of the person, and must stand in no list."""
    body = {"authority": authority, "why": typer.prompt("What was done")}
    call("outreach", "POST", f"/follow-ups/{follow_up_id}/close", json=body)
    say("The line is closed.")
