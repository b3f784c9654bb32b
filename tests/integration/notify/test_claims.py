"""Claims of lost workers: a message is in doubt only if the provider may have been called."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import asyncpg
import pytest
import sqlalchemy as sa

from contracts.events.notify import ContactFellBack, ContactHandedOver, ContactInDoubt
from contracts.events.vocabulary import Channel
from services.notify import metrics
from services.notify.channels.gateway import GatewayLimits
from services.notify.domain.message import Composed, OutgoingMessage
from services.notify.domain.outcome import Accepted, Fault, InDoubt, Outcome, ProviderUnavailable, Rejected
from services.notify.domain.transition import Transition
from services.notify.templates import files
from services.notify.use_cases.compose_message import Composer
from services.notify.workers.send_messages import Claim, MessageSender
from tests.integration.notify.notify_service import CLOCK, NotifyService, kinds
from tests.unit.notify.cases import Scripted, Story

Meanwhile = Callable[[], Awaitable[None]]


async def test_a_claimed_message_without_a_call_is_released_after_its_worker_is_lost(
    notify: NotifyService,
) -> None:
    story, provider = Story(), Scripted()
    notify.use(provider)
    await notify.plan(story)
    [claim] = await notify.sender.claim()
    await notify.make_due(story)

    await notify.resolver.round()

    assert await notify.state(story) == "waiting"
    assert await notify.emitted(story) == []
    await notify.make_due(story)
    await notify.sender.round()
    assert [message.idempotency_key for message in provider.sent] == [claim.idempotency_key]


async def test_a_worker_that_returns_to_a_released_claim_sends_nothing(notify: NotifyService) -> None:
    story, provider = Story(), Scripted()
    notify.use(provider)
    await notify.plan(story)
    claims = await notify.sender.claim()
    await notify.make_due(story)
    await notify.resolver.round()

    await notify.sender.send(claims, time.monotonic() + 10)

    assert provider.sent == []
    assert await notify.state(story) == "waiting"
    assert await notify.emitted(story) == []


@dataclass
class Hanging(Scripted):
    """Accept the message and never answer."""

    called: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, composed: Composed) -> Outcome:
        self.sent.append(composed.message)
        self.called.set()
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_message_with_a_started_call_is_in_doubt_after_its_worker_is_lost(
    notify: NotifyService,
) -> None:
    story, provider = Story(), Hanging()
    notify.use(provider)
    await notify.plan(story)
    worker = asyncio.create_task(notify.sender.round())
    await provider.called.wait()
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    await notify.make_due(story)

    await notify.resolver.round()

    assert kinds(await notify.emitted(story)) == [ContactInDoubt]
    assert await notify.state(story) == "in_doubt"


async def test_a_claim_of_the_previous_version_counts_as_possibly_sent(notify: NotifyService) -> None:
    story = Story()
    await notify.plan(story)
    await notify.sender.claim()
    async with notify.database.transaction() as session:
        await session.execute("update message set called = null where contact_id = $1", story.contact_id)
    await notify.make_due(story)

    await notify.resolver.round()

    assert await notify.state(story) == "in_doubt"


@dataclass
class Slow(Scripted):
    """Answer long after the lease has ended."""

    meanwhile: Meanwhile | None = None

    async def send(self, composed: Composed) -> Outcome:
        assert self.meanwhile is not None
        await self.meanwhile()
        return await super().send(composed)


@pytest.mark.parametrize(
    ("answer", "told", "state"),
    [
        (Accepted("id"), [ContactInDoubt, ContactHandedOver], "handed_over"),
        (Rejected("no.mailbox"), [ContactInDoubt, ContactFellBack], "waiting"),
        (ProviderUnavailable(Fault.TOLD_TO_WAIT), [ContactInDoubt], "waiting"),
        (InDoubt(Fault.TIME_LIMIT), [ContactInDoubt], "in_doubt"),
    ],
)
async def test_a_late_answer_is_written_to_a_message_counted_as_lost(
    notify: NotifyService, answer: Outcome, told: list[type], state: str
) -> None:
    story = Story(channels=(Channel.SMS, Channel.EMAIL))

    async def lost() -> None:
        await notify.make_due(story)
        await notify.resolver.round()

    notify.use(Slow(answers=[answer], meanwhile=lost), Scripted(Channel.EMAIL))
    await notify.plan(story)

    await notify.sender.round()

    assert kinds(await notify.emitted(story)) == told
    assert await notify.state(story) == state


async def test_a_late_answer_does_not_change_a_message_that_a_person_has_resent(
    notify: NotifyService,
) -> None:
    story = Story()

    async def ordered_again() -> None:
        await notify.make_due(story)
        await notify.resolver.round()
        async with notify.database.transaction() as session:
            await session.execute(
                "update message set state = 'waiting', epoch = epoch + 1, attempt_id = null "
                "where contact_id = $1",
                story.contact_id,
            )

    notify.use(Slow(meanwhile=ordered_again))
    await notify.plan(story)
    fenced = metrics.FENCED._value.get()

    await notify.sender.round()

    assert metrics.FENCED._value.get() == fenced + 1
    assert await notify.state(story) == "waiting"


async def test_an_answer_that_one_round_could_not_write_is_written_by_a_later_round(
    notify: NotifyService,
) -> None:
    story = Story()

    async def cut() -> None:
        await cut_connections(notify)

    provider = Slow(meanwhile=cut)
    notify.use(provider)
    sending = MessageSender(
        notify.database, CLOCK, notify.composer, notify.gateways, batch=100, write_within=0
    )
    await notify.plan(story)

    with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError, sa.exc.DBAPIError)):
        await sending.round()
    await notify.make_due(story)
    await notify.resolver.round()
    await sending.round()

    assert len(provider.sent) == 1
    assert kinds(await notify.emitted(story)) == [ContactInDoubt, ContactHandedOver]


async def cut_connections(notify: NotifyService) -> None:
    connection = await notify.database.connect()
    await connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where usename = current_user and pid <> pg_backend_pid()"
    )
    await connection.close()


class Breaking(Composer):
    """Run a function after the messages are composed, right before the last check."""

    def __init__(self, notify: NotifyService, happen: Meanwhile) -> None:
        super().__init__(notify.keyring, files.load(), "Region Test")
        self._happen = happen

    async def compose(self, claims: Sequence[Claim]) -> list[OutgoingMessage | Transition]:
        composed = await super().compose(claims)
        await self._happen()
        return composed


async def test_all_claimed_messages_are_released_at_once_when_the_last_check_fails(
    notify: NotifyService,
) -> None:
    stories, provider = [Story() for _ in range(4)], Scripted()
    notify.use(provider, limits=GatewayLimits(rate=1e6, burst=1000, at_once=1))
    for story in stories:
        await notify.plan(story)

    async def cut() -> None:
        await cut_connections(notify)

    sending = MessageSender(notify.database, CLOCK, Breaking(notify, cut), notify.gateways, batch=100)

    with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError, sa.exc.DBAPIError)):
        await sending.round()

    assert provider.sent == []
    assert [await notify.state(story) for story in stories] == ["waiting"] * 4
