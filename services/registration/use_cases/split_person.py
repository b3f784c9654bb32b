"""A number was mistaken: whoever was recognised by it as somebody else is a person of their own again.

It is undone as a merge is. The number stays with whom it recognised; whoever is parted has it no more, nor
the birth date that came with it, since nobody may be looked up in the register by another's number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from contracts.events.ids import RegistrationId
from contracts.events.personal import NOTE, Note
from contracts.events.registration import PersonRegistered
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.registration.domain.age import LOCAL
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.duplicate_review import DuplicateState, Gained, lacking
from services.registration.domain.identity_match import without_numbers
from services.registration.domain.person import Particulars
from services.registration.resources import Resources
from services.registration.store import duplicates, people, person_history, person_links
from services.registration.store.people import RegistrationRow
from services.registration.store.person_links import Merge
from services.registration.store.rows import particulars_of, seal_particulars
from services.registration.use_cases.correct_person import correct
from services.registration.use_cases.emit_events import emit_person_events
from services.registration.use_cases.golden_record import lent_by
from services.registration.use_cases.merge_people import gained_of
from services.registration.use_cases.propose_duplicate import propose_pair
from services.registration.use_cases.review_duplicate import seal_why
from services.registration.use_cases.split_corrections import told_apart
from services.registration.use_cases.unmerge_people import unmerge

_SLACK: Final = timedelta(seconds=1)  # what came with the registration itself was written just before its id


class NotRecognised(LookupError):  # noqa: N818 - a state of the world, not a fault of the program
    """Nobody was recognised in it by a number: it speaks for itself, or people have merged it."""


@dataclass(frozen=True, slots=True)
class Parted:
    duplicate_id: UUID
    out_of: RegistrationId


async def part(resources: Resources, away: RegistrationId, why: str, stamp: AuditStamp) -> Parted:
    """Raise NotRecognised, and what correcting raises."""
    async with resources.database.transaction() as session:
        into = _recognised_as(await people.lock_registrations(session, [away]), away)
        owners = await people.keys_of(session, into)
    keys = await resources.keyring.read(owners)
    duplicate_id = await propose_pair(resources, into, away, stamp.at)
    async with resources.database.transaction() as session:
        rows = await people.lock_registrations(session, [into, away])
        if (
            _recognised_as(rows, away) != into
            or rows[into]["forgotten_at"]
            or not keys.keys() >= {into, away}
        ):
            raise NotRecognised
        if not set(await people.keys_of(session, into)) <= keys.keys() or await person_links.is_away(
            session, away
        ):
            raise NotRecognised
        await duplicates.lock_duplicate(session, duplicate_id)
        await _part(session, resources, duplicate_id, (rows[into], rows[away]), keys, stamp, why)
    return Parted(duplicate_id, into)


def _recognised_as(rows: Mapping[RegistrationId, RegistrationRow], away: RegistrationId) -> RegistrationId:
    row = rows.get(away)
    if row is None or row["repeat_of"] is None or row["within"] is not None or row["forgotten_at"]:
        raise NotRecognised
    into: RegistrationId = row["repeat_of"]
    return into


async def _part(
    session: Session,
    resources: Resources,
    duplicate_id: UUID,
    pair: tuple[RegistrationRow, RegistrationRow],
    keys: Mapping[UUID, DataKey],
    stamp: AuditStamp,
    why: str,
) -> None:
    into, away = pair
    key, merge_id = keys[into["id"]], new_id()
    own = particulars_of(away, keys[away["id"]])
    gained = await _gained(session, into["id"], own, away["id"], key, stamp)
    sealed = key.seal(gained_of(merge_id), gained)
    since = _registered(away["id"])
    await person_links.insert_merge(session, merge_id, duplicate_id, away["id"], into["id"], since, sealed)
    merge = Merge(merge_id, away["id"], into["id"], since, sealed)
    rows = {into["id"]: into, away["id"]: away}
    whose = await told_apart(session, merge, rows, keys, (away["id"],))
    fit = partial(_without_numbers_of, resources)
    right = fit(whose.theirs, whose.stays)
    await emit_person_events(session, [_registered_anew(away, right, keys[away["id"]])])
    whose = await unmerge(session, resources, merge, rows, keys, stamp, fit)
    alone = (await people.lock_registrations(session, [away["id"]]))[away["id"]]
    left = fit(particulars_of(alone, keys[away["id"]]), whose.stays)
    await correct(session, resources, alone, left, keys[away["id"]], stamp, why)
    await _note(session, duplicate_id, (into["id"], away["id"]), keys, stamp, why)


async def _gained(
    session: Session,
    into: RegistrationId,
    own: Particulars,
    away: RegistrationId,
    key: DataKey,
    stamp: AuditStamp,
) -> Gained:
    """Give what the first took over when the other was recognised; golden_record.py keeps it as a version."""
    on = stamp.at.astimezone(LOCAL).date()
    for row in await person_history.versions(session, into):
        if row["contact"] and row["why"] and key.open(NOTE, row["why"], Note).text == lent_by(away):
            return lacking(particulars_of(row, key), own, on)
    return Gained()


def _without_numbers_of(resources: Resources, own: Particulars, other: Particulars) -> Particulars:
    held = set(resources.blind_index.claims(other.identity))
    numbers = own.identity.identifiers if own.identity else ()
    return without_numbers(
        own, frozenset(one for one in numbers if resources.blind_index.identifier(one) in held)
    )


def _registered_anew(row: RegistrationRow, right: Particulars, key: DataKey) -> PersonRegistered:
    """Tell of a person whom nobody has heard of: a repeat is not told. The consents and bars follow."""
    sealed = seal_particulars(right, key)
    return PersonRegistered(
        incident_id=row["incident_id"],
        exercise=row["exercise"],
        registration_id=row["id"],
        role=right.role,
        place=row["place"],
        registered_at=row["registered_at"],
        language=right.language,
        age_band=right.age_band,
        channels=right.channels,
        identity=sealed.identity,
        contact=sealed.contact,
        circumstances=sealed.circumstances,
        preferred_channel=right.preferred_channel,
    )


def _registered(registration_id: RegistrationId) -> datetime:
    """Tell by its id when a registration was written."""
    return datetime.fromtimestamp((registration_id.int >> 80) / 1000, UTC) - _SLACK


async def _note(
    session: Session,
    duplicate_id: UUID,
    pair: tuple[RegistrationId, RegistrationId],
    keys: Mapping[UUID, DataKey],
    stamp: AuditStamp,
    why: str,
) -> None:
    step_id, (one, other) = new_id(), sorted(pair)
    sealed = seal_why(step_id, why, (keys[one], keys[other]))
    await duplicates.set_state(session, duplicate_id, DuplicateState.UNDONE.value, None)
    await duplicates.insert_step(
        session, step_id, duplicate_id, DuplicateState.UNDONE.value, stamp.at, stamp.by, sealed
    )
