"""Store of earlier contacts: those of all waves and of all merged registrations of a person."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from contracts.events.vocabulary import CallOutcome, StepKind
from kit.database.database import Session
from services.outreach.domain.contact import ContactState
from services.outreach.domain.earlier_contacts import EarlierContact
from services.outreach.domain.plan import Content
from services.outreach.store.contacts import PlannedContact

# A message withheld as shared_phone counts as delivered: one text reached all who share the telephone.
# The lateral join forces the index contact_of_person, whatever the statistics say.
_OF_PEOPLE = """
with recursive one as (
    select incident_id, registration_id as root, registration_id
    from unnest($1::uuid[], $2::uuid[]) as u(incident_id, registration_id)
    union
    select one.incident_id, one.root, p.registration_id from one
    join person p on p.merged_into = one.registration_id and p.merged
)
select c.wave_id, c.kind, c.template,
    case when c.state = 'withheld' then 'delivered' else c.state end as state, c.outcome,
    w.state = 'cancelled' as wave_cancelled, array_agg(one.root) as people
from one cross join lateral (
    select wave_id, kind, template, state, outcome from contact
    where incident_id = one.incident_id and registration_id = one.registration_id
        and (state not in ('failed', 'withheld') or reason = 'shared_phone')
    offset 0
) c join wave w using (wave_id)
group by 1, 2, 3, 4, 5, 6
"""


async def load_of_people(
    session: Session, people: Iterable[tuple[UUID, UUID]]
) -> dict[UUID, list[EarlierContact]]:
    """Return the contacts of people and of the registrations merged into them.

    `people`: incident, registration.
    """
    pairs = list(people)
    incidents, registrations = (
        [incident for incident, _ in pairs],
        [registration_id for _, registration_id in pairs],
    )
    found: dict[UUID, list[EarlierContact]] = defaultdict(list)
    rows = await session.fetch(_OF_PEOPLE, incidents, registrations)
    for wave_id, kind, template, state, outcome, wave_cancelled, roots in rows:
        content = StepKind(kind), template
        ended = CallOutcome(outcome) if outcome else None
        contact = EarlierContact(wave_id, content, ContactState(state), ended, wave_cancelled)
        for registration_id in roots:
            found[registration_id].append(contact)
    return found


async def find_repeated(
    session: Session, wave_id: UUID, earlier_contents: Mapping[UUID, frozenset[Content]]
) -> list[PlannedContact]:
    """Return the waiting contacts of a wave that repeat `earlier_contents`."""
    pairs: Sequence[tuple[UUID, str, str]] = [
        (person, kind, template) for person, things in earlier_contents.items() for kind, template in things
    ]
    if not pairs:
        return []
    people, kinds, templates = zip(*pairs, strict=True)
    return await session.fetch(
        PlannedContact,
        "select contact_id, registration_id from contact "
        "join unnest($2::uuid[], $3::text[], $4::text[]) as u(registration_id, kind, template) "
        "using (registration_id, kind, template) where wave_id = $1 and state = 'waiting'",
        wave_id,
        people,
        kinds,
        templates,
    )
