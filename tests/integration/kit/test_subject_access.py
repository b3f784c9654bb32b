"""Everything stored about an owner is found by the catalogue, and nothing about other people."""

import base64
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from contracts.events.personal import CONTACT, NOTE, ContactDetails, Note
from kit.database.database import Database
from kit.kafka.parking import Parking
from kit.kafka.records import KafkaRecord
from kit.privacy.sealing import DataKey
from kit.privacy.subject_access import SubjectData, load_subject_data, sealed_texts
from kit.runtime.ids import new_id
from tests.conftest import Databases

TABLES = (
    "create table citizen (registration_id uuid primary key, content bytea, guardian uuid)",
    "create table visit (visit_id uuid primary key, registration_id uuid, place text)",
    "create table remark (number int, visit_id uuid references visit, said bytea)",
    "create table pair (id uuid primary key, one uuid, other uuid, digest bytea)",
    "create table unconcerned (id uuid primary key, said text)",
)
ME, CHILD = new_id(), new_id()
KEYS = {owner: DataKey(owner, bytes([n]) * 32) for n, owner in enumerate((ME, CHILD))}


@pytest.fixture(scope="module")
async def database(databases: Databases) -> AsyncIterator[Database]:
    made = Database(await databases.migrate("routing"), name="test")
    visit = new_id()
    async with made.transaction() as session:
        for table in TABLES:
            await session.execute(table)
        for owner, guardian in ((ME, None), (CHILD, ME)):
            sealed = KEYS[owner].seal(CONTACT, ContactDetails(f"Person {owner}"))
            await session.execute("insert into citizen values ($1, $2, $3)", owner, sealed, guardian)
        await session.execute("insert into visit values ($1, $2, 'epc')", visit, ME)
        said = KEYS[ME].seal(NOTE, Note("sov dårligt"))
        await session.execute("insert into remark values (1, $1, $2)", visit, said)
        await session.execute("insert into pair values ($1, $2, $3, $4)", new_id(), CHILD, ME, bytes(16))
        await session.execute("insert into unconcerned values ($1, 'noget andet')", new_id())
    yield made
    await made.close()


async def all_of(database: Database, owner: UUID, *keys: UUID) -> SubjectData:
    async with database.transaction() as session:
        return await load_subject_data(
            session, [owner], {key: KEYS[key] for key in keys}, lambda _row: (CONTACT, NOTE)
        )


async def test_rows_are_found_in_any_column_and_by_way_of_the_owners_own_rows(database: Database) -> None:
    found = await all_of(database, ME, ME)

    assert set(found.tables) == {"citizen", "visit", "remark", "pair"}
    assert found.tables["remark"][0]["said"] == {"text": "sov dårligt"}
    assert found.tables["pair"][0]["digest"] == "(digest)"
    assert (found.sealed, found.opens, found.field_sets) == (2, 2, {"contact", "note"})


async def test_a_row_of_another_owner_that_mentions_this_one_is_left_out(database: Database) -> None:
    found = await all_of(database, ME, ME, CHILD)

    assert [row["registration_id"] for row in found.tables["citizen"]] == [ME]


async def test_without_the_key_all_rows_are_found_and_nothing_opens(database: Database) -> None:
    found = await all_of(database, ME, CHILD)

    assert (found.sealed, found.opens, found.field_sets) == (2, 0, set())
    assert found.tables["citizen"][0]["content"] == "(sealed)"


async def test_sealed_values_are_found_in_any_broken_parked_message(
    database: Database, databases: Databases
) -> None:
    parking, sealed = Parking(databases.master()), KEYS[ME].seal(CONTACT, ContactDetails("Nancy"))
    told = base64.urlsafe_b64encode(sealed)
    values = (b'{"registration_id": "%s", "contact": "%s"' % (str(ME).encode(), told), b"x" * 2000, None)
    records = [KafkaRecord("registration.v1", 0, n, 0, None, value, ()) for n, value in enumerate(values)]
    async with database.transaction() as session:
        await parking.park(session, [(record, "broken") for record in records])

        mine = await parking.about(session, str(ME).encode())
        others = await parking.about(session, str(CHILD).encode())

    assert [text for record in mine for text in sealed_texts(record.value or b"")] == [told.decode()]
    assert others == []
