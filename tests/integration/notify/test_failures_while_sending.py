"""The state of a message after the keyring, the database, a provider or our own code failed."""

import time
from dataclasses import dataclass
from datetime import timedelta

import pytest

from contracts.events.notify import (
    ContactFellBack,
    ContactHandedOver,
    MessageWithheld,
)
from contracts.events.vocabulary import Channel, WithheldReason
from deploy.local.ports import free_port
from kit.database.database import Database
from kit.privacy.keyring import Keyring
from services.notify.domain.message import Composed, OutgoingMessage
from services.notify.domain.outcome import (
    Accepted,
    Fault,
    Outcome,
    ProviderUnavailable,
    Rejected,
)
from services.notify.templates import files
from services.notify.use_cases.compose_message import Composer
from tests.integration.notify.notify_service import NotifyService, kinds
from tests.unit.notify.cases import Scripted, Story


async def test_messages_wait_while_the_keyring_is_away_and_are_not_in_doubt(
    notify: NotifyService,
) -> None:
    story, provider = Story(), Scripted()
    notify.use(provider)
    await notify.plan(story)
    claims = await notify.sender.claim()
    away = Keyring(Database(f"postgresql://x:y@127.0.0.1:{free_port()}/x", name="away"), notify.master)
    notify.sender._composer = Composer(away, files.load(), "Region Test")

    with pytest.raises(OSError, match="Connect"):
        await notify.sender.send(claims, time.monotonic() + 10)

    assert await notify.state(story) == "waiting"
    assert await notify.emitted(story) == []


@dataclass
class Cutting(Scripted):
    """Cut every database connection during the call."""

    database: Database | None = None

    async def send(self, composed: Composed) -> Outcome:
        assert self.database is not None
        connection = await self.database.connect()
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where usename = current_user and pid <> pg_backend_pid()"
        )
        await connection.close()
        return await super().send(composed)


async def test_a_result_is_written_when_a_lost_database_is_back(notify: NotifyService) -> None:
    story, provider = Story(), Cutting(database=notify.database)
    notify.use(provider)
    await notify.plan(story)

    await notify.sender.round()

    assert len(provider.sent) == 1
    assert kinds(await notify.emitted(story)) == [ContactHandedOver]


async def test_an_unavailable_provider_gets_the_same_key_again_until_the_window_closes(
    notify: NotifyService,
) -> None:
    story = Story()
    provider = Scripted(answers=[ProviderUnavailable(Fault.NO_CONNECTION)] * 2)
    notify.use(provider)
    await notify.plan(story)

    for _ in range(3):
        await notify.sender.round()
        await notify.make_due(story)

    assert len({message.idempotency_key for message in provider.sent}) == 1
    assert kinds(await notify.emitted(story)) == [ContactHandedOver]
    late = Story()
    key = await notify.key(late)
    await notify.consume(late.opened(), late.registered(key), late.requested(key, not_after=timedelta()))
    await notify.sender.round()
    [withheld] = await notify.emitted(late)
    assert isinstance(withheld, MessageWithheld)
    assert withheld.reason is WithheldReason.WINDOW_CLOSED


@dataclass
class Failing(Scripted):
    """Raise for one message of a batch, and answer another with text that cannot be stored."""

    async def send(self, composed: Composed) -> Outcome:
        await super().send(composed)
        if len(self.sent) == 1:
            raise RuntimeError("our own fault")
        return Rejected("no\x00mailbox") if len(self.sent) == 2 else Accepted("id")


async def test_an_answer_is_written_even_if_others_of_the_batch_fail(notify: NotifyService) -> None:
    stories, provider = [Story() for _ in range(5)], Failing()
    notify.use(provider)
    for story in stories:
        await notify.plan(story)

    await notify.sender.round()

    assert len(provider.sent) == 5
    states = sorted([await notify.state(story) for story in stories])
    assert states[:3] == ["handed_over"] * 3
    assert "in_doubt" in states  # it may have been called: nobody knows, and that is said at once


@dataclass
class Uncomposable(Scripted):
    """Fail to build the bytes of the second message."""

    composed: int = 0

    def compose(self, message: OutgoingMessage) -> Composed | Rejected:
        self.composed += 1
        if self.composed == 2:
            raise ValueError("All strings must be XML compatible")
        return super().compose(message)


async def test_a_message_that_cannot_be_composed_falls_back_and_does_not_stop_others(
    notify: NotifyService,
) -> None:
    stories = [Story(channels=(Channel.DIGITAL_POST, Channel.SMS)) for _ in range(3)]
    post, sms = Uncomposable(Channel.DIGITAL_POST), Scripted()
    notify.use(post, sms)
    for story in stories:
        await notify.plan(story)

    while await notify.sender.round():
        pass

    assert (len(post.sent), len(sms.sent)) == (2, 1)
    told = [event for story in stories for event in await notify.emitted(story)]
    assert [event.code for event in told if isinstance(event, ContactFellBack)] == ["not-composed"]
    assert [await notify.state(story) for story in stories] == ["handed_over"] * 3
