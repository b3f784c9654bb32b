"""Commands for the table of authorities: codes, names and contact points."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.http_client import call
from cli.output import NO_PERSONAL_DATA, Listing, console, exit_with_error, make_listing, print_line

app = typer.Typer(no_args_is_help=True)

Actor = Annotated[str, typer.Option("--as", help="Your name. Default: the user logged in.")]
Code = Annotated[
    str,
    typer.Argument(
        metavar="CODE", help="The authority's code: `folgeskab routing authorities list` shows it."
    ),
]
Kind = Annotated[str, typer.Argument(help="The kind: secure_mail, phone, crisis_lead, amk or kop.")]
Value = Annotated[str, typer.Argument(help="The address, phone number or name.")]
Why = Annotated[str, typer.Option(help=f"The reason for the change. {NO_PERSONAL_DATA}")]
_DAY = ["%Y-%m-%d"]
Points = list[dict[str, Any]]


@app.command("list")
def list_authorities(
    text: Annotated[
        str, typer.Argument(help="Show only authorities whose code or name contains this text.")
    ] = "",
    on: Annotated[datetime | None, typer.Option(formats=_DAY, help="The date. Default: today.")] = None,
) -> None:
    """List the authorities on a date, with their codes."""
    params = {} if on is None else {"on": on.date().isoformat()}
    table = make_listing("Code", "Name", "Kind", "Region")
    for row in call("routing", "GET", "/authorities", params=params):
        if text.casefold() in f"{row['id']} {row['name']}".casefold():
            table.add_row(row["id"], escape(row["name"]), row["kind"], row["region"] or "")
    console.print(
        table if table.row_count else "No authority has that text in its code or name. Try a shorter text."
    )


@app.command("contact-points")
def show_contact_points(
    authority: Code,
    on: Annotated[datetime | None, typer.Option(formats=_DAY, help="The date. Default: today.")] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Also show every change: who made it, when and why.")
    ] = False,
) -> None:
    """Show the contact points of an authority on a date."""
    params = {} if on is None else {"on": on.date().isoformat()}
    found = call("routing", "GET", f"/authorities/{authority}/contact-points", params=params)
    points = found["contact_points"]
    console.print(
        _contact_point_table(points) if points else f"{authority} has no contact point on {found['on']}."
    )
    for change in found["history"] if history else ():
        print_line(escape(f"{change['at']} by {change['by']}: {change['why']}"))
        console.print(_contact_point_table(change["contact_points"]))


@app.command("add-contact-point")
def add_contact_point(
    authority: Code,
    kind: Kind,
    value: Value,
    why: Why,
    valid_from: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="First day of use. Default: today.")
    ] = None,
    valid_to: Annotated[
        datetime | None, typer.Option("--until", formats=_DAY, help="First day it is no longer used.")
    ] = None,
    actor: Actor = "",
) -> None:
    """Add a contact point to an authority. The other contact points stay."""

    def add(points: Points, today: str) -> Points:
        first = today if valid_from is None else valid_from.date().isoformat()
        last = None if valid_to is None else valid_to.date().isoformat()
        return [*points, {"kind": kind, "value": value, "valid_from": first, "valid_to": last}]

    _change_contact_points(authority, add, why, actor)


@app.command("end-contact-point")
def end_contact_point(
    authority: Code,
    kind: Kind,
    value: Value,
    why: Why,
    on: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="First day it is no longer used. Default: today.")
    ] = None,
    actor: Actor = "",
) -> None:
    """End a contact point of an authority. It stays in the history."""

    def end(points: Points, today: str) -> Points:
        last = today if on is None else on.date().isoformat()
        if not any(_matches(point, kind, value, last) for point in points):
            exit_with_error(
                f"{authority} has no such contact point on {last}: see `contact-points {authority}`."
            )
        return [
            point | {"valid_to": last} if _matches(point, kind, value, last) else point for point in points
        ]

    _change_contact_points(authority, end, why, actor)


def _change_contact_points(
    authority: str, change: Callable[[Points, str], Points], why: str, actor: str
) -> None:
    path = f"/authorities/{authority}/contact-points"
    found = call("routing", "GET", path)
    before = found["history"][-1]["contact_points"] if found["history"] else found["contact_points"]
    before = [{name: point[name] for name in point if name != "taken_over_from"} for point in before]
    body = {"contact_points": change(before, found["on"]), "why": why, "changes": len(found["history"])}
    call("routing", "PUT", path, actor=actor, json=body)
    show_contact_points(authority)


def _matches(point: dict[str, Any], kind: str, value: str, on: str) -> bool:
    same = (point["kind"], _normalized(point["value"])) == (kind, _normalized(value))
    return same and (
        point["valid_to"] is None or date.fromisoformat(on) < date.fromisoformat(point["valid_to"])
    )


def _normalized(value: str) -> str:
    return value.replace(" ", "").casefold()


def _contact_point_table(points: Sequence[dict[str, Any]]) -> Listing:
    table = make_listing("Kind", "How", "From", "Until")
    for point in points:
        table.add_row(point["kind"], escape(point["value"]), point["valid_from"], point["valid_to"] or "")
    return table
