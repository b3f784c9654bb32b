"""A consumer of kit alone, in a process of its own: it writes everybody down, and dies where it is told to.

`python -m tests.faults.taking BROKER DATABASE_URL MASTER_KEY_FILE [POINT]`, with role outreach.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from contracts.catalogue import EVENTS
from contracts.registration import TOPIC, ConsentWithdrawn
from kit.consumer import Consumer, make_broker
from kit.database import Database, Session
from kit.keyring import MasterKey
from kit.parking import Parking
from kit.records import Delivery

INSIDE, COMMITTED = "inside-the-transaction", "after-the-commit-before-the-offset"


def die(_session: Session | None = None) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def take(bootstrap: str, database: Database, parking: Parking, point: str | None = None) -> None:
    async def handle(session: Session, deliveries: Sequence[Delivery]) -> None:
        people = [d.event.registration_id for d in deliveries if isinstance(d.event, ConsentWithdrawn)]
        await session.run("insert into noted (registration_id) select unnest($1::uuid[])", people)
        if point == INSIDE:
            die()
        session.emitted = point == COMMITTED

    if point == COMMITTED:
        database.after_commit.append(die)
    consumer = Consumer(
        service="outreach",
        database=database,
        parking=parking,
        known=EVENTS,
        wanted=frozenset({ConsentWithdrawn}),
        handler=handle,
        brake_after=50,
    )
    kafka = make_broker(bootstrap, "outreach")
    consumer.subscribe(kafka, [TOPIC], batch_size=100, session_timeout=6)
    await kafka.start()
    try:
        await asyncio.Event().wait()
    finally:
        consumer.stop()
        await kafka.stop()


def main(bootstrap: str, url: str, key_file: str, point: str | None = None) -> None:
    parking = Parking(MasterKey.from_file(Path(key_file)))
    asyncio.run(take(bootstrap, Database(url, name="taking"), parking, point))


if __name__ == "__main__":
    main(*sys.argv[1:])
