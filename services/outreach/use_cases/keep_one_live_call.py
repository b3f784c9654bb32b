"""Keep one live call per person and incident after a merge or its undoing."""

from collections.abc import Collection
from uuid import UUID

from contracts.events.vocabulary import WithheldReason
from kit.database.database import Session
from services.outreach.domain.live_call import sort_live_calls
from services.outreach.store import calls, contacts, linked_people
from services.outreach.store.contacts import WithheldContact


async def keep_one(session: Session, registration_ids: Collection[UUID]) -> list[WithheldContact]:
    """Keep one live call of each person; return the calls that were withheld.

    The people are locked, so nobody lists or claims a call of theirs meanwhile.
    """
    primaries, _ = await linked_people.lock_linked(session, registration_ids)
    found = sort_live_calls(await calls.lock_live_calls(session, primaries))
    await calls.take_off_list(session, [call.contact_id for call in found.set_aside])
    stopped = await contacts.withhold(
        session, [call.contact_id for call in found.ended], WithheldReason.MERGED
    )
    await calls.set_person(session, [(call.contact_id, call.primary_id) for call in found.stays])
    return stopped
