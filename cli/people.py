"""One person and their rights: found, shown, given all that is held, restricted, forgotten with proof."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from aiokafka.errors import KafkaError
from rich import print_json
from rich.markup import escape
from rich.table import Table

from cli.erasure_proof import (
    Place,
    ProofSettings,
    held_by_all,
    in_keyring_and_topics,
    in_messages_of_mistakes,
    in_services,
    mentioning,
    mistakes,
    remaining,
)
from cli.export import Assets, gather, write_private
from cli.export_paper import print_export
from cli.http_client import call, caller
from cli.keys import forget
from cli.output import AWAY, console, listing, refuse, say, short
from cli.topic_reader import TopicsAway
from kit.documents.pdf import fonts_in

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
app = typer.Typer(no_args_is_help=True)
Registration = Annotated[UUID, typer.Argument(help="The person's registration.")]
Why = Annotated[str, typer.Option(help="The reason, kept with the record.")]

app.command("forget")(forget)


@app.command()
def search(
    incident_id: Annotated[UUID, typer.Argument(help="As `folgeskab incident list` shows it.")],
    by: Annotated[str, typer.Option(help="cpr, identifier, phone or name.")],
    purpose: Annotated[
        str, typer.Option(help="What for: hotline, registration, follow_up, correction or rights.")
    ],
    scope: Annotated[
        str | None, typer.Option(help="Of an identifier: the region or country that issued it.")
    ] = None,
) -> None:
    """Look for a person. What is sought is asked for: it must stand in no list of processes or commands."""
    value = typer.prompt("Value")
    body = {"incident_id": str(incident_id), "by": by, "value": value, "scope": scope, "purpose": purpose}
    answer = call("registration", "POST", "/searches", json=body)
    table = listing("Registration", "Name", "Born", "Role", "Registered", "Where", ids={"Registration"})
    for one in answer["found"]:
        table.add_row(
            one["registration_id"], escape(one["name"]), str(one["birth_year"] or ""), one["role"],
            short(one["registered_at"]), one["place"],
        )  # fmt: skip
    console.print(table if table.row_count else "Nobody is found.")
    if answer["more"]:
        say("There are more than are shown: say more of the name.")


@app.command()
def show(registration_id: Registration) -> None:
    """Show what is held about a person at registration. That you looked is on record."""
    print_json(data=call("registration", "GET", f"/registrations/{registration_id}"))


@app.command()
def withdraw(
    registration_id: Registration,
    how: Annotated[
        str,
        typer.Option(
            "--how", "--channel",
            help="By which way the citizen said so: hotline, call, in_person, digital_post, email, sms, "
            "letter, paper_form, digital or other.",
        ),
    ],
    purpose: Annotated[str, typer.Option(help="What is withdrawn: contact or registration.")] = "contact",
    on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="The day the citizen said so. Left out: now."
        ),
    ] = None,
    told_by: Annotated[str, typer.Option(help="Who said so: person, guardian or on_behalf.")] = "person",
) -> None:  # fmt: skip
    """Record that a citizen withdraws a consent. Every planned contact stops."""
    body = {"purpose": purpose, "how": how, "told_by": told_by}
    if on is not None:
        body["at"] = on.replace(tzinfo=COPENHAGEN).isoformat()
    if told_by != "person":
        body["teller"] = typer.prompt("Who said so")
    call("registration", "POST", f"/registrations/{registration_id}/withdrawals", json=body)
    say("The withdrawal is recorded: nobody contacts this person on that consent any more.")


@app.command()
def restrict(registration_id: Registration, why: Why) -> None:
    """Keep what is held about a person, and use it for nothing (GDPR art. 18): nobody contacts them."""
    body = {"reason": "restricted", "why": why}
    call("registration", "POST", f"/registrations/{registration_id}/bars", json=body)
    say("Restricted: nobody contacts this person until `folgeskab person unrestrict`.")


@app.command()
def unrestrict(registration_id: Registration, why: Why) -> None:
    """Lift a restriction."""
    call("registration", "POST", f"/registrations/{registration_id}/bars/restricted/lift", json={"why": why})
    say("The restriction is lifted.")


@app.command()
def export(
    registration_id: Registration,
    to: Annotated[Path, typer.Option(file_okay=False, help="The folder; only you can read the files.")],
) -> None:
    """Write everything held about a person: a PDF to read and a JSON file with every row (GDPR art. 15).

    Read both before they are handed out: free text may speak of somebody else.
    """
    try:
        whole = asyncio.run(gather(registration_id, caller()))
    except (TopicsAway, KafkaError, OSError) as error:
        refuse(f"The access log cannot be read: {error}", AWAY)
    names = {one["id"]: one["name"] for one in call("routing", "GET", "/authorities")}
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    paper = print_export(whole, fonts_in(Assets().assets_dir), names)
    for path, content in (
        (f"{registration_id}.json", whole.as_json().encode()),
        (f"{registration_id}.pdf", paper),
    ):
        write_private(to / path, content)
        say(str(to / path))
    say("Read both before you hand them out: free text may speak of somebody else.")


@app.command("forget-proof")
def forget_proof(
    registration_id: Registration,
    search: Annotated[
        bool,
        typer.Option(
            "--search",
            help="Ask for a name or number, and search what every service holds about those who stay.",
        ),
    ] = False,
) -> None:
    """Show that nothing under a forgotten person's keys opens any more, and which records of others stay.

    Exit code 1 if something opens. Records of other people are about those people: they stay, and are listed.
    """
    answers = held_by_all(registration_id, "proof")
    owners = [UUID(one) for one in answers["registration"]["owners"]]
    mentions = call("registration", "GET", f"/registrations/{registration_id}/mentions")
    try:
        elsewhere = asyncio.run(_elsewhere(answers["registration"], owners))
    except (TopicsAway, KafkaError, OSError) as error:
        refuse(f"The proof is not whole: {error}", AWAY)
    places = [*in_services(answers), *elsewhere]
    console.print(_table(places))
    _say_what_remains(mentions, sought=typer.prompt("Name or number") if search else None)
    open_yet = [place.name for place in places if place.opens]
    if open_yet:
        refuse(f"It can still be read, in: {'; '.join(open_yet)}.")
    if not answers["registration"]["forgotten_at"]:
        refuse("This person has not been forgotten.")
    say(
        f"Proved: of {sum(place.found for place in places)} values sealed with this person's keys,"
        " in the places listed, nothing opens any more."
    )
    say("Not searched: backups (they hold the same sealed values), printed papers, files that were exported.")


def _say_what_remains(mentions: dict[str, Any], *, sought: str | None) -> None:
    """List the records of other people that stay, and what was searched for them."""
    stay = remaining(mentions)
    table = listing("Record of another person", "Why it is listed", ids={"Record of another person"})
    for one in stay:
        table.add_row(one.registration_id, one.why)
    if stay:
        console.print(table)
        say(
            "These stay, sealed with those people's own keys: they are about them."
            " Correct what should not stay."
        )
    if mentions["searched"] is None:
        say(
            "Other people's records were not searched: that is done where one person is forgotten,"
            " and not where an incident's last day is over."
        )
    else:
        say(
            f"Searched at registration, when the person was forgotten: {mentions['searched']} of"
            f" {mentions['people']} registrations of other people."
        )
    if sought is None:
        say("Not searched: what routing, outreach and notify hold about other people. --search does that.")
        return
    for one in stay:
        found = mentioning(one.registration_id, sought)
        where = "; ".join(f"{place.name} ({place.opens})" for place in found) or "nowhere"
        say(f"{one.registration_id}: found in {where}.")


async def _elsewhere(own: dict[str, Any], owners: list[UUID]) -> list[Place]:
    settings = ProofSettings()
    return [
        *await in_keyring_and_topics(settings, owners),
        *await in_messages_of_mistakes(settings, mistakes(own)),
    ]


def _table(places: list[Place]) -> Table:
    table = Table("Where", "Found", "Opens")
    for place in places:
        table.add_row(place.name, str(place.found), str(place.opens))
    return table
