"""Correct registrations from a changed row of the same registrar at the same place.

A file's reference may be reused in the next file: it finds a registration but proves no identity. Fields that
somebody else corrected since stay. An empty cell deletes nothing. A dry run is rolled back.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.vocabulary import RegistrationPlace
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.correction import changes, overlaid
from services.registration.domain.identity_match import PersonNames, names_compatible, says_one
from services.registration.domain.person import NewPerson, Particulars
from services.registration.imports.row_parser import ParsedRow
from services.registration.resources import Resources
from services.registration.store import idempotency, imports, incidents, people, person_history, person_links
from services.registration.store.idempotency import KeyResult
from services.registration.store.people import RegistrationRow
from services.registration.store.rows import particulars_of, seal
from services.registration.use_cases.add_repeat import merge_consents
from services.registration.use_cases.correct_person import correct
from services.registration.use_cases.publish_person import Keys, UnitOfWork
from services.registration.use_cases.register_people import Submission

_REASON: Final = "corrected in the file it came from"
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "street": ("addresses",), "postcode": ("addresses",), "city": ("addresses",),
    "municipality": ("addresses",), "country": ("addresses",), "birth_date": ("birth_date", "age_band"),
    **{name: (name,) for name in (
        "name", "role", "presence", "language", "interpreter", "phone", "email", "preferred_time",
        "preferred_channel", "note", "circumstances", "concerns",
    )},
}  # fmt: skip


class _DryRunRollback(Exception):  # noqa: N818 - ends a dry run; not an error
    pass


@dataclass(frozen=True, slots=True)
class _CorrectionCandidate:
    """A row that may correct `named`, a registration of `person`.

    `made` is the earlier result for its reference.
    """

    row: ParsedRow
    submission: Submission
    person: RegistrationId
    named: RegistrationId
    made: KeyResult | None


class RowCorrections:
    def __init__(
        self, resources: Resources, incident_id: IncidentId, stamp: AuditStamp, *, dry_run: bool
    ) -> None:
        self._resources = resources
        self._incident_id = incident_id
        self._stamp = stamp
        self._dry_run = dry_run
        self._seen_keys: set[bytes] = set()  # keys of this file's rows: a repeated row corrects nothing

    async def apply(self, rows: Sequence[ParsedRow]) -> tuple[list[ParsedRow], dict[int, tuple[str, ...]]]:
        """Correct registrations from changed rows.

        Return the rows to register, and the corrected fields by line.
        """
        candidates, bodies = await self._find_candidates(rows)
        keys = await self._keys([one.person for one in candidates]) if candidates else {}
        corrected: dict[int, tuple[str, ...]] = {}
        for one in candidates:
            known = {one.person, one.named} <= keys.keys()
            fields = await self._correct(one, keys) if known else None
            if fields is None:
                continue
            corrected[one.row.line] = fields
            if one.made is not None and self._dry_run:
                bodies[one.row.line] = one.made.body
        return [_with_previous_body(row, bodies) for row in rows], corrected

    async def _find_candidates(
        self, rows: Sequence[ParsedRow]
    ) -> tuple[list[_CorrectionCandidate], dict[int, bytes | None]]:
        """Return the candidates, and by line the current body where the file is an older state."""
        submissions = [row.submission for row in rows if row.submission is not None]
        bodies = [one.body for one in submissions if one.body is not None]
        claims = {one.key: self._resources.blind_index.claims(one.person.identity) for one in submissions}
        async with self._resources.database.transaction() as session:
            made = await idempotency.results_by_key(session, [*(one.key for one in submissions), *bodies])
            owners = await imports.owners(
                session, self._incident_id, {v for some in claims.values() for v in some}
            )
            found, older = list[_CorrectionCandidate](), dict[int, bytes | None]()
            for row in rows:
                if (one := row.submission) is None:
                    continue
                before, seen = made.get(one.key), self._is_repeat(one, claims[one.key])
                if before is not None and before.body != one.body and one.body in made:
                    older[row.line] = before.body  # an older state of the file, sent again
                elif not seen and (registration_id := _registration_of(one, before, claims[one.key], owners)):
                    person = await people.person(session, registration_id)
                    if person is not None and _has_same_registrar(person, one.person):
                        found.append(_CorrectionCandidate(row, one, person.id, person.addressed, before))
        return found, older

    def _is_repeat(self, submission: Submission, claims: Sequence[bytes]) -> bool:
        seen = not self._seen_keys.isdisjoint((submission.key, *claims))
        self._seen_keys.update((submission.key, *claims))
        return seen

    async def _keys(self, people: Sequence[RegistrationId]) -> dict[UUID, DataKey]:
        async with self._resources.database.transaction() as session:
            owners = await person_links.owners(session, people)
        return await self._resources.keyring.read([one.id for one in owners])

    async def _correct(self, one: _CorrectionCandidate, keys: Keys) -> tuple[str, ...] | None:
        """Return the corrected fields, or None where the row is about another person."""
        fields: tuple[str, ...] | None = None
        try:
            async with self._resources.database.transaction() as session:
                fields = await self._write(session, one, keys)
                self._roll_back_dry_run()
        except _DryRunRollback:
            return fields
        return fields

    def _roll_back_dry_run(self) -> None:
        if self._dry_run:
            raise _DryRunRollback

    async def _write(self, session: Session, one: _CorrectionCandidate, keys: Keys) -> tuple[str, ...] | None:
        incident = await incidents.lock_shared_incident(session, self._incident_id)
        row = await people.lock_person(session, one.named)
        if incident is None or row is None or row.id != one.person:
            return None
        key = keys[one.named]
        held, new = particulars_of(row, keys[row.id]), one.submission.person
        own = held if row.id == one.named else particulars_of(await _own_row(session, one), key)
        stands = PersonNames(own.contact.name, RegistrationPlace(row.place))
        if not names_compatible(PersonNames(new.contact.name, new.place), stands) or not says_one(new, own):
            return None
        corrected = await person_history.versions(session, row.id)
        others = {name for old in corrected if old.replaced_by != self._stamp.by for name in old.changed}
        names = set(_fields_to_correct(own, new, one.row.stated, others))
        work = UnitOfWork(session, self._resources, keys, self._stamp)
        fields = await correct(work, row, overlaid(held, new, names), _REASON, stated=names)
        if one.made is not None:
            await merge_consents(session, incident, [(row.id, seal(one.named, new, key))], self._stamp)
            await idempotency.replace_body(session, one.submission.key, one.submission.body, one.made)
        return tuple(name for name in fields if name not in {"channels", "age_band"})


async def _own_row(session: Session, one: _CorrectionCandidate) -> RegistrationRow:
    return next(row for row in await people.registrations_of(session, one.person) if row.id == one.named)


def _with_previous_body(row: ParsedRow, bodies: Mapping[int, bytes | None]) -> ParsedRow:
    """Give an older row the current body, so that it counts as already registered."""
    if row.submission is None or row.line not in bodies:
        return row
    return replace(row, submission=replace(row.submission, body=bodies[row.line]))


def _registration_of(
    submission: Submission,
    made: KeyResult | None,
    claims: Sequence[bytes],
    owners: Mapping[bytes, RegistrationId],
) -> RegistrationId | None:
    if made is not None:
        other = made.body != submission.body and not made.forgotten
        return RegistrationId(made.id) if other else None
    return next((owners[value] for value in claims if value in owners), None)


def _has_same_registrar(row: RegistrationRow, person: NewPerson) -> bool:
    return bool(row.registered_by == person.registered_by and row.place == person.place)


def _fields_to_correct(
    held: Particulars, new: Particulars, stated: Collection[str], others: Collection[str]
) -> Iterator[str]:
    """Yield the fields that the row changes. `others` are fields that somebody else corrected."""
    said = {field for column in stated for field in _FIELDS.get(column, ())}
    return (name for name in changes(held, new) if name in said and name not in others)
