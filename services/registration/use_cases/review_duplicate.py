"""What people decide about two registrations that may be one person: each step once, by who may take it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

import asyncpg

from contracts.events.ids import RegistrationId
from contracts.events.personal import Note
from contracts.wire.sealed import FieldSet, Personal
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.duplicate_review import State, Step, Verdict, judge
from services.registration.resources import Resources
from services.registration.store import duplicates, people, person_links
from services.registration.use_cases.correct_person import BusyIdentity, OtherPerson
from services.registration.use_cases.merge_people import merge
from services.registration.use_cases.unmerge_people import unmerge


class Refusal(StrEnum):
    UNKNOWN = "no-duplicate"
    FORGOTTEN = "forgotten"
    NOT_NOW = "not-now"
    OWN_SUGGESTION = "own-suggestion"
    ALREADY_ONE = "already-one"
    MEANWHILE = "merged-meanwhile"
    MERGED_SINCE = "merged-since"
    OTHER_PERSON = "other-person"


class Refused(LookupError):  # noqa: N818 - a state of the world, not a fault of the program
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


_VERDICTS = {Verdict.NOT_NOW: Refusal.NOT_NOW, Verdict.OWN_SUGGESTION: Refusal.OWN_SUGGESTION}
Keys = Mapping[UUID, DataKey]


@dataclass(frozen=True, slots=True)
class Decided:
    row: asyncpg.Record  # the pair as it was before
    state: State
    suggested_by: str | None


class _Inner(Personal, frozen=True):
    sealed: bytes


def why_of(step_id: UUID) -> FieldSet:
    return FieldSet(f"duplicate/{step_id}")


def seal_why(step_id: UUID, why: str, keys: tuple[DataKey, DataKey]) -> bytes:
    """Seal words about two people so that they open only while neither is forgotten."""
    field_set = why_of(step_id)
    return keys[1].seal(field_set, _Inner(keys[0].seal(field_set, Note(why))))


def opened_why(step_id: UUID, sealed: bytes | None, keys: tuple[DataKey, DataKey]) -> str | None:
    if sealed is None:
        return None
    field_set = why_of(step_id)
    return keys[0].open(field_set, keys[1].open(field_set, sealed, _Inner).sealed, Note).text


async def decide(
    resources: Resources, duplicate_id: UUID, step: Step, why: str | None, stamp: AuditStamp
) -> Decided:
    """Take a step; one that was taken before changes nothing. Raises Refused."""
    keys = await _keys(resources, duplicate_id)
    async with resources.database.transaction() as session:
        if step in {Step.MERGE, Step.UNDO}:  # people before pairs, as everybody locks them
            locked = await people.lock_registrations(session, [RegistrationId(one) for one in keys])
            stamp = replace(stamp, at=await people.record_time(session, locked, stamp.at))
        pair = _known(await duplicates.lock_duplicate(session, duplicate_id))
        verdict = judge(step, State(pair["state"]), pair["suggested_by"], stamp.by)
        if verdict is Verdict.DONE:
            return Decided(pair, State(pair["state"]), pair["suggested_by"])
        if verdict is not Verdict.GO:
            raise Refused(_VERDICTS[verdict])
        await _act(session, resources, pair, step, keys, stamp)
        suggested_by = stamp.by if step is Step.SUGGEST else pair["suggested_by"]
        await duplicates.set_state(session, duplicate_id, step.value, suggested_by)
        step_id = new_id()
        sealed = seal_why(step_id, why, (keys[pair["one"]], keys[pair["other"]])) if why else None
        await duplicates.insert_step(session, step_id, duplicate_id, step.value, stamp.at, stamp.by, sealed)
    return Decided(pair, State(step.value), suggested_by)


async def _keys(resources: Resources, duplicate_id: UUID) -> Keys:
    """Read the keys of both, and of everybody who is one with them, before anything is locked."""
    async with resources.database.transaction() as session:
        pair = _known(await duplicates.duplicate(session, duplicate_id))
        owners: set[RegistrationId] = set()
        for one in (pair["one"], pair["other"]):
            speaker = await people.person(session, one)
            if speaker is None or speaker["forgotten_at"] is not None:
                raise Refused(Refusal.FORGOTTEN)
            owners |= set(await people.keys_of(session, speaker["id"]))
    keys = await resources.keyring.read(owners)
    if len(keys) < len(owners):
        raise Refused(Refusal.FORGOTTEN)
    return keys


async def _act(
    session: Session, resources: Resources, pair: asyncpg.Record, step: Step, keys: Keys, stamp: AuditStamp
) -> None:
    try:
        if step is Step.MERGE:
            await _merge(session, resources, pair, keys, stamp)
        elif step is Step.UNDO:
            await _undo(session, resources, pair, keys, stamp)
    except BusyIdentity:
        raise Refused(Refusal.MEANWHILE) from None
    except OtherPerson:
        raise Refused(Refusal.OTHER_PERSON) from None


async def _merge(
    session: Session, resources: Resources, pair: asyncpg.Record, keys: Keys, stamp: AuditStamp
) -> None:
    speakers = [await people.person(session, pair[name]) for name in ("one", "other")]
    rows = await people.lock_registrations(session, {row["id"] for row in speakers if row is not None})
    if len(rows) == 1:
        raise Refused(Refusal.ALREADY_ONE)
    if any(row["forgotten_at"] is not None for row in rows.values()):
        raise Refused(Refusal.FORGOTTEN)
    if any(row["repeat_of"] is not None for row in rows.values()) or not rows.keys() <= keys.keys():
        raise Refused(Refusal.MEANWHILE)
    await merge(session, resources, pair["id"], rows, keys, stamp)


async def _undo(
    session: Session, resources: Resources, pair: asyncpg.Record, keys: Keys, stamp: AuditStamp
) -> None:
    standing = await person_links.standing_of(session, pair["id"])
    if standing is None:
        raise Refused(Refusal.NOT_NOW)
    rows = await people.lock_registrations(session, (standing.away, standing.into))
    into = rows[standing.into]
    if into["forgotten_at"] is not None:
        raise Refused(Refusal.FORGOTTEN)
    if into["repeat_of"] is not None:
        raise Refused(Refusal.MERGED_SINCE)
    if not set(await people.keys_of(session, standing.into)) <= keys.keys():
        raise Refused(Refusal.MEANWHILE)
    await unmerge(session, resources, standing, rows, keys, stamp)


def _known(pair: asyncpg.Record | None) -> asyncpg.Record:
    if pair is None:
        raise Refused(Refusal.UNKNOWN)
    return pair
