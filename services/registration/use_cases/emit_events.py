"""Emit events about people, each with the person's state after the change.

Every event about a person passes here. The state is loaded once per call, after all writes of the caller.
"""

from collections import defaultdict
from collections.abc import Sequence

from contracts.events.ids import RegistrationId
from contracts.events.registration import PersonState, RegistrationEvent
from kit.database import outbox
from kit.database.database import Session
from services.registration.domain.combined_consents import fold
from services.registration.domain.consent import Consents
from services.registration.events import person_state
from services.registration.store import consents, person_states
from services.registration.store.person_states import StatedRelation


async def emit_person_events(session: Session, events: Sequence[RegistrationEvent]) -> None:
    """Emit events about locked people in the order given. An event that carries a state is complete."""
    incomplete = {event.registration_id for event in events if event.person is None}
    states = await raise_revisions(session, incomplete) if incomplete else {}
    await outbox.emit(session, [_with_state(event, states) for event in events])


def _with_state(
    event: RegistrationEvent, states: dict[RegistrationId, tuple[int, PersonState]]
) -> RegistrationEvent:
    if event.person is not None:
        return event
    revision, person = states[event.registration_id]
    return event.model_copy(update={"person": person, "revision": revision})


async def raise_revisions(
    session: Session, ids: set[RegistrationId]
) -> dict[RegistrationId, tuple[int, PersonState]]:
    """Raise the revisions of people and return them with their states.

    A merged registration has no consents of its own: the registration that represents the person has them.
    """
    rows = await person_states.raise_revisions(session, ids)
    alone = [row.id for row in rows if row.merged_into is None and row.forgotten_at is None]
    ledgers = await consents.ledgers(session, alone) if alone else {}
    relations: dict[RegistrationId, list[StatedRelation]] = defaultdict(list)
    for relation in await person_states.relations_of(session, alone) if alone else ():
        relations[relation.person].append(relation)
    held = {one: fold(ledger) for one, ledger in ledgers.items()}
    return {
        row.id: (row.revision, person_state(row, held.get(row.id, Consents()), relations[row.id]))
        for row in rows
    }
