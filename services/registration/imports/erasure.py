"""Delete rejected rows about a forgotten person. They are encrypted with the key of the import.

A rejected row belongs to no registration. It is matched by its content: an ID number, phone number, e-mail
address or name. In doubt a row is deleted: the sender still has the file.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from contracts.events.ids import IncidentId
from contracts.rules.identity import compact
from kit.privacy.sealing import DataKey
from services.registration.domain.name import normalised_name
from services.registration.domain.person import Particulars
from services.registration.imports import danish_terms
from services.registration.imports.job import REJECTED_CELLS, RejectedCells
from services.registration.resources import Resources
from services.registration.store import imports
from services.registration.store.imports import RejectedRows

_AT_ONCE: Final = 1000  # rows
_NO_DIGITS: Final = re.compile(r"\D")
_LOCAL_DIGITS: Final = 8  # of a telephone number without its country


@dataclass(frozen=True, slots=True)
class PersonTraces:
    """Normalized values that identify a person in a row."""

    names: frozenset[str] = field(repr=False)
    words: frozenset[str] = field(repr=False)  # numbers and e-mail addresses
    phones: frozenset[str] = field(repr=False)  # digits

    def match_row(self, columns: Sequence[str], cells: Sequence[str]) -> bool:
        """Return whether a row is about the person. Names match in name columns, other values in any."""
        named = {
            danish_terms.column_of_heading(heading): cell
            for heading, cell in zip(columns, cells, strict=False)
        }
        whole = " ".join(named.get(name, "") for name in ("given_name", "family_name"))
        names = (named.get("name", ""), whole, f"{named.get('given_name', '')} {named.get('name', '')}")
        return any(normalised_name(name) in self.names for name in names if name.strip()) or any(
            _word(cell) in self.words or self._matches_phone(cell) for cell in cells
        )

    def _matches_phone(self, cell: str) -> bool:
        digits = _NO_DIGITS.sub("", cell).lstrip("0")
        return len(digits) >= _LOCAL_DIGITS and any(phone.endswith(digits) for phone in self.phones)


def traces_of(people: Sequence[Particulars]) -> PersonTraces:
    return PersonTraces(
        frozenset(normalised_name(one.contact.name) for one in people),
        frozenset(word for one in people for word in _words(one)),
        frozenset(_NO_DIGITS.sub("", one.contact.phone) for one in people if one.contact.phone),
    )


async def erase_rejected_rows(resources: Resources, incident_id: IncidentId, traces: PersonTraces) -> int:
    """Delete the rejected rows about a person in all imports of the incident. Return their number."""
    async with resources.database.transaction() as session:
        files = await imports.with_bad_rows(session, incident_id)
        await imports.delete_files_of(session, incident_id)  # any row of a kept file may name the person
    keys = await resources.keyring.read([row.id for row in files])
    return sum(
        [await _erase_from_file(resources, row, keys[row.id], traces) for row in files if row.id in keys]
    )


async def _erase_from_file(
    resources: Resources, file: RejectedRows, key: DataKey, traces: PersonTraces
) -> int:
    last, erased, rows = 0, 0, None
    while rows is None or len(rows) == _AT_ONCE:
        async with resources.database.transaction() as session:
            rows = await imports.rejected_rows(session, file.id, last, _AT_ONCE)
            lines = [
                row.line
                for row in rows
                if traces.match_row(
                    file.columns or (), key.open(REJECTED_CELLS, row.cells, RejectedCells).cells
                )
            ]
            erased += await imports.delete_bad_rows(session, file.id, lines)
        last = rows[-1].line if rows else last
    return erased


def _words(person: Particulars) -> Iterator[str]:
    if person.contact.email:
        yield _word(person.contact.email)
    for number in person.identity.identifiers if person.identity else ():
        yield _word(number.value)


def _word(text: str) -> str:
    return compact(text).casefold()
