"""What was corrected while two were one goes to whom it was said of."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from contracts.events.ids import RegistrationId
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.correction import numbers_of, overlaid, with_numbers
from services.registration.domain.correction_origin import Apart, Correction, Sides, apart
from services.registration.domain.duplicate_review import Gained
from services.registration.domain.person import Particulars
from services.registration.domain.similarity import Reason
from services.registration.resources import Resources
from services.registration.store import duplicates, people, person_history
from services.registration.store.duplicates import Proposal
from services.registration.store.people import RegistrationRow
from services.registration.store.person_history import PersonVersion
from services.registration.store.person_links import Merge
from services.registration.store.rows import particulars_of
from services.registration.use_cases.correct_person import correct
from services.registration.use_cases.merge_people import gained_of

# What the one that goes may have of what it gets back, by what stays with the other.
Fit = Callable[[Particulars, Particulars], Particulars]
_APART: Final = timedelta(microseconds=1)


async def told_apart(
    session: Session,
    merge: Merge,
    pair: Mapping[RegistrationId, RegistrationRow],
    keys: Mapping[UUID, DataKey],
    theirs: Collection[RegistrationId],
) -> Apart:
    """Tell what is whose. `theirs`: the one that goes, and whoever goes along."""
    key = keys[merge.into]
    held = particulars_of(pair[merge.into], key)
    rows = await person_history.versions_since(session, merge.into, merge.merged_at)
    own = set(await people.keys_of(session, merge.into)) - set(theirs)
    return apart(
        held,
        particulars_of(pair[merge.away], keys[merge.away]),
        _past(rows, held, key),
        Sides(own, theirs),
        key.open(gained_of(merge.id), merge.gained, Gained),
    )


def _past(rows: Sequence[PersonVersion], held: Particulars, key: DataKey) -> list[Correction]:
    """Read what was corrected. A field whose past went with somebody forgotten stays as it is held."""
    lost = {name for row in rows if not row["contact"] for name in row["changed"]}
    kept = [row for row in rows if row["contact"]]
    states = [overlaid(particulars_of(row, key), held, lost) for row in kept] + [held]
    return [
        Correction(before, after, frozenset(row["changed"]) - lost, row["addressed"])
        for row, before, after in zip(kept, states[:-1], states[1:], strict=True)
    ]


async def give_back(
    session: Session,
    resources: Resources,
    merge: Merge,
    whose: Apart,
    key: DataKey,
    stamp: AuditStamp,
    fit: Fit,
) -> None:
    """Correct the one that goes, step by step: one of those addressed may be another person yet.

    Each at a time of its own: who hears of it takes the later of two, and never a second of one moment.
    """
    why = f"said while registration {merge.into} was taken for the same person"
    for place, (addressed, new) in enumerate(whose.returned):
        step = AuditStamp(stamp.at + place * _APART, stamp.by)
        row = (await people.lock_registrations(session, [merge.away]))[merge.away]
        held = await without_anothers(session, resources, row, fit(new, whose.stays), key, step)
        await correct(session, resources, row, held, key, step, why, addressed=addressed)


async def without_anothers(
    session: Session,
    resources: Resources,
    row: RegistrationRow,
    new: Particulars,
    key: DataKey,
    stamp: AuditStamp,
) -> Particulars:
    """Leave out numbers that somebody else was registered with meanwhile: people decide who is who."""
    held = numbers_of(particulars_of(row, key))
    left = []
    for number in numbers_of(new):
        holder = await people.holder(session, row["incident_id"], resources.blind_index.identifier(number))
        if number in held or holder in {None, row["id"]}:
            left.append(number)
        else:
            await propose(session, row, RegistrationId(holder), stamp)
    return with_numbers(new, left)


async def propose(session: Session, row: RegistrationRow, holder: RegistrationId, stamp: AuditStamp) -> None:
    """Somebody else was registered with the value meanwhile: the same person, or else a person must look."""
    pair = Proposal(new_id(), row["incident_id"], row["id"], holder, 1.0, (Reason.SAME_IDENTITY,))
    await duplicates.propose(session, [pair], stamp.at)
