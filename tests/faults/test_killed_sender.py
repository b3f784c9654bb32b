"""notify alone: killed between the provider's deed and its answer."""

import signal
import sys
from pathlib import Path

from deploy.local.process import Process
from kit.database import Database
from services.notify import handlers
from tests.conftest import ROOT, Databases
from tests.deliveries import deliveries
from tests.unit.notify.cases import Story


async def planned(database: Database, databases: Databases) -> Story:
    story, keyring = Story(), databases.keyring("registration")
    key = (await keyring.issue([story.registration_id]))[story.registration_id]
    await keyring.close()
    async with database.transaction() as session:
        told = [story.opened(), story.registered(key), story.requested(key)]
        await handlers.handle(session, deliveries(told))
    return story


async def test_killed_before_the_answer_the_message_is_in_doubt_and_nobody_is_written_to_again(
    databases: Databases, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"

    async def call(*words: str) -> int | None:
        told = (databases.url("notify"), databases.keyring_url("notify"), str(databases.master_key_file))
        command = [sys.executable, "-m", "tests.faults.calling", *told, str(journal), *words]
        caller = Process("caller", command, log=tmp_path / "log", cwd=ROOT)
        caller.spawn()
        assert await caller.wait_end(60)
        return caller.exit_code

    database = Database(await databases.migrate("notify"), name="test")
    story = await planned(database, databases)
    assert await call("die") == -signal.SIGKILL
    async with database.transaction() as session:
        await session.run("update message set next_try_at = now(), lease_until = now() - interval '1 hour'")

    assert await call() == 0

    async with database.transaction() as session:
        state = await session.fetchval("select state from message where contact_id = $1", story.contact_id)
        written = await session.fetchval("select idempotency_key::text from attempt")
    await database.close()
    assert journal.read_text().split() == [written]
    assert state == "in_doubt"
