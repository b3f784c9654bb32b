"""One round of notify's sending in a process of its own, to a provider that writes down each key.

`python -m tests.faults.calling DATABASE_URL KEYRING_URL MASTER_KEY_FILE JOURNAL [die]`. It dies once the
provider has taken the first message, before its answer is known.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from kit.clock import SystemClock
from kit.database import Database
from kit.keyring import Keyring, MasterKey
from services.notify.channels.edge import Edge, Limits
from services.notify.composing import Composer
from services.notify.domain.message import OutgoingMessage
from services.notify.domain.outcome import Outcome
from services.notify.doubting import Doubting
from services.notify.sending import Sending
from services.notify.templates import files
from tests.unit.notify.cases import Scripted

ROUNDS = 3


class Journalling(Scripted):
    def __init__(self, journal: Path, *, die: bool) -> None:
        super().__init__()
        self._journal = journal
        self._die = die

    async def send(self, message: OutgoingMessage) -> Outcome:
        with self._journal.open("a") as journal:
            journal.write(f"{message.idempotency_key}\n")
        if self._die:
            os.kill(os.getpid(), signal.SIGKILL)
        return await super().send(message)


async def call(url: str, keyring_url: str, key_file: str, journal: str, *, die: bool) -> None:
    database = Database(url, name="calling")
    keyring = Keyring(Database(keyring_url, name="calling"), MasterKey.from_file(Path(key_file)))
    provider = Journalling(Path(journal), die=die)
    edges = {provider.channel: Edge(provider, Limits(rate=1e6, burst=1000))}
    clock = SystemClock()
    sending = Sending(database, clock, Composer(keyring, files.load(), "Region Test"), edges, batch=100)
    doubting = Doubting(database, clock, edges)
    for _ in range(ROUNDS):
        await doubting.round()
        await sending.round()
    await keyring.close()
    await database.close()


if __name__ == "__main__":
    asyncio.run(call(*sys.argv[1:5], die=sys.argv[5:] == ["die"]))
