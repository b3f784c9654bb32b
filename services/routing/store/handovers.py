"""Offers to authorities, and the handover status of each registration.

Writers must have locked the person's home_case row.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from contracts.events.ids import AuthorityId, HandoverId, IncidentId, RegistrationId
from kit.database.database import Session
from services.routing.domain.disclosure import RegistrationConsent
from services.routing.domain.handover import (
    Case,
    CaseRef,
    Disclosure,
    Handover,
    HandoverState,
    HandoverStatus,
    HandoverTarget,
)
from services.routing.store.person_state import FACTS, FactsRow, read_facts

_FACTS = ", ".join(f"s.{name.strip()}" for name in FACTS.split(","))
_KNOWN = f"""
select s.registration_id, {_FACTS}, s.incident_id, s.exercise, s.home, s.municipality, s.covered_by,
    s.refused_by, s.status,
    s.handover_id, s.held_id, s.circumstances is not null as tells, c.identity is not null as identified,
    coalesce(c.state = 'closed', false) as closed, s.died_at is not null as died
from standing s join home_case c on c.registration_id = s.registration_id
where s.registration_id = any($1::uuid[]) and c.registration_id = any($1::uuid[])
"""  # noqa: S608 - our own column names
_STAND = """
update standing s set home = u.home, municipality = u.municipality, status = u.status,
    covered_by = string_to_array(u.covered_by, ','),
    status_since = case when s.status = u.status then s.status_since else u.at end,
    handover_id = u.last, held_id = u.held
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::timestamptz[],
        $8::text[]) as u(id, home, municipality, status, last, held, at, covered_by)
where s.registration_id = u.id
"""
_CALL_OFF = """
update handover h set state = 'called_off', called_off_at = u.at, call_off = u.why, clock_at = null
from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as u(id, why, at) where h.handover_id = u.id
"""
_ASK_PEOPLE = """
update home_case c set queue = 'handover', reason = s.refusal,
    candidates = array_remove(array[s.suggested], null),
    since = least(s.status_since, now())
from standing s where s.registration_id = c.registration_id and c.registration_id = any($1::uuid[])
    and c.queue is distinct from 'handover' and c.state in ('waiting', 'resolved')
"""
_AS_WRITTEN: Final[Mapping[UUID, HandoverTarget | None]] = MappingProxyType({})
_ASK_NOBODY = """
update home_case set queue = null, reason = null, since = null
where registration_id = any($1::uuid[]) and queue = 'handover'
"""


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A stored case with its handovers and status."""

    case_ref: CaseRef
    case: Case
    status: HandoverStatus
    home_is_new: bool  # differs from the stored home
    identified: bool  # has identity numbers to disclose
    tells: bool  # has circumstances to disclose

    def names_one_of(self, ended: Collection[AuthorityId]) -> bool:
        """Return whether an open handover or a refusal is of an authority that has ended."""
        asked = [
            one.authority for one in (self.case.last, self.case.held) if one is not None and one.is_open()
        ]
        return any(authority in ended for authority in (*asked, *self.case.refused_by))


@dataclass(frozen=True, slots=True)
class _KnownRow(FactsRow):
    incident_id: IncidentId
    exercise: bool
    home: AuthorityId | None
    municipality: AuthorityId | None
    covered_by: list[AuthorityId]
    refused_by: list[AuthorityId]
    status: str
    handover_id: UUID | None
    held_id: UUID | None
    tells: bool
    identified: bool
    closed: bool
    died: bool


@dataclass(frozen=True, slots=True)
class NewOffer:
    case_ref: CaseRef
    handover_id: HandoverId
    home: HandoverTarget
    consent: RegistrationConsent
    offered_at: datetime
    answer_by: datetime


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    registration_id: RegistrationId
    case: Case
    status: HandoverStatus


async def load_cases(
    session: Session, ids: Collection[UUID], homes: Mapping[UUID, HandoverTarget | None] = _AS_WRITTEN
) -> list[CaseRecord]:
    """Load cases. `homes`: decisions that are newer than the stored homes."""
    rows = await session.fetch(_KnownRow, _KNOWN, list(ids))
    named = {id_ for row in rows for id_ in (row.handover_id, row.held_id) if id_ is not None}
    found = await _handovers(session, named) if named else {}
    return [_known(row, homes, found) for row in rows]


async def _handovers(session: Session, ids: Collection[UUID]) -> dict[UUID, Handover]:
    rows = await session.fetch(
        "select handover_id, authority, state, covered_by from handover where handover_id = any($1::uuid[])",
        list(ids),
    )
    return {
        row[0]: Handover(HandoverId(row[0]), AuthorityId(row[1]), HandoverState(row[2]), _authorities(row[3]))
        for row in rows
    }


async def write_statuses(session: Session, stands: Sequence[StatusUpdate], at: datetime) -> None:
    rows = [
        (
            each.registration_id,
            each.case.home and each.case.home.authority,
            each.case.home and each.case.home.municipality,
            each.status,
            each.case.last and each.case.last.handover_id,
            each.case.held and each.case.held.handover_id,
            at,
            ",".join(each.case.home.covered_by) if each.case.home else "",
        )
        for each in stands
    ]
    await session.execute(_STAND, *_columns(rows))


async def insert_offers(session: Session, offers: Sequence[NewOffer]) -> None:
    await session.copy(
        "handover",
        (
            "handover_id", "registration_id", "incident_id", "exercise", "authority", "municipality",
            "consent_id", "state", "offered_at", "answer_by", "clock_at", "covered_by",
        ),
        [
            (
                o.handover_id, o.case_ref.registration_id, o.case_ref.incident_id, o.case_ref.exercise,
                o.home.authority, o.home.municipality, o.consent.consent_id, "offered", o.offered_at,
                o.answer_by, o.answer_by, o.home.names(),
            )
            for o in offers
        ],
    )  # fmt: skip


async def insert_disclosures(session: Session, passed: Sequence[Disclosure]) -> None:
    await session.copy(
        "passing_on",
        (
            "handover_id", "registration_id", "authority", "field_sets", "consent_id", "consent_given_at",
            "consent_expires_at", "actor", "passed_on_at",
        ),
        [
            (
                p.to.handover_id, p.case.registration_id, p.to.authority, p.field_sets, p.consent.consent_id,
                p.consent.given_at, p.consent.expires_at, p.actor, p.at,
            )
            for p in passed
        ],
    )  # fmt: skip


async def mark_called_off(session: Session, rows: Sequence[tuple[UUID, str]], at: datetime) -> None:
    await session.execute(_CALL_OFF, *_columns([(*row, at) for row in rows]))


async def queue_refused(session: Session, ids: Collection[UUID]) -> None:
    await session.execute(_ASK_PEOPLE, list(ids))


async def unqueue_refused(session: Session, ids: Collection[UUID]) -> None:
    await session.execute(_ASK_NOBODY, list(ids))


async def drop_notes(session: Session, ids: Collection[UUID]) -> None:
    await session.execute(
        "update handover set refusal_note = null "
        "where registration_id = any($1::uuid[]) and refusal_note is not null",
        list(ids),
    )


def _known(
    row: _KnownRow, homes: Mapping[UUID, HandoverTarget | None], found: Mapping[UUID, Handover]
) -> CaseRecord:
    written = _home(row)
    home = homes.get(row.registration_id, written)
    last, held = (found.get(id_) if id_ else None for id_ in (row.handover_id, row.held_id))
    case = Case(
        read_facts(row),
        home,
        last,
        held,
        frozenset(row.refused_by),
        closed=row.closed,
        died=row.died,
    )
    case_ref = CaseRef(row.incident_id, row.registration_id, row.exercise)
    return CaseRecord(case_ref, case, HandoverStatus(row.status), home != written, row.identified, row.tells)


def _home(row: _KnownRow) -> HandoverTarget | None:
    if row.home is None or row.municipality is None:
        return None
    return HandoverTarget(row.municipality, row.home, tuple(row.covered_by))


def _authorities(codes: Iterable[str]) -> tuple[AuthorityId, ...]:
    return tuple(AuthorityId(code) for code in codes)


def _columns(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
