"""notify over HTTP: receipts of the providers, unknown outcomes and resending."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.events.personal import NOTE, Note
from contracts.events.vocabulary import Channel
from kit.database.database import Database
from kit.http.web import make_app
from kit.privacy.keyring import Keyring
from kit.runtime.clock import SystemClock
from kit.runtime.loops import Loop
from services.notify import handlers
from services.notify.api import messages as messages_api
from services.notify.api import receipts as receipts_api
from services.notify.channels.gateway import Gateway, GatewayLimits
from services.notify.domain.outcome import Fault, InDoubt
from services.notify.templates import files
from services.notify.use_cases.accept_receipts import ReceiptIntake
from services.notify.use_cases.compose_message import Composer
from services.notify.use_cases.shared_phones import SharedPhones
from services.notify.workers.send_messages import MessageSender
from tests.conftest import Databases
from tests.deliveries import deliveries
from tests.person_states import InventedPeople
from tests.unit.notify.cases import Scripted, Story
from tests.unit.notify.test_receipts import envelope

CLOCK = SystemClock()


@dataclass
class NotifyOverHttp:
    client: httpx.AsyncClient
    database: Database
    sender: MessageSender
    provider: Scripted
    keys: Keyring
    phones: SharedPhones

    async def send(self, story: Story) -> None:
        key = (await self.keys.issue([story.registration_id]))[story.registration_id]
        async with self.database.transaction() as session:
            events = [story.opened(), story.registered(key), story.requested(key)]
            await handlers.handle(session, deliveries(InventedPeople().stated(events)))
        await self.phones.round()
        await self.sender.round()

    async def buckets(self, story: Story) -> dict[str, int]:
        answer = (await self.client.get(f"/incidents/{story.incident_id}/buckets")).json()
        assert sum(answer["buckets"].values()) == answer["total"]
        return {name: number for name, number in answer["buckets"].items() if number}


@pytest.fixture(scope="module")
async def database(databases: Databases) -> AsyncIterator[Database]:
    made = Database(await databases.migrate("notify"), name="notify-test")
    yield made
    await made.close()


@pytest.fixture
async def notify(database: Database, databases: Databases) -> AsyncIterator[NotifyOverHttp]:
    keyring, keys = databases.keyring("notify"), databases.keyring("registration")
    provider = Scripted()
    gateways = {Channel.SMS: Gateway(provider, GatewayLimits())}
    sending = MessageSender(
        database, CLOCK, Composer(keyring, files.load(), "Region Test"), gateways, batch=100
    )
    app = make_app("notify")
    app.include_router(receipts_api.routes(ReceiptIntake(database, CLOCK)))
    app.include_router(
        messages_api.routes(database, keyring, gateways, Loop("send", sending.round, every=60))
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://notify", headers={"X-Actor": "vagt"}
    ) as client:
        phones = SharedPhones(database, keyring, databases.master())
        yield NotifyOverHttp(client, database, sending, provider, keys, phones)
    await keyring.close()
    await keys.close()


async def test_a_message_in_doubt_is_listed_and_resent_on_request(notify: NotifyOverHttp) -> None:
    story = Story()
    notify.provider.answers = [InDoubt(Fault.TIME_LIMIT)]
    await notify.send(story)

    [doubt] = (await notify.client.get(f"/incidents/{story.incident_id}/doubts")).json()
    path = f"/attempts/{doubt['attempt_id']}/resend"
    assert (await notify.client.post(path, json={})).status_code == 422
    answer = await notify.client.post(path, json={"why": "har talt med Anna, intet modtaget"})
    again = await notify.client.post(path, json={"why": "igen"})
    await notify.sender.round()

    assert (answer.status_code, answer.json()) == (200, {"state": "waiting"})
    assert again.status_code == 409
    first, second = notify.provider.sent
    assert first.idempotency_key != second.idempotency_key
    assert await notify.buckets(story) == {"handed_over": 1}
    async with notify.database.transaction() as session:
        row = await session.fetchrow(
            "select resent_by, resent_why from attempt where attempt_id = $1", UUID(doubt["attempt_id"])
        )
    assert row is not None
    key = (await notify.keys.read([story.registration_id]))[story.registration_id]
    assert row["resent_by"] == "vagt"
    assert key.open(NOTE, row["resent_why"], Note).text.startswith("har talt med Anna")


async def test_only_the_last_attempt_can_be_resent(notify: NotifyOverHttp) -> None:
    story = Story()
    notify.provider.answers = [InDoubt(Fault.TIME_LIMIT)] * 2
    await notify.send(story)
    [first] = (await notify.client.get(f"/incidents/{story.incident_id}/doubts")).json()
    path = f"/attempts/{first['attempt_id']}/resend"
    await notify.client.post(path, json={"why": "ingen kvittering"})
    await notify.sender.round()

    answer = await notify.client.post(path, json={"why": "ingen kvittering"})

    assert answer.status_code == 409
    assert await notify.buckets(story) == {"in_doubt": 1}


async def test_a_late_receipt_of_the_attempt_that_was_in_doubt_still_counts(notify: NotifyOverHttp) -> None:
    story = Story()
    notify.provider.answers = [InDoubt(Fault.TIME_LIMIT)]
    await notify.send(story)
    [doubt] = (await notify.client.get(f"/incidents/{story.incident_id}/doubts")).json()
    await notify.client.post(f"/attempts/{doubt['attempt_id']}/resend", json={"why": "ingen kvittering"})

    await _report(notify, notify.provider.sent[0].idempotency_key, "delivered")
    await notify.sender.round()

    assert len(notify.provider.sent) == 1
    assert await notify.buckets(story) == {"delivered": 1}


async def test_a_late_failure_of_the_attempt_that_was_in_doubt_does_not_fail_the_next_one(
    notify: NotifyOverHttp,
) -> None:
    story = Story()
    notify.provider.answers = [InDoubt(Fault.TIME_LIMIT)]
    await notify.send(story)
    [doubt] = (await notify.client.get(f"/incidents/{story.incident_id}/doubts")).json()
    await notify.client.post(f"/attempts/{doubt['attempt_id']}/resend", json={"why": "ingen kvittering"})
    await notify.sender.round()

    await _report(notify, notify.provider.sent[0].idempotency_key, "failed")

    assert await notify.buckets(story) == {"handed_over": 1}


async def test_many_receipts_at_once_and_repeats_are_accepted(notify: NotifyOverHttp) -> None:
    stories = [Story() for _ in range(20)]
    for story in stories:
        await notify.send(story)
    keys = [message.idempotency_key for message in notify.provider.sent]

    await asyncio.gather(
        *(_report(notify, key, status) for key in keys for status in ("delivered", "sent") * 2)
    )

    for story in stories:
        assert await notify.buckets(story) == {"delivered": 1}


async def test_the_platform_gets_its_answer_when_the_receipt_is_stored_or_refused(
    notify: NotifyOverHttp,
) -> None:
    story = Story()
    await notify.send(story)
    key = notify.provider.sent[-1].idempotency_key

    taken = await notify.client.post("/receipts", content=envelope(key=str(key)))
    foreign = await notify.client.post("/receipts", content=envelope(kind=str(uuid4())))
    wrong = await notify.client.post("/receipts", content=b"<x/>")
    bad_report = await notify.client.post("/receipts/sms", content=b"{}")

    assert (taken.status_code, foreign.status_code) == (200, 200)
    assert "<StatusKode>20</StatusKode>" in taken.text
    assert (wrong.status_code, bad_report.status_code) == (400, 400)
    assert await notify.buckets(story) == {"failed": 1}


async def test_a_resend_without_an_actor_is_refused(notify: NotifyOverHttp) -> None:
    del notify.client.headers["X-Actor"]

    answer = await notify.client.post(f"/attempts/{uuid4()}/resend", json={"why": "derfor"})

    assert answer.status_code == 401


async def test_the_providers_are_listed(notify: NotifyOverHttp) -> None:
    [status] = (await notify.client.get("/providers")).json()

    assert (status["channel"], status["real"], status["busy"]) == ("sms", False, 0)


async def _report(notify: NotifyOverHttp, key: UUID, status: str) -> None:
    body = {"reference": str(key), "status": status, "at": datetime.now(UTC).isoformat()}
    answer = await notify.client.post("/receipts/sms", content=json.dumps(body))
    assert answer.status_code == 204
