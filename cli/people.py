"""Commands for one person and their rights: search, show, export, withdraw, restrict, forget, prove."""

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
    ProofSettings,
    SearchedPlace,
    fetch_subject_access,
    mistaken_merges,
    places_in_services,
    remaining_records,
    search_keyring_and_topics,
    search_mistaken_messages,
    search_record,
)
from cli.export import AssetSettings, collect_export, write_private
from cli.export_paper import print_export
from cli.http_client import call, caller_name
from cli.incidents import IncidentArgument
from cli.keys import forget_person
from cli.output import UNAVAILABLE, console, exit_with_error, format_minute, make_listing, print_line
from cli.topic_reader import TopicReadError
from kit.documents.pdf import fonts_in

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
app = typer.Typer(no_args_is_help=True)
Registration = Annotated[UUID, typer.Argument(help="The person's registration id.")]
Why = Annotated[str, typer.Option(help="The reason. It is stored.")]

app.command("forget")(forget_person)


@app.command()
def search(
    incident_id: IncidentArgument,
    by: Annotated[str, typer.Option(help="What to search by: cpr, identifier, phone or name.")],
    purpose: Annotated[
        str, typer.Option(help="The purpose: hotline, registration, follow_up, correction or rights.")
    ],
    scope: Annotated[
        str | None, typer.Option(help="For an identifier: the region or country that issued it.")
    ] = None,
) -> None:
    """Search for a person. Prompts for the value: personal data must not appear in the shell history."""
    value = typer.prompt("Value")
    body = {"incident_id": str(incident_id), "by": by, "value": value, "scope": scope, "purpose": purpose}
    answer = call("registration", "POST", "/searches", json=body)
    table = make_listing("Registration", "Name", "Born", "Role", "Registered", "Where", ids={"Registration"})
    for person in answer["found"]:
        table.add_row(
            person["registration_id"], escape(person["name"]), str(person["birth_year"] or ""),
            person["role"], format_minute(person["registered_at"]), person["place"],
        )  # fmt: skip
    console.print(table if table.row_count else "No person was found.")
    if answer["more"]:
        print_line("There are more results than shown. Search for more of the name.")


@app.command()
def show(registration_id: Registration) -> None:
    """Show a person's data in registration. The access is logged."""
    print_json(data=call("registration", "GET", f"/registrations/{registration_id}"))


@app.command()
def withdraw(
    registration_id: Registration,
    how: Annotated[
        str,
        typer.Option(
            "--how", "--channel",
            help="How the withdrawal was received: hotline, call, in_person, digital_post, email, sms,"
            " letter, paper_form, digital or other.",
        ),
    ],
    purpose: Annotated[str, typer.Option(help="The consent: contact or registration.")] = "contact",
    on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="Time of the withdrawal. Default: now."
        ),
    ] = None,
    told_by: Annotated[str, typer.Option(help="Who withdraws: person, guardian or on_behalf.")] = "person",
) -> None:  # fmt: skip
    """Record that a person withdraws a consent. Every planned contact is cancelled."""
    body = {"purpose": purpose, "how": how, "told_by": told_by}
    if on is not None:
        body["at"] = on.replace(tzinfo=COPENHAGEN).isoformat()
    if told_by != "person":
        body["teller"] = typer.prompt("Who withdraws")
    call("registration", "POST", f"/registrations/{registration_id}/withdrawals", json=body)
    print_line("The withdrawal is recorded. The person is no longer contacted on that consent.")


@app.command()
def restrict(registration_id: Registration, why: Why) -> None:
    """Restrict processing (GDPR art. 18): the person's data is kept but not used. No contact is made."""
    body = {"reason": "restricted", "why": why}
    call("registration", "POST", f"/registrations/{registration_id}/contact-restrictions", json=body)
    print_line("Restricted. The person is not contacted until `folgeskab person unrestrict`.")


@app.command()
def unrestrict(registration_id: Registration, why: Why) -> None:
    """Lift a restriction of processing."""
    call(
        "registration",
        "POST",
        f"/registrations/{registration_id}/contact-restrictions/restricted/lift",
        json={"why": why},
    )
    print_line("The restriction is lifted.")


@app.command()
def export(
    registration_id: Registration,
    to: Annotated[Path, typer.Option(file_okay=False, help="Folder for the files. Only you can read them.")],
) -> None:
    """Write all data about a person (GDPR art. 15): a PDF to read and a JSON file with every row.

    Read both before you hand them out: free text may mention other people.
    """
    try:
        whole = asyncio.run(collect_export(registration_id, caller_name()))
    except (TopicReadError, KafkaError, OSError) as error:
        exit_with_error(f"The access log cannot be read. Try again when Kafka answers. {error}", UNAVAILABLE)
    names = {authority["id"]: authority["name"] for authority in call("routing", "GET", "/authorities")}
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    paper = print_export(whole, fonts_in(AssetSettings().assets_dir), names)
    for path, content in (
        (f"{registration_id}.json", whole.as_json().encode()),
        (f"{registration_id}.pdf", paper),
    ):
        write_private(to / path, content)
        print_line(str(to / path))
    print_line("Read both before you hand them out: free text may mention other people.")


@app.command("forget-proof")
def forget_proof(
    registration_id: Registration,
    search: Annotated[
        bool,
        typer.Option(
            "--search",
            help="Prompt for a name or number, and search the remaining records in every service for it.",
        ),
    ] = False,
) -> None:
    """Prove that no data of an erased person can be decrypted. List records of other people that stay.

    Exit code 1 if something can be decrypted. Records of other people that mention the person stay.
    """
    answers = fetch_subject_access(registration_id, "proof")
    owners = [UUID(owner) for owner in answers["registration"]["owners"]]
    mentions = call("registration", "GET", f"/registrations/{registration_id}/mentions")
    try:
        elsewhere = asyncio.run(_search_elsewhere(answers["registration"], owners))
    except (TopicReadError, KafkaError, OSError) as error:
        exit_with_error(
            f"The proof is incomplete. Try again when Kafka and the keyring answer. {error}", UNAVAILABLE
        )
    places = [*places_in_services(answers), *elsewhere]
    console.print(_place_table(places))
    _print_remaining_records(mentions, sought=typer.prompt("Name or number") if search else None)
    open_yet = [place.name for place in places if place.opens]
    if open_yet:
        exit_with_error(f"It can still be read, in: {'; '.join(open_yet)}.")
    if not answers["registration"]["forgotten_at"]:
        exit_with_error("This person has not been forgotten. `folgeskab person forget` does that.")
    print_line(
        f"Proved: none of {sum(place.found for place in places)} values encrypted with this person's keys"
        " can be decrypted in the places listed."
    )
    print_line("Not searched: backups (same encrypted values), printed papers, exported files.")


def _print_remaining_records(mentions: dict[str, Any], *, sought: str | None) -> None:
    """Print the records of other people that stay, and the places that were searched for them."""
    records = remaining_records(mentions)
    table = make_listing("Record of another person", "Why it is listed", ids={"Record of another person"})
    for record in records:
        table.add_row(record.registration_id, record.why)
    if records:
        console.print(table)
        print_line(
            "These records stay: they are about other people and encrypted with their keys."
            " Correct what should not stay."
        )
    if mentions["searched"] is None:
        print_line(
            "Other people's records were not searched: the search is part of forgetting one person,"
            " not of the end of an incident's retention."
        )
    else:
        print_line(
            f"Searched in registration when the person was forgotten: {mentions['searched']} of"
            f" {mentions['people']} registrations of other people."
        )
    if sought is None:
        print_line("Not searched: other people's data in routing, outreach and notify. --search does that.")
        return
    for record in records:
        found = search_record(record.registration_id, sought)
        where = "; ".join(f"{place.name} ({place.opens})" for place in found) or "nowhere"
        print_line(f"{record.registration_id}: found in {where}.")


async def _search_elsewhere(own: dict[str, Any], owners: list[UUID]) -> list[SearchedPlace]:
    settings = ProofSettings()
    return [
        *await search_keyring_and_topics(settings, owners),
        *await search_mistaken_messages(settings, mistaken_merges(own)),
    ]


def _place_table(places: list[SearchedPlace]) -> Table:
    table = Table("Where", "Found", "Opens")
    for place in places:
        table.add_row(place.name, str(place.found), str(place.opens))
    return table
