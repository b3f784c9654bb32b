"""The table of authorities: their codes and names, and how each of them is reached."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.http_client import call
from cli.output import KEPT_READABLE, Listing, console, listing, refuse, say

app = typer.Typer(no_args_is_help=True)

Actor = Annotated[str, typer.Option("--as", help="Who you are; default: the user logged in.")]
Code = Annotated[
    str, typer.Argument(metavar="CODE", help="As `folgeskab routing authorities list` shows it.")
]
Kind = Annotated[str, typer.Argument(help="secure_mail, phone, crisis_lead, amk or kop.")]
Value = Annotated[str, typer.Argument(help="The address, the number, or who it is.")]
Why = Annotated[str, typer.Option(help=f"Kept with the change. {KEPT_READABLE}")]
_DAY = ["%Y-%m-%d"]
Points = list[dict[str, Any]]


@app.command("list")
def listed(
    text: Annotated[str, typer.Argument(help="Only those whose code or name holds this.")] = "",
    on: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="The day asked about; default: today.")
    ] = None,
) -> None:
    """List the authorities of a day with their codes."""
    params = {} if on is None else {"on": on.date().isoformat()}
    table = listing("Code", "Name", "Kind", "Region")
    for row in call("routing", "GET", "/authorities", params=params):
        if text.casefold() in f"{row['id']} {row['name']}".casefold():
            table.add_row(row["id"], escape(row["name"]), row["kind"], row["region"] or "")
    console.print(table if table.row_count else "No authority has that in its code or name.")


@app.command("contact-points")
def contact_points(
    authority: Code,
    on: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="The day asked about; default: today.")
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Every change too: who made it, when and why.")
    ] = False,
) -> None:
    """Show how an authority is reached on a day."""
    params = {} if on is None else {"on": on.date().isoformat()}
    found = call("routing", "GET", f"/authorities/{authority}/contact-points", params=params)
    points = found["contact_points"]
    console.print(_table(points) if points else f"{authority} has no contact point on {found['on']}.")
    for change in found["history"] if history else ():
        say(escape(f"{change['at']} by {change['by']}: {change['why']}"))
        console.print(_table(change["contact_points"]))


@app.command("add-contact-point")
def add_contact_point(
    authority: Code,
    kind: Kind,
    value: Value,
    why: Why,
    valid_from: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="Its first day; default: today.")
    ] = None,
    valid_to: Annotated[
        datetime | None, typer.Option("--until", formats=_DAY, help="The first day it is used no more.")
    ] = None,
    actor: Actor = "",
) -> None:
    """Add a way to reach an authority; the others stay."""

    def added(points: Points, today: str) -> Points:
        first = today if valid_from is None else valid_from.date().isoformat()
        last = None if valid_to is None else valid_to.date().isoformat()
        return [*points, {"kind": kind, "value": value, "valid_from": first, "valid_to": last}]

    _change(authority, added, why, actor)


@app.command("end-contact-point")
def end_contact_point(
    authority: Code,
    kind: Kind,
    value: Value,
    why: Why,
    on: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="The first day it is used no more; default: today.")
    ] = None,
    actor: Actor = "",
) -> None:
    """End a way to reach an authority. That it was one stays readable."""

    def ended(points: Points, today: str) -> Points:
        last = today if on is None else on.date().isoformat()
        if not any(_is_it(one, kind, value, last) for one in points):
            refuse(f"{authority} has no such contact point on {last}: see `contact-points {authority}`.")
        return [one | {"valid_to": last} if _is_it(one, kind, value, last) else one for one in points]

    _change(authority, ended, why, actor)


def _change(authority: str, change: Callable[[Points, str], Points], why: str, actor: str) -> None:
    path = f"/authorities/{authority}/contact-points"
    found = call("routing", "GET", path)
    before = found["history"][-1]["contact_points"] if found["history"] else found["contact_points"]
    before = [{name: one[name] for name in one if name != "taken_over_from"} for one in before]
    body = {"contact_points": change(before, found["on"]), "why": why, "changes": len(found["history"])}
    call("routing", "PUT", path, actor=actor, json=body)
    contact_points(authority)


def _is_it(point: dict[str, Any], kind: str, value: str, on: str) -> bool:
    same = (point["kind"], _plain(point["value"])) == (kind, _plain(value))
    return same and (
        point["valid_to"] is None or date.fromisoformat(on) < date.fromisoformat(point["valid_to"])
    )


def _plain(value: str) -> str:
    return value.replace(" ", "").casefold()


def _table(points: Sequence[dict[str, Any]]) -> Listing:
    table = listing("Kind", "How", "From", "Until")
    for one in points:
        table.add_row(one["kind"], escape(one["value"]), one["valid_from"], one["valid_to"] or "")
    return table
