"""Linking people of one incident, as they were said to belong together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from contracts.ids import IncidentId, RegistrationId
from kit.database import Session
from kit.ids import new_id
from services.registration.domain.link import Pair, SaidLink, pair
from services.registration.domain.text import Flaw
from services.registration.records import Recorded
from services.registration.registering import ARRIVAL, Desk
from services.registration.store import intake, links

UNKNOWN = Flaw("to", "is nobody registered at this incident")


@dataclass(frozen=True, slots=True)
class Linking:
    """Who is to be linked, and with whom: `to` a registration, or what a device called it offline."""

    of: RegistrationId | None  # None: was not registered, and has no links
    said: Sequence[SaidLink]


async def link(
    session: Session, incident_id: IncidentId, of: RegistrationId, said: SaidLink, recorded: Recorded
) -> UUID | Flaw:
    """Give the link that stands now, whether it is new or not."""
    speakers = await links.speakers(session, incident_id, [of, said.to])
    pairing = _pair(speakers, of, said)
    if isinstance(pairing, Flaw):
        return pairing
    return await links.link(session, new_id(), pairing, recorded.at, recorded.by)


async def link_arrivals(
    desk: Desk, incident_id: IncidentId, linkings: Sequence[Linking], recorded: Recorded
) -> list[list[Flaw]]:
    """Link people as they were said to belong together when they were registered; give what did not fit."""
    if not any(one.said for one in linkings):
        return [[] for _ in linkings]
    async with desk.database.transaction() as session:
        ends = {one.of for one in linkings if one.of is not None and one.said}
        ends |= {said.to for one in linkings for said in one.said}
        keys = {desk.blind.intake(incident_id, ARRIVAL, str(end)): end for end in ends}
        made = await intake.made_by(session, list(keys))
        known = {keys[key]: RegistrationId(what.id) for key, what in made.items()}
        speakers = await links.speakers(session, incident_id, ends | set(known.values()))
        speakers |= {end: speakers[made] for end, made in known.items() if made in speakers}
        return [await _link_arrival(session, speakers, one, recorded) for one in linkings]


async def _link_arrival(
    session: Session,
    speakers: Mapping[RegistrationId, RegistrationId],
    linking: Linking,
    recorded: Recorded,
) -> list[Flaw]:
    flaws = []
    for place, said in enumerate(linking.said):
        pairing = _pair(speakers, linking.of, said)
        if isinstance(pairing, Flaw):
            flaws.append(replace(pairing, field=f"links.{place}.to"))
        else:
            await links.link_once(session, new_id(), pairing, recorded.at, recorded.by)
    return flaws


def _pair(
    speakers: Mapping[RegistrationId, RegistrationId], of: RegistrationId | None, said: SaidLink
) -> Pair | Flaw:
    one, other = speakers.get(of) if of else None, speakers.get(said.to)
    if one is None or other is None:
        return UNKNOWN
    return pair(one, replace(said, to=other))
