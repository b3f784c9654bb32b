"""What a dry run would find: the look-ups of registering, and none of its writes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from contracts.ids import ImportId, IncidentId
from kit.database import Session
from services.registration.blind_index import BlindIndex
from services.registration.domain.person import admits
from services.registration.registering import Arrival, Outcome, Result, UnknownIncident
from services.registration.store import imports, incidents, intake


async def rehearse(
    session: Session,
    blind: BlindIndex,
    incident_id: IncidentId,
    import_id: ImportId,
    arrivals: Sequence[Arrival],
) -> list[Result]:
    """Tell of each arrival what registering it would come to. Raises UnknownIncident.

    Whom the same file has named before is known by import_met.
    """
    incident = await incidents.incident(session, incident_id)
    if incident is None:
        raise UnknownIncident
    keys = [one.key for one in arrivals]
    made = await intake.made_by(session, keys)
    bodies = {key: one.body for key, one in made.items()}
    gone = {key for key, one in made.items() if one.forgotten}
    claims = [blind.claims(one.person.identity) for one in arrivals]
    held = await imports.claimed(session, incident_id, {value for some in claims for value in some})
    before = await imports.meet(session, import_id, _met(arrivals, claims, closed_at=incident.closed_at))
    bodies = {key: before[key] for key in keys if key in before} | bodies
    held |= before.keys()
    results = [
        _result(one, values, bodies, held, closed_at=incident.closed_at)
        for one, values in zip(arrivals, claims, strict=True)
    ]
    return [replace(one, forgotten=key in gone) for one, key in zip(results, keys, strict=True)]


def _met(
    arrivals: Sequence[Arrival], claims: Sequence[tuple[bytes, ...]], *, closed_at: datetime | None
) -> dict[bytes, bytes | None]:
    """Give what is met for the first time: of arrivals under one key, the first."""
    met: dict[bytes, bytes | None] = {}
    for one, values in zip(arrivals, claims, strict=True):
        if one.key not in met and _admitted(one, closed_at):
            met |= {one.key: one.body, **dict.fromkeys(values)}
    return met


def _result(
    arrival: Arrival,
    values: Sequence[bytes],
    bodies: dict[bytes, bytes | None],
    held: set[bytes],
    *,
    closed_at: datetime | None,
) -> Result:
    """`bodies` and `held` grow as registering would let them."""
    if arrival.key in bodies:
        same = bodies[arrival.key] == arrival.body
        return Result(Outcome.REPEATED if same else Outcome.OTHER_BODY)
    if not _admitted(arrival, closed_at):
        return Result(Outcome.CLOSED)
    known = any(value in held for value in values)
    bodies[arrival.key] = arrival.body
    held.update(values)
    return Result(Outcome.SAME_PERSON if known else Outcome.REGISTERED)


def _admitted(arrival: Arrival, closed_at: datetime | None) -> bool:
    return admits(arrival.person.place, arrival.person.registered_at, closed_at)
