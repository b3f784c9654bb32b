"""A process of kit alone: notes every event it consumes, relays what stands in its outbox; dies when told.

`python -m tests.faults.noting_process WHERE MARKS`: WHERE is a point of DIE, or "nowhere"; MARKS a folder. It
dies once for each folder. Run by test_kit_killed.py with the variables of a service.
"""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from contracts.events.registration import ConsentWithdrawn
from kit.database.database import Session
from kit.kafka.consumer import Consumer
from kit.kafka.producer import Outgoing, Producer
from kit.kafka.records import Delivery, KafkaRecord
from kit.runtime.service import Service
from kit.runtime.settings import ServiceSettings

DIE = ("inside the transaction", "after the commit", "after the acknowledgement")


class Reaper:
    def __init__(self, where: str, marks: Path) -> None:
        self._where = where
        self._mark = marks / "died"

    def passes(self, point: str) -> None:
        if point == self._where and not self._mark.exists():
            self._mark.touch(exist_ok=False)
            os.kill(os.getpid(), signal.SIGKILL)


class Dying(Consumer):
    """Kit's consumer, that can die around its own steps."""

    reaper: Reaper

    async def handle(self, records: Sequence[KafkaRecord]) -> None:
        await super().handle(records)
        self.reaper.passes("after the commit")


class DyingProducer(Producer):
    reaper: Reaper

    async def send(self, batch: Sequence[Outgoing]) -> None:
        await super().send(batch)
        self.reaper.passes("after the acknowledgement")


def main() -> None:
    reaper = Reaper(sys.argv[1], Path(sys.argv[2]))
    Dying.reaper = DyingProducer.reaper = reaper

    async def note(session: Session, deliveries: Sequence[Delivery]) -> None:
        events = [d.event for d in deliveries if isinstance(d.event, ConsentWithdrawn)]
        await session.execute(
            "insert into noted (registration_id, at) select * from unnest($1::uuid[], $2::timestamptz[])",
            [event.registration_id for event in events],
            [event.withdrawn_at for event in events],
        )
        reaper.passes("inside the transaction")

    service = Service("outreach", ServiceSettings())
    service.consume([ConsentWithdrawn], note)
    if service.consumer is not None:
        service.consumer.__class__ = Dying
    service.producer.__class__ = DyingProducer
    service.run()


if __name__ == "__main__":
    main()
