"""A table of reasons and moments: a person who must not be contacted gets no message."""

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

import httpx
import pytest

from contracts.events.registration import ConsentWithdrawn, PersonForgotten
from contracts.events.vocabulary import BarReason, Channel, Purpose, WithheldReason
from contracts.wire.event import Event
from kit.http.web import make_app
from kit.runtime.loops import Loop
from services.notify.api import messages as messages_api
from services.notify.domain.message import OutgoingMessage
from services.notify.domain.outcome import Fault, InDoubt, Outcome, ProviderUnavailable, Rejected
from services.notify.domain.transition import Transition
from services.notify.templates import files
from services.notify.use_cases.compose_message import Composer
from services.notify.workers.send_messages import Claim, MessageSender
from tests.integration.notify.notify_service import CLOCK, NotifyService
from tests.unit.notify.cases import Scripted, Story

Tell = Callable[[], Awaitable[None]]


def withdrawn(story: Story, purpose: Purpose) -> Event:
    return ConsentWithdrawn(
        incident_id=story.incident_id, exercise=story.exercise, registration_id=story.registration_id,
        purpose=purpose, withdrawn_at=story.at + timedelta(seconds=1),
    )  # fmt: skip


def forgotten(story: Story) -> Event:
    return PersonForgotten(
        incident_id=story.incident_id, exercise=story.exercise, registration_id=story.registration_id,
        forgotten_at=story.at + timedelta(seconds=1),
    )  # fmt: skip


STATES: Final[dict[str, tuple[Callable[[Story], Event], WithheldReason]]] = {
    "do not contact": (lambda s: s.barred(BarReason.DO_NOT_CONTACT), WithheldReason.DO_NOT_CONTACT),
    "restricted": (lambda s: s.barred(BarReason.RESTRICTED), WithheldReason.RESTRICTED),
    "contact withdrawn": (lambda s: withdrawn(s, Purpose.CONTACT), WithheldReason.CONSENT_WITHDRAWN),
    "registration withdrawn": (
        lambda s: withdrawn(s, Purpose.REGISTRATION), WithheldReason.CONSENT_WITHDRAWN,
    ),
    "consents restated to none": (lambda s: s.restated(()), WithheldReason.NO_CONSENT),
    "merged away": (lambda s: s.merged(s.another()), WithheldReason.MERGED),
    "forgotten": (forgotten, WithheldReason.FORGOTTEN),
}  # fmt: skip


class Telling(Composer):
    """Emit an event when a message is composed, right before the last check."""

    def __init__(self, notify: NotifyService, tell: Tell) -> None:
        super().__init__(notify.keyring, files.load(), "Region Test")
        self._tell = tell

    async def compose(self, claims: Sequence[Claim]) -> list[OutgoingMessage | Transition]:
        composed = await super().compose(claims)
        await self._tell()
        return composed


async def all_due(notify: NotifyService, story: Story) -> None:
    await notify.make_due(story)
    while await notify.sender.round():
        await notify.make_due(story)


def answering(notify: NotifyService, *answers: Outcome) -> list[Scripted]:
    providers = [Scripted(answers=answers), Scripted(Channel.EMAIL)]
    notify.use(*providers)
    return providers


async def before_it_is_asked_for(notify: NotifyService, story: Story, tell: Tell) -> list[Scripted]:
    providers, key = answering(notify), await notify.key(story)
    await notify.consume(story.opened(), story.registered(key))
    await tell()
    await notify.consume(story.requested(key))
    return providers


async def before_the_person_is_known(notify: NotifyService, story: Story, tell: Tell) -> list[Scripted]:
    providers, key = answering(notify), await notify.key(story)
    registered = story.registered(key)
    notify.people.know(registered)
    await notify.consume(story.opened(), story.requested(key))
    await tell()
    await notify.consume(registered)
    return providers


async def while_it_waits(notify: NotifyService, story: Story, tell: Tell) -> list[Scripted]:
    providers = answering(notify)
    await notify.plan(story)
    await tell()
    return providers


async def when_it_is_claimed(notify: NotifyService, story: Story, tell: Tell) -> list[Scripted]:
    providers = answering(notify)
    await notify.plan(story)
    claims = await notify.sender.claim()
    await tell()
    await notify.sender.send(claims, time.monotonic() + 10)
    return providers


async def when_it_is_composed(notify: NotifyService, story: Story, tell: Tell) -> list[Scripted]:
    providers = answering(notify)
    await notify.plan(story)
    composer = Telling(notify, tell)
    await MessageSender(notify.database, CLOCK, composer, notify.gateways, batch=100).round()
    return providers


async def between_two_tries(notify: NotifyService, story: Story, tell: Tell) -> list[Scripted]:
    return await _after(ProviderUnavailable(Fault.NO_CONNECTION), notify, story, tell)


async def before_the_next_channel(notify: NotifyService, story: Story, tell: Tell) -> list[Scripted]:
    return await _after(Rejected("invalid_number"), notify, story, tell)


async def before_a_person_sends_it_again(notify: NotifyService, story: Story, tell: Tell) -> list[Scripted]:
    providers = await _after(InDoubt(Fault.TIME_LIMIT), notify, story, tell)
    await _resend(notify, story)
    return providers


async def after_a_person_sent_it_again(notify: NotifyService, story: Story, tell: Tell) -> list[Scripted]:
    async def resend_and_tell() -> None:
        await _resend(notify, story)
        await tell()

    return await _after(InDoubt(Fault.TIME_LIMIT), notify, story, resend_and_tell)


async def _after(outcome: Outcome, notify: NotifyService, story: Story, tell: Tell) -> list[Scripted]:
    """Emit the event after the first call failed without sending; ignore messages sent before."""
    providers = answering(notify, outcome)
    await notify.plan(story)
    await notify.sender.round()
    assert len(providers[0].sent) == 1
    providers[0].sent.clear()
    await tell()
    return providers


async def _resend(notify: NotifyService, story: Story) -> None:
    app = make_app("notify")
    loop = Loop("send", notify.sender.round, every=1.0)
    app.include_router(messages_api.routes(notify.database, notify.keyring, notify.gateways, loop))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notify") as http:
        for attempt, _, state in await notify.attempts(story):
            assert state == "in_doubt"
            body = {"why": "personen har intet fået"}
            await http.post(f"/attempts/{attempt}/resend", json=body, headers={"X-Actor": "Sif"})


MOMENTS: Final = (
    before_it_is_asked_for, before_the_person_is_known, while_it_waits, when_it_is_claimed,
    when_it_is_composed, between_two_tries, before_the_next_channel, before_a_person_sends_it_again,
    after_a_person_sent_it_again,
)  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
@pytest.mark.parametrize("state", STATES)
async def test_nobody_is_written_to_who_must_not_be(
    notify: NotifyService,
    state: str,
    moment: Callable[[NotifyService, Story, Tell], Awaitable[list[Scripted]]],
) -> None:
    event, reason = STATES[state]
    story = Story(channels=(Channel.SMS, Channel.EMAIL))

    async def tell() -> None:
        await notify.consume(event(story))

    providers = await moment(notify, story, tell)
    await all_due(notify, story)

    assert [one.sent for one in providers] == [[], []]
    assert await ended(notify, story) in {("withheld", reason), ("in_doubt", None)}


@pytest.mark.parametrize(
    "moment",
    [one for one in MOMENTS if one is not when_it_is_composed],  # whose next look is at the event alone
    ids=lambda moment: moment.__name__,
)
async def test_a_deleted_key_stops_a_message_before_any_event(
    notify: NotifyService, moment: Callable[[NotifyService, Story, Tell], Awaitable[list[Scripted]]]
) -> None:
    story = Story(channels=(Channel.SMS, Channel.EMAIL))

    async def delete() -> None:
        await notify.keys.forget([story.registration_id])

    providers = await moment(notify, story, delete)
    await all_due(notify, story)

    assert [one.sent for one in providers] == [[], []]


async def ended(notify: NotifyService, story: Story) -> tuple[str, str | None]:
    async with notify.database.transaction() as session:
        found = await session.fetchrow(
            "select state, reason from message where contact_id = $1", story.contact_id
        )
    assert found is not None
    return found["state"], found["reason"]
