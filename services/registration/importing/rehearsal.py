"""What a dry run would find: the look-ups of registering, and none of its writes."""

from collections.abc import Sequence

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
    bodies = {
        key: made.body for key, made in (await intake.made_by(session, [a.key for a in arrivals])).items()
    }
    claims = {one.key: blind.claims(one.person.identity) for one in arrivals}
    values = {value for some in claims.values() for value in some}
    held = await imports.claimed(session, incident_id, values)
    entering = [one for one in arrivals if admits(one.person.place, closed=incident.closed)]
    met = [(one.key, one.body) for one in reversed(entering)]  # the first of a key counts
    met += [(value, None) for one in entering for value in claims[one.key]]
    before = await imports.meet(session, import_id, met) if met else {}
    bodies = {key: body for key, body in before.items() if key in claims} | bodies
    held |= before.keys()
    return [_result(one, claims[one.key], bodies, held, closed=incident.closed) for one in arrivals]


def _result(
    arrival: Arrival,
    values: Sequence[bytes],
    bodies: dict[bytes, bytes | None],
    held: set[bytes],
    *,
    closed: bool,
) -> Result:
    """`bodies` and `held` grow as registering would let them."""
    if arrival.key in bodies:
        same = bodies[arrival.key] == arrival.body
        return Result(Outcome.REPEATED if same else Outcome.OTHER_BODY)
    if not admits(arrival.person.place, closed=closed):
        return Result(Outcome.CLOSED)
    known = any(value in held for value in values)
    bodies[arrival.key] = arrival.body
    held.update(values)
    return Result(Outcome.SAME_PERSON if known else Outcome.REGISTERED)
