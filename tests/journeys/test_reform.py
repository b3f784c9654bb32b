"""An incident on 20 December 2026 with people from every municipality, followed over the reform of 2027.

The clock of the services is moved: first to the reform's first minutes, then to 20 January.
"""

import asyncio
import csv
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.local.driving import Driver
from deploy.local.people import POSTCODES, Invented, invent
from deploy.local.stack import ROOT, Stack
from services.routing.authorities.files import BUILT_IN, FILE_NAMES, load_authorities
from services.routing.domain.authority import AuthorityKind
from tests import incidents
from tests.journeys.clock_shift import at, moved_to
from tests.stacks import connected, stack_in, until

INCIDENT = datetime(2026, 12, 20, 12, tzinfo=UTC)  # a Sunday
REFORM = datetime(2026, 12, 31, 23, 5, tzinfo=UTC)  # five past midnight in Denmark
LATER = datetime(2027, 1, 20, 11, tzinfo=UTC)  # a Wednesday, in working hours
BEFORE, FIRST_DAY = date(2026, 12, 20), date(2027, 1, 1)
AUTHORITIES = load_authorities()
HOMES = [
    row.id
    for kind in (AuthorityKind.MUNICIPALITY, AuthorityKind.STATE)
    for row in AUTHORITIES.of_kind(kind, BEFORE)
]
MOVED_AWAY = {"0101": "0751", "0751": "0101", "0400": "0851"}  # three who move house over Christmas
WITHIN = 90  # seconds for what the services do on their own

# each contact with the decision that held when it was asked for
_CONTACTS = """
select c.kind, c.municipality, c.state, w.plan, c.registration_id
from outreach.contact c join outreach.wave w using (wave_id) where c.incident_id = $1
"""
_DECISIONS = """
select d.registration_id, d.on_date, d.municipality, d.region, d.health_council, d.reason
from routing.decision d join routing.home_case h using (registration_id)
where h.incident_id = $1 order by d.registration_id, d.seq
"""


@dataclass(frozen=True)
class Held:
    """A decision as it stands in the table."""

    on: date
    municipality: str
    region: str | None
    health_council: str | None


@dataclass(frozen=True)
class Journey:
    stack: Stack
    driver: Driver
    incident: str
    before: dict[UUID, list[Held]]  # the decisions of December
    moves: dict[str, Any]  # the preview of the reform, as it was shown in December
    called_before: Counter[str]
    after: dict[UUID, list[Held]]
    contacts: list[dict[str, Any]]


@pytest.fixture(scope="module")
async def journey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Journey]:
    people = one_from_every_home()
    async with (
        stack_in(tmp_path_factory.mktemp("reform"), settings=at(INCIDENT)) as stack,
        Driver(stack) as driver,
    ):
        await driver.tell_register(people)
        incident = await driver.open_incident("Øvelse: jul")
        await driver.import_people(incident, people)
        await incidents.routed(stack, incident, len(people))
        before = await decisions(stack, incident)
        moves = await driver.call(
            "routing", "GET", "/reresolution/preview", params={"on": str(FIRST_DAY), "incident_id": incident}
        )
        await driver.approve_and_launch(await driver.preview(incident, "information"))
        await messages_sent(stack, incident, "information")
        called_before = await listed(driver, incident)

        await driver.tell_register(moved_house(people))
        await moved_to(stack, REFORM, ["routing"])
        await decided_again(stack, incident, len(people))
        await moved_to(stack, LATER)
        await until_listed(driver, incident, len(people))
        await driver.approve_and_launch(await driver.preview(incident, "exercise", repeat=True))
        await messages_sent(stack, incident, "exercise")
        await until_listed(driver, incident, len(people))  # one live call for each, whatever the waves
        after = await decisions(stack, incident)
        yield Journey(
            stack, driver, incident, before, moves, called_before, after, await contacts(stack, incident)
        )


def one_from_every_home() -> list[Invented]:
    with POSTCODES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    postcode = {code: row["postcode"] for row in rows for code in row["municipalities"].split()}
    return [
        replace(
            person,
            municipality=home,
            postcode=postcode[home],
            phone=person.phone or "+4520100000",
            consents_to_contact=True,
            digital_post=True,
        )
        for home, person in zip(HOMES, invent(len(HOMES), seed=2027), strict=True)
    ]


def moved_house(people: list[Invented]) -> list[Invented]:
    return [
        replace(person, municipality=MOVED_AWAY[person.municipality])
        for person in people
        if person.municipality in MOVED_AWAY
    ]


async def decisions(stack: Stack, incident: str) -> dict[UUID, list[Held]]:
    found: dict[UUID, list[Held]] = {}
    async with connected(stack) as connection:
        for row in await connection.fetch(_DECISIONS, UUID(incident)):
            held = Held(row["on_date"], row["municipality"], row["region"], row["health_council"])
            found.setdefault(row["registration_id"], []).append(held)
    return found


async def contacts(stack: Stack, incident: str) -> list[dict[str, Any]]:
    async with connected(stack) as connection:
        return [dict(row) for row in await connection.fetch(_CONTACTS, UUID(incident))]


async def messages_sent(stack: Stack, incident: str, plan: str) -> None:
    async def met() -> bool:
        rows = [row for row in await contacts(stack, incident) if row["plan"] == plan]
        ended = [row for row in rows if row["kind"] == "message" and row["state"] in {"delivered", "failed"}]
        return len(ended) == len(HOMES)

    await until(met, within=WITHIN, what=f"every message of the wave {plan} has come to its end")


async def decided_again(stack: Stack, incident: str, people: int) -> None:
    """Wait until everybody is decided for the new day, and outreach has heard of it."""

    async def met() -> bool:
        async with connected(stack) as connection:
            told = await connection.fetchval(
                "select count(*) from routing.home_case r join outreach.person o using (registration_id) "
                "where r.incident_id = $1 and r.state = 'resolved' and r.decided_on >= $2 "
                "and o.municipality = r.municipality",
                UUID(incident),
                FIRST_DAY,
            )
        return bool(told == people)

    await until(met, within=WITHIN, what="everybody is decided for the first day of 2027")


async def listed(driver: Driver, incident: str) -> Counter[str]:
    """Count the calls on each municipality's list."""
    found: Counter[str] = Counter()
    for home in HOMES:
        path = f"/authorities/{home}/calls"
        answer = await driver.call("outreach", "GET", path, params={"incident_id": incident})
        found[home] += len(answer["calls"])
    return +found


async def until_listed(driver: Driver, incident: str, calls: int) -> None:
    async def met() -> bool:
        return (await listed(driver, incident)).total() == calls

    await until(met, within=WITHIN, what=f"{calls} calls on the lists")


async def folgeskab(stack: Stack, *words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", *words,
        cwd=ROOT, env=stack.env_for("cli") | {"COLUMNS": "200"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


def home_after(before: str) -> str:
    return MOVED_AWAY.get(before, before)


def test_in_december_everybody_belongs_to_the_municipality_and_region_of_december(journey: Journey) -> None:
    assert sorted(held[0].municipality for held in journey.before.values()) == sorted(HOMES)
    for [held] in journey.before.values():
        assert held == Held(BEFORE, held.municipality, AUTHORITIES.region_of(held.municipality, BEFORE), None)


def test_the_preview_named_exactly_those_whom_the_reform_moved(journey: Journey) -> None:
    east = [home for home in HOMES if AUTHORITIES.region_of(home, BEFORE) in {"1084", "1085"}]

    assert len(east) == 46
    assert sorted(move["from"]["municipality"] for move in journey.moves["moves"]) == sorted(east)
    assert {move["to"]["region"] for move in journey.moves["moves"]} == {"region-oestdanmark"}
    assert (journey.moves["move"], journey.moves["stay"], journey.moves["undecided"]) == (46, 53, 0)


def test_every_decision_of_december_still_stands_beside_the_one_for_the_new_year(journey: Journey) -> None:
    assert journey.after.keys() == journey.before.keys()
    for person, (old,) in journey.before.items():
        kept, *new = journey.after[person]

        assert kept == old
        assert new
        for held in new:
            home = home_after(old.municipality)
            assert held.on >= FIRST_DAY
            assert (held.municipality, held.region, held.health_council) == (
                home,
                AUTHORITIES.region_of(home, FIRST_DAY),
                AUTHORITIES.health_council_of(home, FIRST_DAY),
            )


def test_every_contact_belongs_to_the_authority_of_its_own_day(journey: Journey) -> None:
    """The messages went in December; the calls of that wave, and the whole of the next, in January."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for row in journey.contacts:
        found.setdefault((row["plan"], row["kind"]), Counter())[row["municipality"]] += 1
        december = journey.before[row["registration_id"]][0].municipality
        sent_in_december = (row["plan"], row["kind"]) == ("information", "message")
        assert row["municipality"] == (december if sent_in_december else home_after(december))
    in_january = Counter(home_after(home) for home in HOMES)

    assert journey.called_before == Counter()
    assert found == {
        ("information", "message"): Counter(HOMES),
        ("information", "call"): in_january,
        ("exercise", "message"): in_january,
        ("exercise", "call"): in_january,
    }


async def test_the_command_says_why_for_each_day(journey: Journey) -> None:
    person = next(who for who, (held,) in journey.before.items() if held.municipality == "0101")

    december = await folgeskab(journey.stack, "routing", "explain", str(person), "--on", "2026-12-24")
    january = await folgeskab(journey.stack, "routing", "explain", str(person), "--on", "2027-01-20")

    assert "24. december 2026 er Københavns Kommune (0101) ansvarlig." in december
    assert "Region Hovedstaden" in december
    assert "20. januar 2027 er Aarhus Kommune (0751) ansvarlig." in january
    assert "Sundhedsrådet er Sundhedsråd Aarhus." in january
    assert "Tidligere afgørelse, for 20. december 2026: Københavns Kommune, Region Hovedstaden." in january


async def test_the_commands_compare_a_table_and_import_it_when_told_to(
    journey: Journey, tmp_path: Path
) -> None:
    for name in FILE_NAMES:
        text = (BUILT_IN / name).read_text(encoding="utf-8")
        aarhus = "0751,municipality,Aarhus Kommune,0751,55133018,2007-01-01,,,,"
        assert name != FILE_NAMES[0] or aarhus in text
        (tmp_path / name).write_text(text.replace(f"{aarhus},", f"{aarhus}no,"), encoding="utf-8")
    command = ("routing", "authorities", "import", str(tmp_path))

    shown = await folgeskab(journey.stack, *command)
    imported = await folgeskab(journey.stack, *command, "--yes", "--why", "Kriseteamet er nedlagt")

    assert "0751" in shown
    assert "crisis_team" in shown
    assert "Nothing was changed. Import with --yes and --why." in shown
    assert "Imported as version 2; version 1 is kept." in imported
    told = await journey.driver.call("routing", "GET", "/authorities")
    assert next(row for row in told if row["id"] == "0751")["acting"] == "1082"


async def every_reopened_case_is_decided(journey: Journey) -> None:
    """An import of authorities lets the cases of the changed ones be decided again, in its own time."""

    async def met() -> bool:
        async with connected(journey.stack) as connection:
            return not await connection.fetchval(
                "select exists (select from routing.reopening where done_at is null)"
                " or exists (select from routing.home_case where state not in ('resolved', 'triage'))"
            )

    await until(met, within=WITHIN, what="every reopened case is decided")


async def test_the_commands_preview_a_day_and_decide_again(journey: Journey) -> None:
    await every_reopened_case_is_decided(journey)
    preview = await folgeskab(
        journey.stack, "routing", "preview", "--on", "2027-06-01", "--incident", journey.incident
    )
    again = await folgeskab(
        journey.stack, "routing", "reresolve", "--why", "Efter julen", "--incident", journey.incident
    )

    assert "0 of 99 cases would move, 99 stay" in preview
    assert "99 cases are decided again. The old decisions stay." in again
