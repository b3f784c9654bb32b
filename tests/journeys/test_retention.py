"""At the end of an incident's retention its people are erased; after a year consents expire.

The clock of the services is moved twice: past the last day, then past the year that consents are given for.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from deploy.local.driving import Driver, RefusedError
from deploy.local.people import Invented
from deploy.local.stack import Stack
from tests import incidents
from tests.data_at_rest import readable
from tests.journeys.clock_shift import at, moved_to
from tests.journeys.incident_end import (
    OTHERS,
    PEOPLE,
    READERS,
    asked_while_notify_is_away,
    bar,
    by_hotline,
    closed,
    contacts,
    everybody,
    figures,
    folgeskab,
    forgotten,
    keys_of,
    none_offered,
    offers,
    parked_by_all,
    registered,
    sent,
    standing,
    written_to,
)
from tests.sealed_values import opened
from tests.stacks import connected, stack_in

LAST_DAY, ANOTHER_DAY = "2027-11-20", "2028-12-31"
# what the driver's people consented to on 24 November 2026 holds for a year
CONTACTED = datetime(2027, 11, 19, 10, tzinfo=UTC)  # a Friday
FORGETTING = datetime(2027, 11, 22, 10, tzinfo=UTC)  # a Monday: no call is due yet
LAPSED = datetime(2027, 11, 30, 10, tzinfo=UTC)  # a Tuesday: calls are due


@dataclass(frozen=True)
class Journey:
    stack: Stack
    driver: Driver
    ended: str  # the incident whose last day is over; the next has another last day, the third is open
    another: str
    running: str
    people: dict[str, list[Invented]]
    gone: list[UUID]  # whom the last day reached, the last of them by the hotline when it was set
    late: UUID  # who called the hotline when forgetting had begun
    early_proof: str
    held_back: dict[str, Any]  # how the retention stood while one person was restricted
    figures: list[dict[str, Any]]  # of the incident that ended, before and after
    sent: list[int]  # before and after


@pytest.fixture(scope="module")
async def journey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Journey]:
    async with (
        stack_in(tmp_path_factory.mktemp("retention"), settings=at(CONTACTED)) as stack,
        Driver(stack) as driver,
    ):
        people = await registered(stack, driver)
        ended, another, running = people
        for incident in (ended, running):
            await driver.approve_and_launch(await driver.preview(incident, "information"))
        await written_to(stack, PEOPLE + OTHERS)
        await bar(driver, (await everybody(stack, ended))[0], "contact-restrictions", reason="restricted")
        await closed(stack, driver, {ended: LAST_DAY, another: ANOTHER_DAY})
        await by_hotline(driver, ended, "Tidlig Opringersen", "2027-11-19T10:00:00+01:00")
        await incidents.routed(stack, ended, PEOPLE + 1)
        gone = await everybody(stack, ended)
        await parked_by_all(stack, gone[1])
        _, early_proof = await folgeskab(stack, "person", "forget-proof", str(gone[1]))
        before = await figures(driver, ended), await sent(driver)

        await moved_to(stack, FORGETTING)
        await forgotten(stack, ended, len(gone) - 1)
        late = await by_hotline(driver, ended, "Sen Opringersen", "2027-11-22T10:00:00+01:00")
        held_back = await standing(driver, ended)
        await bar(driver, gone[0], "contact-restrictions/restricted/lift")
        await moved_to(stack, FORGETTING, ["registration"])  # it would look again a minute later
        await forgotten(stack, ended, len(gone))
        await incidents.settled(stack, ended)

        await asked_while_notify_is_away(stack, driver, running)
        await moved_to(stack, LAPSED)
        await incidents.settled(stack, running)
        await none_offered(stack, running)
        after = await figures(driver, ended), await sent(driver)
        yield Journey(
            stack, driver, ended, another, running, people, gone, late, early_proof, held_back,
            *([one, other] for one, other in zip(before, after, strict=True)),
        )  # fmt: skip


async def test_after_the_last_day_nothing_of_anybody_opens_in_any_database_topic_or_parked_message(
    journey: Journey,
) -> None:
    stack, whole = journey.stack, await opened(journey.stack)
    proofs = [await folgeskab(stack, "person", "forget-proof", str(one)) for one in journey.gone[:2]]

    assert readable(whole, journey.people[journey.ended]) == set()
    assert readable(whole, journey.people[journey.running]) >= {
        "folgeskab registration.registration", "folgeskab routing.home_case", "topic registration.v1",
    }  # fmt: skip
    assert await keys_of(stack, journey.gone) == 0
    for place in (*(f"parked in {service}" for service in READERS), "topic registration.v1", "keyring: keys"):
        assert place in journey.early_proof.split("It can still be read")[1]
    assert [(code, "Proved" in said) for code, said in proofs] == [(0, True)] * 2, proofs


async def test_everybody_is_told_forgotten_once_and_what_was_planned_is_withheld(journey: Journey) -> None:
    async with connected(journey.stack) as connection:
        told = await connection.fetch(
            "select key::uuid from registration.outbox where ce_type like '%.PersonForgotten.v1' order by 1"
        )

    assert [row[0] for row in told] == sorted(journey.gone)
    assert await contacts(journey.stack, journey.ended) == [
        ("information", "call", "withheld", "forgotten", PEOPLE - 1),
        ("information", "call", "withheld", "restricted", 1),
        ("information", "message", "delivered", None, PEOPLE),
    ]
    assert await offers(journey.stack, journey.ended) == {
        ("called_off", "restricted"), ("called_off", "forgotten"),
    }  # fmt: skip


async def test_the_restricted_stay_until_that_is_lifted_and_a_late_caller_stays_after_it(
    journey: Journey,
) -> None:
    left = await standing(journey.driver, journey.ended)
    late = await journey.driver.call("registration", "GET", f"/registrations/{journey.late}/subject-data")

    running = {"keep_until": LAST_DAY, "state": "running", "forgotten": PEOPLE, "left": 2, "restricted": 1}
    assert journey.held_back == running
    assert left == running | {"state": "done", "forgotten": PEOPLE + 1, "left": 1, "restricted": 0}
    assert late["opens"] == late["sealed"] > 0


async def test_the_figures_stay_and_nobody_at_all_was_written_to_since(journey: Journey) -> None:
    before, after = journey.figures

    assert after == before | {"registered": PEOPLE + 2}
    assert journey.sent == [PEOPLE + OTHERS] * 2


async def test_an_incident_with_another_date_and_one_that_goes_on_are_untouched(journey: Journey) -> None:
    stack, driver = journey.stack, journey.driver
    people = {incident: await everybody(stack, incident) for incident in (journey.another, journey.running)}
    stand = [await standing(driver, incident) for incident in people]

    assert [(one["keep_until"], one["state"], one["forgotten"], one["left"]) for one in stand] == [
        (ANOTHER_DAY, "waiting", 0, OTHERS),
        (None, None, 0, OTHERS),
    ]
    for incident, found in people.items():
        counts = await driver.call("registration", "GET", f"/incidents/{incident}/counts")
        assert (await keys_of(stack, found), counts["registered"]) == (OTHERS, OTHERS)


async def test_who_consented_a_year_ago_is_neither_written_to_nor_called_nor_planned_for_nor_passed_on(
    journey: Journey,
) -> None:
    stack, driver, incident = journey.stack, journey.driver, journey.running
    async with connected(stack) as connection:
        listed = await connection.fetch(
            "select contact_id, authority from outreach.contact where incident_id = $1 and state = 'listed'",
            UUID(incident),
        )
    for contact, authority in listed:
        claim = {"authority": authority}
        with pytest.raises(RefusedError, match="consent_expired"):
            await driver.call("outreach", "POST", f"/calls/{contact}/claim", json=claim)
    wave = await driver.preview(incident, "exercise")

    assert await contacts(stack, incident) == [
        ("exercise", "call", "withheld", "consent_expired", OTHERS),
        ("exercise", "message", "withheld", "consent_expired", OTHERS),
        ("information", "call", "withheld", "consent_expired", OTHERS),
        ("information", "message", "delivered", None, OTHERS),
    ]
    assert (wave.figures["planned"], wave.figures["excluded"]) == (0, {"consent_expired": OTHERS})
    assert await offers(stack, incident) == {("called_off", "consent_ended")}
