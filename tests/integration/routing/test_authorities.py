"""The table of authorities in routing's database: imported from files, dated, one version at a time."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contracts.events.registration import ConsentGiven
from kit.database.database import Database
from services.routing.authorities.directory import AuthorityDirectory
from services.routing.authorities.files import BUILT_IN, FILE_NAMES, parse_table
from services.routing.register.sf1520 import Sf1520Register, Sf1520Settings
from services.routing.use_cases import import_authorities
from services.routing.use_cases.import_authorities import AuthoritiesChanged
from tests.conftest import Databases
from tests.integration.routing.handovers import answer, consent, handovers, registered, states
from tests.integration.routing.handovers import of as about
from tests.unit.routing.cases import REFORM, at
from tests.unit.routing.running import AT, Routing, incident_id

HERE, SPANS = at("0751", postcode="8000"), at(postcode="2750")
Change = Callable[[list[dict[str, str]]], None]


@pytest.fixture
async def database(postgres: object, databases: Databases) -> AsyncIterator[Database]:
    made = Database(await databases.migrate("routing"), name="routing-test")
    async with made.transaction() as session:  # each test begins with our own table
        await session.execute(
            "truncate authority_now, authority_row, authority_membership, authority_postcode"
        )
        await session.execute("truncate authority_version cascade")
    yield made
    await made.close()


@pytest.fixture
async def routing(databases: Databases, database: Database) -> AsyncIterator[Routing]:
    keys = databases.keyring("registration")
    async with Sf1520Register(Sf1520Settings("http://127.0.0.1:1/", attempts=1)) as client:
        yield Routing(database, keys, client)
    await keys.close()


def changed(name: str, change: Change) -> dict[str, bytes]:
    """Our own files, with one of them changed."""
    files = {one: (BUILT_IN / one).read_bytes() for one in FILE_NAMES}
    lines = [line for line in files[name].decode().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    change(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return files | {name: text.getvalue().encode()}


def row_of(rows: list[dict[str, str]], column: str, wanted: str) -> dict[str, str]:
    return next(row for row in rows if row[column] == wanted)


def with_new_name(rows: list[dict[str, str]]) -> None:
    row = row_of(rows, "id", "0751")
    rows.append(row | {"valid_from": "2026-12-01", "name": "Aarhus Storkommune", "languages": "da en"})
    row["valid_to"] = "2026-12-01"


def without_crisis_team(rows: list[dict[str, str]]) -> None:
    row_of(rows, "id", "0751").update(crisis_team="no", opening_hours="8-22", capacity_a_day="40")


def moved_to_the_north(rows: list[dict[str, str]]) -> None:
    row = row_of(rows, "member", "0751")
    assert row["body"] == "1082"
    rows.append(row | {"body": "1081", "valid_from": "2026-01-01"})
    row["valid_to"] = "2026-01-01"


def moving_in_march(rows: list[dict[str, str]]) -> None:
    row = row_of(rows, "member", "0751")
    rows.append(row | {"body": "1081", "valid_from": "2027-03-01"})
    row["valid_to"] = "2027-03-01"


async def send(routing: Routing, files: dict[str, bytes], *, dry_run: bool, why: str = "Nye tal") -> Any:
    named = {name.removesuffix(".csv"): (name, content, "text/csv") for name, content in files.items()}
    return await routing.ask(
        "POST",
        f"/authorities/imports?dry_run={str(dry_run).lower()}",
        files=named,
        data={"why": why},
    )


async def of(routing: Routing, authority: str, query: str = "") -> dict[str, Any]:
    found = await routing.answer("GET", f"/authorities{query}")
    return next(row for row in found if row["id"] == authority)


async def all_rounds(routing: Routing) -> None:
    while await routing.reopening.round() or await routing.work.round():
        pass


async def test_a_dry_run_shows_the_difference_and_changes_nothing(routing: Routing) -> None:
    answer = (await send(routing, changed(FILE_NAMES[0], with_new_name), dry_run=True)).json()

    assert [(d["what"], d["of"], d["on"], d["before"], d["after"]) for d in answer["differences"]] == [
        ("changed", "0751", "2026-12-01", None, "da en"),
        ("renamed", "0751", "2026-12-01", "Aarhus Kommune", "Aarhus Storkommune"),
    ]
    assert answer["authorities_touched"] == []
    assert [one["version"] for one in await routing.answer("GET", "/authorities/versions")] == [1]


async def test_processes_that_start_at_once_put_our_own_table_in_once(database: Database) -> None:
    starting = [AuthorityDirectory(database, {}) for _ in range(4)]

    editions = await asyncio.gather(*(one.reread() for one in starting))

    assert {edition.version for edition in editions} == {1}
    assert {edition.authorities.region_of("0751", REFORM) for edition in editions} == {"1082"}


async def test_an_import_planned_on_a_table_that_was_replaced_is_refused(routing: Routing) -> None:
    files = changed(FILE_NAMES[0], with_new_name), changed(FILE_NAMES[0], without_crisis_team)
    tables = [parse_table(*(content.decode() for content in one.values())) for one in files]
    first, second = [
        await import_authorities.plan_import(routing.directory, table, REFORM) for table in tables
    ]

    await import_authorities.import_table(routing.database, first, REFORM, (AT, "anna", "Nyt navn"))
    with pytest.raises(AuthoritiesChanged):
        await import_authorities.import_table(routing.database, second, REFORM, (AT, "bo", "Intet kriseteam"))

    kept = await routing.answer("GET", "/authorities/versions")
    assert [one["why"] for one in kept][1:] == ["Nyt navn"]


async def test_the_same_table_again_is_no_new_version(routing: Routing) -> None:
    same = {name: (BUILT_IN / name).read_bytes() for name in FILE_NAMES}

    answer = (await send(routing, same, dry_run=False)).json()

    assert (answer["differences"], answer["version"]) == ([], 1)


async def test_an_import_counts_from_its_day_for_every_process_and_the_old_table_stays_readable(
    routing: Routing, database: Database
) -> None:
    another_process = AuthorityDirectory(database, {})
    await another_process.edition()

    answer = (await send(routing, changed(FILE_NAMES[0], with_new_name), dry_run=False)).json()
    await another_process.round()

    assert answer["version"] == 2
    assert (await another_process.edition()).authorities.name_of("0751", REFORM) == "Aarhus Storkommune"
    assert (await of(routing, "0751", "?on=2026-11-30"))["name"] == "Aarhus Kommune"
    assert (await of(routing, "0751", "?on=2026-12-01"))["languages"] == ["da", "en"]
    assert (await of(routing, "0751", "?on=2026-12-01&version=1"))["name"] == "Aarhus Kommune"
    kept = await routing.answer("GET", "/authorities/versions")
    assert [(one["version"], one["made_by"], one["why"]) for one in kept][1:] == [(2, "anna", "Nye tal")]


async def test_those_an_import_touches_are_decided_again_and_nobody_else(routing: Routing) -> None:
    incident = incident_id()
    moves, stays = (
        await routing.person(incident, addresses=[HERE]),
        await routing.person(incident, addresses=[at("0851")]),
    )
    await routing.tell(moves, stays)
    await all_rounds(routing)

    answer = (await send(routing, changed(FILE_NAMES[1], moved_to_the_north), dry_run=False)).json()
    await all_rounds(routing)

    assert [(d["what"], d["of"], d["on"], d["after"]) for d in answer["differences"]] == [
        ("moved", "0751", "2026-01-01", "1081")
    ]
    assert (answer["authorities_touched"], answer["cases_decided_again"]) == (["0751"], 1)
    assert [e.region for e in await routing.said_of(moves.registration_id)] == ["1082", "1081"]
    assert [e.region for e in await routing.said_of(stays.registration_id)] == ["1081"]


async def test_who_acts_is_told_at_once_and_anew_when_a_municipality_delegates(routing: Routing) -> None:
    by_rule, by_person = [await routing.person(incident_id(), addresses=[home]) for home in (HERE, SPANS)]
    await routing.tell(by_rule, by_person)
    await all_rounds(routing)
    ruling = {"municipality": "0751", "reason": "Talte med søsteren"}
    await routing.answer("POST", f"/triage/{by_person.registration_id}/resolve", json=ruling)

    await send(routing, changed(FILE_NAMES[0], without_crisis_team), dry_run=False)
    await all_rounds(routing)

    for person in (by_rule, by_person):
        before, after = (await routing.said_of(person.registration_id))[-2:]
        assert (before.acting, before.covered_by) == ("0751", ("0751", "1082"))
        assert (after.municipality, after.acting, after.covered_by) == ("0751", "1082", ("0751", "1082"))


@pytest.mark.parametrize("named", ["0751", "1082"])
async def test_a_consent_to_the_municipality_or_to_its_region_goes_to_the_region_that_acts(
    routing: Routing, named: str
) -> None:
    await send(routing, changed(FILE_NAMES[0], without_crisis_team), dry_run=False)
    person, other = [
        await registered(routing, None, consent(AT, one), address=HERE) for one in (named, "0851")
    ]
    await all_rounds(routing)
    await answer(routing, person, "accept")

    restated = ConsentGiven(**about(person), consent=consent(AT + timedelta(hours=1), named))
    await routing.tell(restated)

    assert await states(routing, person) == [("1082", "accepted")]
    [refused] = await handovers(routing, other)
    assert (refused["state"], refused["hindrance"]) == ("not_passed_on", "names_others")


async def test_whom_a_change_ahead_will_touch_is_told_with_its_day_and_decided_when_it_comes(
    routing: Routing,
) -> None:
    person = await routing.person(incident_id(), addresses=[HERE])
    await routing.tell(person)
    await all_rounds(routing)

    answer = (await send(routing, changed(FILE_NAMES[1], moving_in_march), dry_run=False)).json()
    await all_rounds(routing)
    in_december = await routing.said_of(person.registration_id)
    routing.clock.at = datetime(2027, 3, 1, 1, tzinfo=UTC)
    await all_rounds(routing)

    assert (answer["authorities_touched"], answer["cases_decided_again"]) == ([], 0)
    [day] = answer["later"]
    assert (day["on"], day["authorities"]) == ("2027-03-01", ["0751"])
    assert day["cases"] >= 1
    assert [event.region for event in in_december] == ["1082"]
    assert [event.region for event in await routing.said_of(person.registration_id)] == ["1082", "1081"]


async def test_a_decision_in_hand_while_the_table_is_replaced_is_decided_on_the_new_one(
    routing: Routing,
) -> None:
    person = await routing.person(incident_id(), addresses=[HERE])
    await routing.tell(person)
    another_process = routing.worker()
    another_process._directory = AuthorityDirectory(routing.database, {})
    await another_process._directory.edition()

    await send(routing, changed(FILE_NAMES[0], without_crisis_team), dry_run=False)
    in_hand = await another_process.claim()
    await another_process.work(in_hand)
    after_the_late_one = await routing.said_of(person.registration_id)
    await another_process.round()

    assert after_the_late_one == []
    [decision] = await routing.answer("GET", f"/registrations/{person.registration_id}/decisions")
    assert decision["acting"] == "1082"


def unknown_region(rows: list[dict[str, str]]) -> None:
    row_of(rows, "member", "0751")["body"] = "1099"


def gap_in_time(rows: list[dict[str, str]]) -> None:
    row_of(rows, "member", "0751")["valid_from"] = "2008-01-01"


def twice(rows: list[dict[str, str]]) -> None:
    rows.append(row_of(rows, "member", "0751") | {"body": "1081", "valid_from": "2020-01-01"})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (unknown_region, "body of 0751: unknown code 1099"),
        (gap_in_time, "0751: has no region from 2007-01-01 to 2008-01-01"),
        (twice, "0751: has two regions from 2020-01-01 on"),
    ],
)
async def test_unknown_codes_gaps_and_overlaps_are_refused_whole(
    routing: Routing, change: Change, told: str
) -> None:
    answer = await send(routing, changed(FILE_NAMES[1], change), dry_run=False)

    assert answer.status_code == 422
    assert told in [error["reason"] for error in answer.json()["errors"]]
    assert len(await routing.answer("GET", "/authorities/versions")) == 1


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"postcodes.csv": b"\xff\xfe"}, "postcodes.csv: not UTF-8 text: save it as CSV UTF-8"),
        ({"postcodes.csv": b"a,b\n1,2\n"}, "postcodes.csv row 1: 'postcode'"),
        ({"authorities.csv": b'id,kind\n"x\n'}, "authorities.csv row 1: unexpected end of data"),
    ],
)
async def test_a_file_that_is_no_table_is_refused_with_its_place(
    routing: Routing, files: dict[str, bytes], told: str
) -> None:
    answer = await send(
        routing, {name: (BUILT_IN / name).read_bytes() for name in FILE_NAMES} | files, dry_run=False
    )

    assert answer.status_code == 422
    assert told in [error["reason"] for error in answer.json()["errors"]]


async def test_an_authority_that_decisions_stand_on_cannot_be_left_out(routing: Routing) -> None:
    files = {name: (BUILT_IN / name).read_bytes() for name in FILE_NAMES}
    smaller = b"\n".join(line for line in files[FILE_NAMES[0]].splitlines() if not line.startswith(b"0955,"))

    answer = await send(routing, files | {FILE_NAMES[0]: smaller}, dry_run=False)

    assert answer.status_code == 422
    assert "0955: is in use and missing here" in answer.text


async def test_an_import_says_why(routing: Routing) -> None:
    answer = await send(routing, changed(FILE_NAMES[0], with_new_name), dry_run=False, why=" ")

    assert answer.status_code == 422
    assert answer.json()["type"].endswith("no-reason")


async def test_what_an_authority_can_do_is_told_with_it(routing: Routing) -> None:
    await send(routing, changed(FILE_NAMES[0], without_crisis_team), dry_run=False)

    told = await of(routing, "0751", f"?on={REFORM}")

    assert {name: told[name] for name in ("crisis_team", "acting", "opening_hours", "capacity_a_day")} == {
        "crisis_team": False,
        "acting": "1082",
        "opening_hours": "8-22",
        "capacity_a_day": 40,
    }
    assert told["health_council"] == "sundhedsraad-aarhus"


async def test_contact_points_are_those_of_the_day_and_every_change_is_kept(routing: Routing) -> None:
    path = "/authorities/0751/contact-points"
    old = {"kind": "phone", "value": "+45 89 40 20 00", "valid_from": "2020-01-01", "valid_to": "2026-12-31"}
    new = {"kind": "secure_mail", "value": "krise@example.dk", "valid_from": "2027-01-01"}

    await routing.answer("PUT", path, json={"contact_points": [old], "why": "Oprettet"})
    await routing.answer("PUT", path, by="bo", json={"contact_points": [old, new], "why": "Ny postkasse"})

    before = await routing.answer("GET", f"{path}?on=2026-12-30")
    after = await routing.answer("GET", f"{path}?on={date(2027, 1, 1)}")
    assert [one["value"] for one in before["contact_points"]] == ["+45 89 40 20 00"]
    assert [one["value"] for one in after["contact_points"]] == ["krise@example.dk"]
    assert [(one["by"], one["why"], len(one["contact_points"])) for one in after["history"]] == [
        ("anna", "Oprettet", 1),
        ("bo", "Ny postkasse", 2),
    ]


@pytest.mark.parametrize(
    ("authority", "point", "status"),
    [
        ("9999", {"kind": "amk", "value": "AMK", "valid_from": "2020-01-01"}, 404),
        ("0751", {"kind": "phone", "value": "ring", "valid_from": "2020-01-01"}, 422),
        ("0751", {"kind": "secure_mail", "value": "krise", "valid_from": "2020-01-01"}, 422),
        ("0751", {"kind": "kop", "value": "KOP", "valid_from": "2020-01-02", "valid_to": "2020-01-01"}, 422),
    ],
)
async def test_a_contact_point_that_reaches_nobody_is_refused(
    routing: Routing, authority: str, point: dict[str, str], status: int
) -> None:
    path = f"/authorities/{authority}/contact-points"

    answer = await routing.ask("PUT", path, json={"contact_points": [point], "why": "Prøve"})

    assert answer.status_code == status
