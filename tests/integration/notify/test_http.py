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
from tests.unit.notify.cases import Scripted, Story
from tests.unit.notify.test_receipts import envelope

CLOCK = SystemClock()


@dataclass
class Desk:
    client: httpx.AsyncClient
    database: Database
    sending: MessageSender
    provider: Scripted
    keys: Keyring
    phones: SharedPhones

    async def send(self, story: Story) -> None:
        key = (await self.keys.issue([story.registration_id]))[story.registration_id]
        async with self.database.transaction() as session:
            events = [story.opened(), story.registered(key), story.requested(key)]
            await handlers.handle(session, deliveries(events))
        await self.phones.round()
        await self.sending.round()

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
async def desk(database: Database, databases: Databases) -> AsyncIterator[Desk]:
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
        yield Desk(client, database, sending, provider, keys, phones)
    await keyring.close()
    await keys.close()


async def test_a_message_in_doubt_is_listed_and_resent_on_request(desk: Desk) -> None:
    story = Story()
    desk.provider.answers = [InDoubt(Fault.TIME_LIMIT)]
    await desk.send(story)

    [doubt] = (await desk.client.get(f"/incidents/{story.incident_id}/doubts")).json()
    path = f"/attempts/{doubt['attempt_id']}/resend"
    assert (await desk.client.post(path, json={})).status_code == 422
    answer = await desk.client.post(path, json={"why": "har talt med Anna, intet modtaget"})
    again = await desk.client.post(path, json={"why": "igen"})
    await desk.sending.round()

    assert (answer.status_code, answer.json()) == (200, {"state": "waiting"})
    assert again.status_code == 409
    first, second = desk.provider.sent
    assert first.idempotency_key != second.idempotency_key
    assert await desk.buckets(story) == {"handed_over": 1}
    async with desk.database.transaction() as session:
        row = await session.fetchrow(
            "select resent_by, resent_why from attempt where attempt_id = $1", UUID(doubt["attempt_id"])
        )
    assert row is not None
    key = (await desk.keys.read([story.registration_id]))[story.registration_id]
    assert row["resent_by"] == "vagt"
    assert key.open(NOTE, row["resent_why"], Note).text.startswith("har talt med Anna")


async def test_only_the_last_attempt_can_be_resent(desk: Desk) -> None:
    story = Story()
    desk.provider.answers = [InDoubt(Fault.TIME_LIMIT)] * 2
    await desk.send(story)
    [first] = (await desk.client.get(f"/incidents/{story.incident_id}/doubts")).json()
    path = f"/attempts/{first['attempt_id']}/resend"
    await desk.client.post(path, json={"why": "ingen kvittering"})
    await desk.sending.round()

    answer = await desk.client.post(path, json={"why": "ingen kvittering"})

    assert answer.status_code == 409
    assert await desk.buckets(story) == {"in_doubt": 1}


async def test_a_late_receipt_of_the_attempt_that_was_in_doubt_still_counts(desk: Desk) -> None:
    story = Story()
    desk.provider.answers = [InDoubt(Fault.TIME_LIMIT)]
    await desk.send(story)
    [doubt] = (await desk.client.get(f"/incidents/{story.incident_id}/doubts")).json()
    await desk.client.post(f"/attempts/{doubt['attempt_id']}/resend", json={"why": "ingen kvittering"})

    await _report(desk, desk.provider.sent[0].idempotency_key, "delivered")
    await desk.sending.round()

    assert len(desk.provider.sent) == 1
    assert await desk.buckets(story) == {"delivered": 1}


async def test_a_late_failure_of_the_attempt_that_was_in_doubt_does_not_fail_the_next_one(desk: Desk) -> None:
    story = Story()
    desk.provider.answers = [InDoubt(Fault.TIME_LIMIT)]
    await desk.send(story)
    [doubt] = (await desk.client.get(f"/incidents/{story.incident_id}/doubts")).json()
    await desk.client.post(f"/attempts/{doubt['attempt_id']}/resend", json={"why": "ingen kvittering"})
    await desk.sending.round()

    await _report(desk, desk.provider.sent[0].idempotency_key, "failed")

    assert await desk.buckets(story) == {"handed_over": 1}


async def test_many_receipts_at_once_and_repeats_are_accepted(desk: Desk) -> None:
    stories = [Story() for _ in range(20)]
    for story in stories:
        await desk.send(story)
    keys = [message.idempotency_key for message in desk.provider.sent]

    await asyncio.gather(
        *(_report(desk, key, status) for key in keys for status in ("delivered", "sent") * 2)
    )

    for story in stories:
        assert await desk.buckets(story) == {"delivered": 1}


async def test_the_platform_gets_its_answer_when_the_receipt_is_stored_or_refused(desk: Desk) -> None:
    story = Story()
    await desk.send(story)
    key = desk.provider.sent[-1].idempotency_key

    taken = await desk.client.post("/receipts", content=envelope(key=str(key)))
    foreign = await desk.client.post("/receipts", content=envelope(kind=str(uuid4())))
    wrong = await desk.client.post("/receipts", content=b"<x/>")
    bad_report = await desk.client.post("/receipts/sms", content=b"{}")

    assert (taken.status_code, foreign.status_code) == (200, 200)
    assert "<StatusKode>20</StatusKode>" in taken.text
    assert (wrong.status_code, bad_report.status_code) == (400, 400)
    assert await desk.buckets(story) == {"failed": 1}


async def test_a_resend_without_an_actor_is_refused(desk: Desk) -> None:
    del desk.client.headers["X-Actor"]

    answer = await desk.client.post(f"/attempts/{uuid4()}/resend", json={"why": "derfor"})

    assert answer.status_code == 401


async def test_the_providers_are_listed(desk: Desk) -> None:
    [status] = (await desk.client.get("/providers")).json()

    assert (status["channel"], status["real"], status["busy"]) == ("sms", False, 0)


async def _report(desk: Desk, key: UUID, status: str) -> None:
    body = {"reference": str(key), "status": status, "at": datetime.now(UTC).isoformat()}
    answer = await desk.client.post("/receipts/sms", content=json.dumps(body))
    assert answer.status_code == 204
