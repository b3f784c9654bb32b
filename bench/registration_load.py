"""Register invented people by the internal path: register_many, a thousand at a time, two batches at once.

Run by bench/run.py beside the service, with registration's own settings; its events leave by that service's
relay. The internal path begins at register_many: the people are invented and checked (domain/person.py)
before "ready", and SIGUSR1 starts the rest: intake digests, keys, seals, rows, events.
"""

import asyncio
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from uuid import UUID

import uvloop

from contracts.events.ids import IncidentId
from contracts.events.personal import Address
from contracts.events.vocabulary import Channel, ObtainedBy, Purpose, RegistrationPlace, Role
from deploy.local.people import Invented, invent
from kit.database.database import Database
from kit.privacy.keyring import Keyring, MasterKey
from kit.runtime.ids import new_id
from kit.runtime.service import tune_gc
from services.registration.domain.consent import ConsentInput
from services.registration.domain.identifiers import IdentifierInput
from services.registration.domain.person import NewPerson, PersonInput, check
from services.registration.resources import Resources
from services.registration.settings import Settings
from services.registration.store.blind_index import BlindIndex
from services.registration.use_cases.register_people import Submission, register_many

BATCH = 1000
AT_ONCE = 2  # as two imports would: one seals while the other's rows are written
CHANNELS = (Channel.CALL, Channel.DIGITAL_POST, Channel.SMS, Channel.EMAIL)


def person(one: Invented, now: datetime) -> NewPerson:
    def consent(purpose: Purpose, channels: tuple[Channel, ...] = ()) -> ConsentInput:
        return ConsentInput(
            purpose, channels, "2026-1", "da", ObtainedBy.PAPER_FORM, now, form_number="1", by="bench"
        )

    contact = (consent(Purpose.CONTACT, CHANNELS),) if one.consents_to_contact else ()
    checked = check(
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
            email=one.email,
            addresses=(Address(f"{one.street} {one.house_number}", one.postcode, one.city),),
            consents=(consent(Purpose.REGISTRATION), *contact),
        ),
        now,
    )
    if not isinstance(checked, NewPerson):
        raise TypeError(f"an invented person has flaws: {checked}")
    return checked


async def main(incident_id: IncidentId, people: int) -> None:
    settings = Settings()
    master = MasterKey.from_file(settings.master_key_file)
    resources = Resources(
        Database(settings.database_url, name="bench"),
        Keyring(Database(settings.keyring_url, name="bench"), master),
        BlindIndex(master),
    )
    now = datetime.now(UTC)
    checked = (person(one, now) for one in invent(people))
    waiting = iter([list(islice(checked, BATCH)) for _ in range(0, people, BATCH)])
    tune_gc()
    await _told_to_start()
    async with asyncio.TaskGroup() as registering:
        for _ in range(AT_ONCE):
            registering.create_task(_register(resources, incident_id, waiting))
    await resources.keyring.close()
    await resources.database.close()


async def _told_to_start() -> None:
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, told.set)
    print("ready", flush=True)
    await told.wait()


async def _register(
    resources: Resources, incident_id: IncidentId, waiting: Iterator[list[NewPerson]]
) -> None:
    for some in waiting:
        arrivals = [
            Submission(one, resources.blind_index.idempotency_digest(incident_id, "bench", new_id().bytes))
            for one in some
        ]
        await register_many(resources, incident_id, arrivals, by="bench", now=datetime.now(UTC))


if __name__ == "__main__":
    uvloop.run(main(IncidentId(UUID(sys.argv[1])), int(sys.argv[2])))
