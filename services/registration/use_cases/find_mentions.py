"""Find mentions of a person in other people's records before the person is erased."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from contracts.events.ids import ConsentId, IncidentId, RegistrationId
from kit.privacy.sealing import DataKey
from services.registration.domain.consent import Documentation, Teller, documentation_of
from services.registration.domain.mention import IdentifyingValues, MentionPlace, mention_places
from services.registration.resources import Resources
from services.registration.store import mentions
from services.registration.store.mentions import OwnedParticulars, SealedDocumentation
from services.registration.store.rows import particulars_of

_AT_ONCE: Final = 500  # registrations
_MOST: Final = 20_000  # registrations decrypted for one person: about ten seconds


@dataclass(frozen=True, slots=True)
class Mentions:
    """The mentions found. `searched` of `people` registrations of others were decrypted."""

    found: frozenset[tuple[RegistrationId, MentionPlace]]
    searched: int
    people: int


async def find_mentions(
    resources: Resources,
    incident_id: IncidentId,
    owners: Collection[RegistrationId],
    known: IdentifyingValues,
) -> Mentions:
    """Search the other people of the incident. `owners`: all registrations of the person."""
    async with resources.database.transaction() as session:
        people = await mentions.count_others(session, incident_id, owners)
        linked = await mentions.linked(session, owners)
    children = {row.registration_id for row in linked if row.is_their == "child"}
    found: set[tuple[RegistrationId, MentionPlace]] = set()
    searched, last = 0, UUID(int=0)
    while searched < min(people, _MOST):
        async with resources.database.transaction() as session:
            rows = await mentions.others(session, incident_id, owners, last, _AT_ONCE)
            if not rows:
                break
            ids = [row.registration_id for row in rows]
            earlier = await mentions.versions_of(session, ids)
            documents = await mentions.documentation_under(session, ids)
        keys = await resources.keyring.read(ids)
        found |= _in_particulars([*rows, *earlier], keys, known)
        found |= _in_documents(documents, keys, known, children)
        searched, last = searched + len(rows), ids[-1]
        await asyncio.sleep(0)
    return Mentions(frozenset(found), searched, people)


def _in_particulars(
    rows: Sequence[OwnedParticulars], keys: Mapping[UUID, DataKey], known: IdentifyingValues
) -> set[tuple[RegistrationId, MentionPlace]]:
    found = set()
    for row in rows:
        if key := keys.get(row.key_of):
            places = mention_places(particulars_of(row, key), known)
            found |= {(row.registration_id, place) for place in places}
    return found


def _in_documents(
    rows: Sequence[SealedDocumentation],
    keys: Mapping[UUID, DataKey],
    known: IdentifyingValues,
    children: Collection[UUID],
) -> set[tuple[RegistrationId, MentionPlace]]:
    """Search the names in consents. For the person's child every guardian counts: "mother" is no name."""
    found = set()
    for row in rows:
        key, sealed_as = keys.get(row.owner), documentation_of(ConsentId(row.id))
        if key is None:
            continue
        if row.kind == "withdrawn":
            if known.is_in(key.open(sealed_as, row.documentation, Teller).name):
                found.add((row.owner, MentionPlace.TELLER))
            continue
        document = key.open(sealed_as, row.documentation, Documentation)
        named = known.is_in(document.guardian) or known.is_in(document.guardian_cpr)
        if named or (document.guardian and row.owner in children):
            found.add((row.owner, MentionPlace.GUARDIAN))
        if known.is_in(document.witness):
            found.add((row.owner, MentionPlace.WITNESS))
    return found
