"""Every reader ends with the newest state: in any order, with repeats, or with the last fact alone."""

import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import pytest

from contracts.events.vocabulary import BarReason, Channel, Purpose
from contracts.wire.event import Event
from kit.database.database import Database, Session
from kit.kafka.records import Delivery
from services.console.projection import handlers as console
from services.notify import handlers as notify
from services.outreach import handlers as outreach
from tests.conftest import Databases
from tests.deliveries import deliveries
from tests.person_states import InventedPeople
from tests.unit.outreach import cases
from tests.unit.outreach.cases import STARTED, StoppedClock

Handle = Callable[[Session, Sequence[Delivery]], Awaitable[None]]
_CONSENTS = "registration_expires_at, registration_authorities, contact_expires_at, contact_authorities"
_OUTREACH = f"""
    revision, {_CONSENTS}, contact_channels, contact_given_at, role, language, age_band, possible, contact,
    preferred, barred, merged_into is null, forgotten_at
"""
_NOTIFY = f"revision, {_CONSENTS}, contact_channels, contact, barred, merged_into is null, forgotten_at"
_CONSOLE = """
    revision, forgotten, registration_terms, contact_terms, possible, is_child, barred, merged, expires_at
"""
READERS: dict[str, tuple[Handle, str]] = {
    "outreach": (outreach.handler(StoppedClock()), _OUTREACH),
    "notify": (notify.handle, _NOTIFY),
    "console": (console.handle, _CONSOLE),
}


def history(seed: int) -> list[Event]:
    """Return facts about a new person in the order of their times, each with its state.

    The same seed gives the same facts.
    """
    incident, person, into = cases.incident_id(), cases.registration_id(), cases.registration_id()
    at = [STARTED + timedelta(hours=number) for number in range(1, 9)]
    random.Random(seed).shuffle(at)
    facts: list[Event] = [
        cases.registered(incident, person, bars=[BarReason.DO_NOT_CONTACT]),
        cases.corrected(incident, person, language="uk", channels=(Channel.SMS,), at=at[0]),
        cases.withdrawn(incident, person, at=at[1]),
        cases.given(incident, person, cases.consent(Purpose.CONTACT, given_at=at[2])),
        cases.restated(incident, person, cases.both_consents((Channel.SMS,)), at=at[3]),
        cases.barred(incident, person, reason=BarReason.RESTRICTED, at=at[4]),
        cases.bar_lifted(incident, person, at=at[5]),
        cases.merged(incident, person, into, at=at[6]),
        cases.unmerged(incident, person, into, at=at[7]),
    ]
    return sorted(InventedPeople().stated(facts), key=lambda fact: getattr(fact, "revision", 0))


async def known_after(database: Database, handle: Handle, columns: str, events: Sequence[Event]) -> object:
    """Return the state that a reader has after events that arrive one by one."""
    for event in events:
        async with database.transaction() as session:
            await handle(session, deliveries([event]))
    async with database.transaction() as session:
        row = await session.fetchrow(
            f"select {columns} from person where registration_id = $1",
            getattr(events[0], "registration_id", None),
        )
    assert row is not None
    return tuple(row)


@pytest.mark.parametrize("reader", READERS)
async def test_the_newest_state_counts_in_any_order_with_repeats_and_after_losses(
    databases: Databases, reader: str
) -> None:
    handle, columns = READERS[reader]
    database = Database(await databases.migrate(reader), name="test")
    for seed in range(5):
        dice, events = random.Random(seed), history(seed)
        shuffled = dice.sample(events, len(events)) + dice.sample(events, len(events))

        in_order = await known_after(database, handle, columns, history(seed))

        assert await known_after(database, handle, columns, shuffled) == in_order
        assert await known_after(database, handle, columns, history(seed)[-1:]) == in_order
    await database.close()
