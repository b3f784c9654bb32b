"""Compare the state that the last event of each person carries with registration's own."""

from typing import Any

from contracts.events.ids import RegistrationId
from contracts.events.registration import PersonState, RegistrationEvent
from kit.database.database import Database
from services.registration.use_cases.emit_events import raise_revisions
from tests.deliveries import sent


async def check_last_states(database: Database) -> None:
    """Raise AssertionError if an event went out without the state that its person has now.

    Relations are left out: a relative who is erased or merged changes them without a fact about the person.
    """
    last: dict[RegistrationId, RegistrationEvent] = {}
    async with database.transaction() as session:
        for event in await sent(session):
            if isinstance(event, RegistrationEvent):
                before = last.get(event.registration_id)
                assert before is None or before.revision <= event.revision
                last[event.registration_id] = event
        own = await raise_revisions(session, set(last)) if last else {}
    for registration_id, event in last.items():
        revision, state = own[registration_id]
        assert event.revision < revision
        assert event.person is not None
        differences = _differences(_own(event.person, registration_id), state)
        assert differences == {}, (event.type(), differences)


def _own(state: PersonState, registration_id: RegistrationId) -> PersonState:
    """Name the person as the owner of the keys, which an event of the person may leave out."""
    named = [
        one.model_copy(update={"sealed_for": one.sealed_for or registration_id}) for one in state.consents
    ]
    return state.model_copy(update={"consents": tuple(named)})


def _differences(told: PersonState, own: PersonState) -> dict[str, tuple[Any, Any]]:
    pairs = {name: (value, getattr(own, name)) for name, value in told if name != "relations"}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
