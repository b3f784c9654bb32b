"""Unlinking and splitting take few statements, so that nobody else waits long for the two people."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.conftest import Databases
from tests.integration.registration.api_client import CPR, RegistrationOffice, opened
from tests.integration.registration.pairs import FIRST, HERE, THERE, merged, person, shown, step

_CLOCK = "select now()"  # every transaction compares the clocks
_TYPES = "with recursive typeinfo_tree"  # of the driver, the first time that a connection sees a type
_JIT = "select current_setting('jit')"  # the same
_NOT_COUNTED = ("begin", "commit", "rollback", "savepoint", "release", _CLOCK, _TYPES, _JIT)
_CONNECTIONS = 8


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def statements_of(office: RegistrationOffice) -> list[str]:
    """Return a list to which every later statement on registration's database is added."""
    found: list[str] = []
    async with AsyncExitStack() as stack:
        for _ in range(_CONNECTIONS):
            session = await stack.enter_async_context(office.resources.database.transaction())
            session.driver.add_query_logger(
                lambda record: found.append(" ".join(record.query.lower().split()))
            )
    found.clear()
    return found


def counted(found: list[str]) -> tuple[int, int]:
    """Return the number of statements and of transactions."""
    transactions = sum(one.startswith("begin") for one in found)
    return sum(not one.startswith(_NOT_COUNTED) for one in found), transactions


def listing(found: list[str]) -> str:
    return "\n".join(one[:90] for one in found if not one.startswith(_NOT_COUNTED))


async def test_undoing_a_merge_takes_at_most_15_statements_in_2_transactions(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one, other = await person(office, incident, **HERE), await person(office, incident, **THERE)
    pair = await merged(office, incident, one, other)
    found = await statements_of(office)

    undone = await step(office, pair, "undo", FIRST)

    assert undone.status_code == 200, undone.text
    statements, transactions = counted(found)
    assert statements <= 15, listing(found)
    assert transactions <= 2, listing(found)


async def test_a_split_takes_at_most_18_statements(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    first = await person(office, incident, **THERE)
    await person(office, incident, **THERE | {"phone": "20207776"})
    (repeat,) = (await shown(office, first))["repeats"]
    found = await statements_of(office)

    answer = await office.http.post(
        f"/registrations/{repeat['registration_id']}/split", json={"why": "to søstre"}
    )

    assert answer.status_code == 200, answer.text
    statements, transactions = counted(found)
    assert statements <= 18, listing(found)
    assert transactions <= 2, listing(found)


async def test_the_review_tells_where_each_field_comes_from_and_what_an_unlinking_changes(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one, other = await person(office, incident, **HERE), await person(office, incident, **THERE)
    pair = await merged(office, incident, one, other)

    linked: dict[str, Any] = (await office.http.get(f"/duplicates/{pair}")).json()
    undone = (await step(office, pair, "undo", FIRST)).json()
    apart: dict[str, Any] = (await office.http.get(f"/duplicates/{pair}")).json()

    assert {name: linked["sources"][name] for name in ("name", "phone", "identifiers")} == {
        "name": one, "phone": one, "identifiers": other,
    }  # fmt: skip
    assert set(linked["changed"][one]) >= {"identifiers", "birth_date", "channels"}
    assert "phone" in linked["changed"][other]
    assert (apart["sources"], apart["changed"]) == (linked["sources"], linked["changed"])
    assert undone["changed"] == linked["changed"]
    assert CPR not in str(undone["changed"])
