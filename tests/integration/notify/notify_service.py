"""The notify service for tests: the test runs the loops and chooses the providers."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from contracts.wire.event import Event
from kit.database.database import Database
from kit.privacy.keyring import Keyring, MasterKey
from kit.privacy.sealing import DataKey
from kit.runtime.clock import SystemClock
from services.notify import handlers
from services.notify.channels.gateway import Gateway, GatewayLimits
from services.notify.domain.receipt import Receipt, ReceiptStatus
from services.notify.store import messages
from services.notify.templates import files
from services.notify.use_cases.accept_receipts import ReceiptIntake
from services.notify.use_cases.compose_message import Composer
from services.notify.use_cases.shared_phones import SharedPhones
from services.notify.workers.resolve_unknown import UnknownResolver
from services.notify.workers.send_messages import MessageSender
from tests.conftest import Databases
from tests.deliveries import deliveries, sent
from tests.person_states import InventedPeople
from tests.unit.notify.cases import Scripted, Story

CLOCK = SystemClock()


class NotifyService:
    """notify with its database and the providers that the test chooses."""

    def __init__(self, database: Database, keyring: Keyring, keys: Keyring, master: MasterKey) -> None:
        self.master = master
        self.database = database
        self.keyring = keyring
        self.keys = keys
        self.people = InventedPeople()
        self.use(Scripted())

    def use(self, *providers: Scripted, limits: GatewayLimits | None = None) -> None:
        self.gateways = {
            p.channel: Gateway(p, limits or GatewayLimits(rate=1e6, burst=1000)) for p in providers
        }
        self.composer = Composer(self.keyring, files.load(), "Region Test")
        self.sender = MessageSender(self.database, CLOCK, self.composer, self.gateways, batch=100)
        self.resolver = UnknownResolver(self.database, CLOCK, self.gateways)
        self.phones = SharedPhones(self.database, self.keyring, self.master)
        self.intake = ReceiptIntake(self.database, CLOCK)

    async def key(self, story: Story) -> DataKey:
        return (await self.keys.issue([story.registration_id]))[story.registration_id]

    async def consume(self, *events: Event) -> None:
        async with self.database.transaction() as session:
            await handlers.handle(session, deliveries(self.people.stated(events)))
        await self.phones.round()

    async def plan(self, story: Story) -> DataKey:
        key = await self.key(story)
        await self.consume(story.opened(), story.registered(key), story.requested(key))
        return key

    async def emitted(self, story: Story) -> list[Event]:
        async with self.database.transaction() as session:
            return [e for e in await sent(session) if getattr(e, "contact_id", None) == story.contact_id]

    async def state(self, story: Story) -> str:
        async with self.database.transaction() as session:
            return str(
                await session.fetchval("select state from message where contact_id = $1", story.contact_id)
            )

    async def make_due(self, story: Story) -> None:
        """Let all pauses and leases expire."""
        async with self.database.transaction() as session:
            await session.execute(
                "update message set next_try_at = now(), lease_until = lease_until - interval '1 hour' "
                "where contact_id = $1",
                story.contact_id,
            )

    async def attempts(self, story: Story) -> list[tuple[UUID, UUID, str]]:
        async with self.database.transaction() as session:
            rows = await session.fetch(
                "select attempt_id, idempotency_key, state from attempt where contact_id = $1 "
                "order by created_at",
                story.contact_id,
            )
        return [(row["attempt_id"], row["idempotency_key"], row["state"]) for row in rows]

    async def buckets(self, story: Story) -> dict[str, int]:
        async with self.database.transaction() as session:
            return await messages.count_by_state(session, story.incident_id)


def receipt(key: UUID, status: ReceiptStatus, *, after: int = 0, code: str | None = None) -> Receipt:
    return Receipt(key, status, status.value, datetime.now(UTC) + timedelta(seconds=after), code)


def kinds(events: Sequence[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


@pytest.fixture(scope="module")
async def notify_database(databases: Databases) -> AsyncIterator[Database]:
    made = Database(await databases.migrate("notify"), name="notify-test")
    yield made
    await made.close()


@pytest.fixture
async def notify(notify_database: Database, databases: Databases) -> AsyncIterator[NotifyService]:
    connection = await notify_database.connect()
    await connection.execute(
        "truncate outbox, incident, wave, person, message, attempt, receipt, shared_text restart identity "
        "cascade"
    )
    await connection.close()
    keyring, keys = databases.keyring("notify"), databases.keyring("registration")
    yield NotifyService(notify_database, keyring, keys, databases.master())
    await keyring.close()
    await keys.close()
