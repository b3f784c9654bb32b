"""Find the people whom a wave does not reach, because their registrations were merged."""

from datetime import datetime
from uuid import UUID

from kit.database.database import Session
from services.outreach.domain.earlier_contacts import Extent
from services.outreach.domain.eligibility import PASSING_REASONS, why_not_contactable
from services.outreach.domain.wave import WaveState
from services.outreach.store import contacts, earlier_contacts, linked_people, people
from services.outreach.store.waves import Wave


async def find_merged_out(session: Session, wave: Wave, at: datetime) -> list[UUID]:
    """Return the primary registrations of people who get a contact of this wave from no wave.

    They may be contacted. A merge that was undone counts too: the withheld contacts are not planned again.
    """
    if wave.state is WaveState.CANCELLED:
        return []
    stopped = await contacts.load_withheld_as_merged(session, wave.wave_id)
    primaries = await linked_people.load_linked(session, [one.registration_id for one in stopped])
    pairs = [(wave.incident_id, primary) for primary in set(primaries.values())]
    found = await earlier_contacts.load_of_people(session, pairs)
    missing = {
        primary
        for one in stopped
        for primary in (primaries[one.registration_id],)
        if (one.kind, one.template)
        not in {each.content for each in found[primary] if each.extent() is not Extent.NONE}
    }
    known = await people.load(session, missing)
    reasons = {one: why_not_contactable(people.read_person(row), at) for one, row in known.items()}
    return sorted(one for one, reason in reasons.items() if reason is None or reason in PASSING_REASONS)
