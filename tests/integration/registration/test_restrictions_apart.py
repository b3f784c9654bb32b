"""A restriction that a registration stated, or that was recorded for it, holds when it is separated."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.events.ids import IncidentId
from contracts.events.registration import ContactBarred
from kit.runtime.ids import new_id
from services.registration.api.schemas import RegistrationBody
from services.registration.domain.person import NewPerson, check
from services.registration.use_cases.register_people import Submission, register_many
from tests.conftest import Databases
from tests.integration.registration.api_client import PERSON, RegistrationOffice, opened
from tests.integration.registration.pairs import FIRST, REGISTRATION, events, merged, person, shown, step

NAME: dict[str, Any] = {"name": "Anna Test", "consents": [REGISTRATION]}
STATED: dict[str, Any] = {**NAME, "place": "hotline", "do_not_contact": True}


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def restrict(office: RegistrationOffice, who: str) -> None:
    body = {"reason": "do_not_contact", "why": "bad om det"}
    answer = await office.http.post(f"/registrations/{who}/contact-restrictions", json=body)
    assert answer.status_code == 201, answer.text


async def lift(office: RegistrationOffice, who: str) -> None:
    path = f"/registrations/{who}/contact-restrictions/do_not_contact/lift"
    assert (await office.http.post(path, json={"why": "vil gerne"})).status_code == 200


async def imported_before(office: RegistrationOffice, incident: str) -> str:
    """Register who states a restriction, as a row of an import that began half a minute ago."""
    now = datetime.now(UTC)
    row = check(RegistrationBody.model_validate(PERSON | STATED).to_input(now=now, by="Region"), now)
    assert isinstance(row, NewPerson)
    began, rows = now - timedelta(seconds=30), [Submission(row, new_id().bytes)]
    (result,) = await register_many(
        office.resources, IncidentId(UUID(incident)), rows, by="Region", now=began
    )
    return str(result.registration_id)


async def split_repeat(office: RegistrationOffice, first: str) -> str:
    async with office.resources.database.transaction() as session:
        repeat = await session.fetchval("select id from registration where repeat_of = $1", UUID(first))
    answer = await office.http.post(
        f"/registrations/{repeat}/split", json={"why": "to personer"}, headers=FIRST
    )
    assert answer.status_code == 200, answer.text
    return str(repeat)


async def bars(office: RegistrationOffice, who: str) -> tuple[list[str], int]:
    """Return the restrictions of a person, and how many events told of them."""
    return (await shown(office, who))["bars"], len(await events(office, who, ContactBarred))


async def test_a_restriction_that_names_the_merged_one_holds_for_it_after_an_undo(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **NAME, identifiers=[])
    other = await person(office, incident, **NAME, identifiers=[])
    await restrict(office, one)
    pair = await merged(office, incident, one, other)
    await restrict(office, other)

    await step(office, pair, "undo", FIRST)

    assert await bars(office, other) == (["do_not_contact"], 1)
    assert await bars(office, one) == (["do_not_contact"], 1)


async def test_a_restriction_that_first_and_repeat_state_holds_for_both_after_a_split(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    first = await imported_before(office, incident)
    assert await person(office, incident, **STATED) == first

    repeat = await split_repeat(office, first)

    assert await bars(office, repeat) == (["do_not_contact"], 1)


async def test_a_restriction_in_a_row_of_an_import_that_began_before_holds_after_a_split(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    first = await person(office, incident, **NAME)
    assert await imported_before(office, incident) == first
    assert (await shown(office, first))["bars"] == ["do_not_contact"]

    repeat = await split_repeat(office, first)

    assert await bars(office, repeat) == (["do_not_contact"], 1)


async def test_a_restriction_of_a_repeat_that_was_lifted_before_a_merge_stays_lifted_after_the_undo(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **NAME, identifiers=[])
    other = await person(office, incident, **NAME)
    assert await person(office, incident, **STATED) == other
    await lift(office, other)
    pair = await merged(office, incident, one, other)

    await step(office, pair, "undo", FIRST)

    assert (await shown(office, other))["bars"] == []
