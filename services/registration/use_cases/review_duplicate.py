"""Decide about a possible duplicate. Each step is taken once, by an authorised person."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from contracts.events.ids import RegistrationId
from contracts.events.personal import Note
from contracts.wire.sealed import FieldSet, Personal
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.duplicate_review import DecisionStep, DecisionVerdict, DuplicateState, judge
from services.registration.resources import Resources
from services.registration.store import duplicates, people, person_history, person_links
from services.registration.store.duplicates import DuplicateRow, LockedDuplicate
from services.registration.store.people import RegistrationRow
from services.registration.store.person_history import DoubtfulFields
from services.registration.use_cases.link_person import Unlinking, link, unlink
from services.registration.use_cases.publish_person import Keys, UnitOfWork, open_people


class DecisionRefusal(StrEnum):
    UNKNOWN = "no-duplicate"
    FORGOTTEN = "forgotten"
    NOT_NOW = "not-now"
    OWN_SUGGESTION = "own-suggestion"
    ALREADY_ONE = "already-one"
    MEANWHILE = "merged-meanwhile"
    MERGED_SINCE = "merged-since"


class DecisionRefused(LookupError):  # noqa: N818 - a state of the world, not a fault of the program
    def __init__(self, refusal: DecisionRefusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


_VERDICTS = {
    DecisionVerdict.NOT_NOW: DecisionRefusal.NOT_NOW,
    DecisionVerdict.OWN_SUGGESTION: DecisionRefusal.OWN_SUGGESTION,
}


@dataclass(frozen=True, slots=True)
class DuplicateDecision:
    """`changed`: the fields that the undoing of a merge changes, for each of the two.

    `check`: fields that were corrected while nobody knew of which of the two.
    """

    row: DuplicateRow  # the pair as it was before
    state: DuplicateState
    suggested_by: str | None
    changed: Mapping[RegistrationId, tuple[str, ...]] = field(default_factory=dict)
    check: DoubtfulFields | None = None


class _Inner(Personal, frozen=True):
    sealed: bytes


def why_of(step_id: UUID) -> FieldSet:
    return FieldSet(f"duplicate/{step_id}")


def seal_why(step_id: UUID, why: str, keys: tuple[DataKey, DataKey]) -> bytes:
    """Seal a text about two people so that it can be decrypted only while neither is erased."""
    field_set = why_of(step_id)
    return keys[1].seal(field_set, _Inner(keys[0].seal(field_set, Note(why))))


def opened_why(step_id: UUID, sealed: bytes | None, keys: tuple[DataKey, DataKey]) -> str | None:
    if sealed is None:
        return None
    field_set = why_of(step_id)
    return keys[0].open(field_set, keys[1].open(field_set, sealed, _Inner).sealed, Note).text


async def decide(
    resources: Resources, duplicate_id: UUID, step: DecisionStep, why: str | None, stamp: AuditStamp
) -> DuplicateDecision:
    """Take a step. A repeated step changes nothing. Raise DecisionRefused."""
    keys = await _keys(resources, duplicate_id)
    async with resources.database.transaction() as session:
        if step in {DecisionStep.MERGE, DecisionStep.UNDO}:  # people before pairs: the lock order everywhere
            locked = await people.lock_registrations(session, [RegistrationId(one) for one in keys])
            stamp = replace(stamp, at=await people.record_time(session, locked, stamp.at))
        pair = await duplicates.lock_duplicate(session, duplicate_id)
        if pair is None:
            raise DecisionRefused(DecisionRefusal.UNKNOWN)
        verdict = judge(step, DuplicateState(pair.state), pair.suggested_by, stamp.by)
        if verdict is DecisionVerdict.DONE:
            check = await person_history.doubtful(session, duplicate_id)
            return DuplicateDecision(pair, DuplicateState(pair.state), pair.suggested_by, check=check)
        if verdict is not DecisionVerdict.GO:
            raise DecisionRefused(_VERDICTS[verdict])
        changed: Mapping[RegistrationId, tuple[str, ...]] = {}
        work = UnitOfWork(session, resources, keys, stamp)
        if step is DecisionStep.MERGE:
            await _link(work, pair, locked)
        elif step is DecisionStep.UNDO:
            changed = await _unlink(work, pair, locked)
        suggested_by = stamp.by if step is DecisionStep.SUGGEST else pair.suggested_by
        step_id = new_id()
        sealed = seal_why(step_id, why, (keys[pair.one], keys[pair.other])) if why else None
        await duplicates.record_step(
            session, step_id, duplicate_id, step.value, suggested_by, stamp.at, stamp.by, sealed
        )
        check = await person_history.doubtful(session, duplicate_id) if step is DecisionStep.UNDO else None
    return DuplicateDecision(pair, DuplicateState(step.value), suggested_by, changed, check)


async def _keys(resources: Resources, duplicate_id: UUID) -> Keys:
    """Read the keys of both people and of all their registrations before anything is locked."""
    async with resources.database.transaction() as session:
        owners = await person_links.owners_of_pair(session, duplicate_id)
    if not owners:
        raise DecisionRefused(DecisionRefusal.UNKNOWN)
    keys = await resources.keyring.read([one.id for one in owners])
    if len(keys) < len(owners) or any(one.forgotten for one in owners):
        raise DecisionRefused(DecisionRefusal.FORGOTTEN)
    return keys


async def _link(
    work: UnitOfWork, pair: LockedDuplicate, locked: Mapping[RegistrationId, RegistrationRow]
) -> None:
    firsts = {locked[one].repeat_of or one for one in (pair.one, pair.other)}
    if len(firsts) == 1:
        raise DecisionRefused(DecisionRefusal.ALREADY_ONE)
    if any(row.forgotten_at is not None for row in locked.values()):
        raise DecisionRefused(DecisionRefusal.FORGOTTEN)
    if not firsts <= locked.keys() or any(locked[one].repeat_of is not None for one in firsts):
        raise DecisionRefused(DecisionRefusal.MEANWHILE)
    await link(work, pair.id, firsts)


async def _unlink(
    work: UnitOfWork, pair: LockedDuplicate, locked: Mapping[RegistrationId, RegistrationRow]
) -> Mapping[RegistrationId, tuple[str, ...]]:
    """Undo a merge. It must be the last one of its person: an earlier one is inside that."""
    if pair.away is None or pair.into_id is None or pair.merged_at is None:
        raise DecisionRefused(DecisionRefusal.NOT_NOW)
    if not {pair.away, pair.into_id} <= locked.keys():
        raise DecisionRefused(DecisionRefusal.MEANWHILE)
    into = locked[pair.into_id]
    if into.forgotten_at is not None:
        raise DecisionRefused(DecisionRefusal.FORGOTTEN)
    if into.repeat_of is not None:
        raise DecisionRefused(DecisionRefusal.MERGED_SINCE)
    person = (await open_people(work, [into.id]))[into.id]
    if not person.complete:
        raise DecisionRefused(DecisionRefusal.MEANWHILE)
    why = f"registration {pair.away} is another person: the merge was undone"
    return await unlink(work, Unlinking(into.id, pair.away, pair.merged_at, why), person)
