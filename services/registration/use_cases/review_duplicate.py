"""Decide about a possible duplicate. Each step is taken once, by an authorised person."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from contracts.events.ids import RegistrationId
from contracts.events.personal import Note
from contracts.wire.sealed import FieldSet, Personal
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.duplicate_review import DecisionStep, DecisionVerdict, DuplicateState, judge
from services.registration.resources import Resources
from services.registration.store import duplicates, people, person_links
from services.registration.store.duplicates import DuplicateRow
from services.registration.use_cases.correct_person import BusyIdentity, OtherPerson
from services.registration.use_cases.merge_people import merge
from services.registration.use_cases.unmerge_people import unmerge


class DecisionRefusal(StrEnum):
    UNKNOWN = "no-duplicate"
    FORGOTTEN = "forgotten"
    NOT_NOW = "not-now"
    OWN_SUGGESTION = "own-suggestion"
    ALREADY_ONE = "already-one"
    MEANWHILE = "merged-meanwhile"
    MERGED_SINCE = "merged-since"
    OTHER_PERSON = "other-person"


class DecisionRefused(LookupError):  # noqa: N818 - a state of the world, not a fault of the program
    def __init__(self, refusal: DecisionRefusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


_VERDICTS = {
    DecisionVerdict.NOT_NOW: DecisionRefusal.NOT_NOW,
    DecisionVerdict.OWN_SUGGESTION: DecisionRefusal.OWN_SUGGESTION,
}
Keys = Mapping[UUID, DataKey]


@dataclass(frozen=True, slots=True)
class DuplicateDecision:
    row: DuplicateRow  # the pair as it was before
    state: DuplicateState
    suggested_by: str | None


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
        pair = _known(await duplicates.lock_duplicate(session, duplicate_id))
        verdict = judge(step, DuplicateState(pair["state"]), pair["suggested_by"], stamp.by)
        if verdict is DecisionVerdict.DONE:
            return DuplicateDecision(pair, DuplicateState(pair["state"]), pair["suggested_by"])
        if verdict is not DecisionVerdict.GO:
            raise DecisionRefused(_VERDICTS[verdict])
        await _act(session, resources, pair, step, keys, stamp)
        suggested_by = stamp.by if step is DecisionStep.SUGGEST else pair["suggested_by"]
        await duplicates.set_state(session, duplicate_id, step.value, suggested_by)
        step_id = new_id()
        sealed = seal_why(step_id, why, (keys[pair["one"]], keys[pair["other"]])) if why else None
        await duplicates.insert_step(session, step_id, duplicate_id, step.value, stamp.at, stamp.by, sealed)
    return DuplicateDecision(pair, DuplicateState(step.value), suggested_by)


async def _keys(resources: Resources, duplicate_id: UUID) -> Keys:
    """Read the keys of both people and their repeats before anything is locked."""
    async with resources.database.transaction() as session:
        pair = _known(await duplicates.duplicate(session, duplicate_id))
        owners: set[RegistrationId] = set()
        for one in (pair["one"], pair["other"]):
            speaker = await people.person(session, one)
            if speaker is None or speaker["forgotten_at"] is not None:
                raise DecisionRefused(DecisionRefusal.FORGOTTEN)
            owners |= set(await people.keys_of(session, speaker["id"]))
    keys = await resources.keyring.read(owners)
    if len(keys) < len(owners):
        raise DecisionRefused(DecisionRefusal.FORGOTTEN)
    return keys


async def _act(
    session: Session,
    resources: Resources,
    pair: DuplicateRow,
    step: DecisionStep,
    keys: Keys,
    stamp: AuditStamp,
) -> None:
    try:
        if step is DecisionStep.MERGE:
            await _merge(session, resources, pair, keys, stamp)
        elif step is DecisionStep.UNDO:
            await _undo(session, resources, pair, keys, stamp)
    except BusyIdentity:
        raise DecisionRefused(DecisionRefusal.MEANWHILE) from None
    except OtherPerson:
        raise DecisionRefused(DecisionRefusal.OTHER_PERSON) from None


async def _merge(
    session: Session, resources: Resources, pair: DuplicateRow, keys: Keys, stamp: AuditStamp
) -> None:
    speakers = [await people.person(session, pair[name]) for name in ("one", "other")]
    rows = await people.lock_registrations(session, {row["id"] for row in speakers if row is not None})
    if len(rows) == 1:
        raise DecisionRefused(DecisionRefusal.ALREADY_ONE)
    if any(row["forgotten_at"] is not None for row in rows.values()):
        raise DecisionRefused(DecisionRefusal.FORGOTTEN)
    if any(row["repeat_of"] is not None for row in rows.values()) or not rows.keys() <= keys.keys():
        raise DecisionRefused(DecisionRefusal.MEANWHILE)
    await merge(session, resources, pair["id"], rows, keys, stamp)


async def _undo(
    session: Session, resources: Resources, pair: DuplicateRow, keys: Keys, stamp: AuditStamp
) -> None:
    standing = await person_links.standing_of(session, pair["id"])
    if standing is None:
        raise DecisionRefused(DecisionRefusal.NOT_NOW)
    rows = await people.lock_registrations(session, (standing.away, standing.into))
    into = rows[standing.into]
    if into["forgotten_at"] is not None:
        raise DecisionRefused(DecisionRefusal.FORGOTTEN)
    if into["repeat_of"] is not None:
        raise DecisionRefused(DecisionRefusal.MERGED_SINCE)
    if not set(await people.keys_of(session, standing.into)) <= keys.keys():
        raise DecisionRefused(DecisionRefusal.MEANWHILE)
    await unmerge(session, resources, standing, rows, keys, stamp)


def _known(pair: DuplicateRow | None) -> DuplicateRow:
    if pair is None:
        raise DecisionRefused(DecisionRefusal.UNKNOWN)
    return pair
