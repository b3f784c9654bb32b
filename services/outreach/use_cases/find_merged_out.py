"""Find the people whom a wave no longer reaches, because they were merged with a registration outside it."""

from uuid import UUID

from kit.database.database import Session
from services.outreach.domain.earlier_contacts import Extent
from services.outreach.store import contacts, earlier_contacts, linked_people


async def find_merged_out(session: Session, incident_id: UUID, wave_id: UUID) -> list[UUID]:
    """Return the surviving registrations of people who get a contact of this wave from no wave."""
    stopped = await contacts.load_withheld_as_merged(session, wave_id)
    primaries = await linked_people.load_linked(
        session, [registration_id for registration_id, _, _ in stopped]
    )
    pairs = [(incident_id, primary) for primary in set(primaries.values())]
    found = await earlier_contacts.load_of_people(session, pairs)
    missing = {
        primary
        for registration_id, kind, template in stopped
        if (primary := primaries[registration_id]) != registration_id
        and (kind, template)
        not in {each.content for each in found[primary] if each.extent() is not Extent.NONE}
    }
    return sorted(missing)
