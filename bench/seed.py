"""Write a million registrations by COPY, sealed and indexed as the service does it."""

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from uuid import UUID

import asyncpg

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.personal import Address
from contracts.events.vocabulary import RegistrationPlace, Role
from deploy.local.people import Invented, invent
from kit.privacy.keyring import MasterKey
from kit.privacy.sealing import KEY_BYTES, DataKey
from kit.runtime.ids import new_id
from services.registration.domain.identifiers import IdentifierInput
from services.registration.domain.person import NewPerson, PersonInput, check
from services.registration.store.blind_index import BlindIndex
from services.registration.store.people import REGISTRATION_COLUMNS
from services.registration.store.rows import registration_row, seal

CHUNK = 10_000
SEED = 7  # different people from those imported


@dataclass(frozen=True, slots=True)
class Rows:
    keys: list[tuple[object, ...]]
    registrations: list[tuple[object, ...]]
    claims: list[tuple[object, ...]]
    entries: list[tuple[object, ...]]


class Seeding:
    def __init__(self, connection: asyncpg.Connection, keyring: asyncpg.Connection, master: Path) -> None:
        self._connection = connection
        self._keyring = keyring
        self._master = MasterKey.from_file(master)
        self._blind = BlindIndex(self._master)
        self._compared_at = datetime.now(UTC)  # excluded from duplicate matching

    async def fill(self, incident_id: UUID, people: int, sample: int) -> list[Invented]:
        """Write that many people. Return an even sample of them."""
        every = max(1, people // sample)
        sought: list[Invented] = []
        waiting = invent(people, SEED)
        while some := list(islice(waiting, CHUNK)):
            sought += some[::every]
            await self._write(self._rows(IncidentId(incident_id), some))
        for table in ("registration", "identity_claim", "blind_index"):
            await self._connection.execute(f"vacuum analyze registration.{table}")
        await self._keyring.execute("vacuum analyze data_key")
        random.Random(SEED).shuffle(sought)
        return sought[:sample]

    def _rows(self, incident_id: IncidentId, people: list[Invented]) -> Rows:
        rows = Rows([], [], [], [])
        for one in people:
            person, owner, key = _checked(one), RegistrationId(new_id()), secrets.token_bytes(KEY_BYTES)
            rows.keys.append((owner, self._master.wrap(owner, key)))
            sealed = seal(owner, person, DataKey(owner, key))
            rows.registrations.append((*registration_row(incident_id, sealed, None), self._compared_at))
            rows.claims.extend((digest, incident_id, owner) for digest in self._blind.claims(person.identity))
            rows.entries.extend((digest, owner) for digest in self._blind.entries(incident_id, person))
        return rows

    async def _write(self, rows: Rows) -> None:
        await self._keyring.copy_records_to_table(
            "data_key", columns=["registration_id", "wrapped"], records=rows.keys
        )
        for table, columns, records in self._tables(rows):
            await self._connection.copy_records_to_table(
                table, schema_name="registration", columns=columns, records=records
            )

    @staticmethod
    def _tables(rows: Rows) -> Iterator[tuple[str, list[str], list[tuple[object, ...]]]]:
        yield "registration", [*REGISTRATION_COLUMNS, "compared_at"], rows.registrations
        yield "identity_claim", ["digest", "incident_id", "registration_id"], rows.claims
        yield "blind_index", ["digest", "registration_id"], rows.entries


def _checked(one: Invented) -> NewPerson:
    now = datetime.now(UTC)
    person = check(
        PersonInput(
            name=one.name,
            role=Role(one.role),
            place=RegistrationPlace.EPC,
            registered_at=now,
            registered_by="bench",
            language=one.language,
            identifiers=(IdentifierInput(None, one.cpr),),
            birth_date=one.birth_date,
            phone=one.phone,
            addresses=(Address(f"{one.street} {one.house_number}", one.postcode, one.city),),
        ),
        now,
    )
    if not isinstance(person, NewPerson):
        raise TypeError(f"an invented person has flaws: {person}")
    return person
