"""Messages with an unknown outcome: kept in doubt, enquired about, resent only where that is safe."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from contracts.events.notify import ContactHandedOver, ContactInDoubt
from services.notify.domain.outcome import (
    Absent,
    Accepted,
    Enquiry,
    EnquiryFailed,
    Fault,
    InDoubt,
)
from tests.integration.notify.notify_service import NotifyService, kinds
from tests.unit.notify.cases import Scripted, Story


async def test_a_message_with_an_unknown_outcome_is_never_resent_automatically(notify: NotifyService) -> None:
    story, provider = Story(), Scripted(answers=[InDoubt(Fault.TIME_LIMIT)])
    notify.use(provider)
    await notify.plan(story)

    await notify.sender.round()
    await notify.make_due(story)
    for _ in range(3):
        await notify.resolver.round()
        await notify.sender.round()

    assert len(provider.sent) == 1
    assert kinds(await notify.emitted(story)) == [ContactInDoubt]
    assert await notify.buckets(story) == {"total": 1, "in_doubt": 1}


async def test_an_enquiry_resolves_a_doubt(notify: NotifyService) -> None:
    there, absent = Story(), Story()
    provider = Scripted(
        answers=[InDoubt(Fault.BROKEN), InDoubt(Fault.BROKEN)],
        enquiries=[EnquiryFailed(Fault.TIME_LIMIT), Accepted("known")],
        enquiry_after=timedelta(),
    )
    notify.use(provider)
    await notify.plan(there)
    await notify.sender.round()

    await notify.resolver.round()
    assert await notify.state(there) == "in_doubt"
    await notify.make_due(there)
    await notify.resolver.round()

    assert kinds(await notify.emitted(there)) == [ContactInDoubt, ContactHandedOver]
    provider.enquiries = [*provider.enquiries, Absent()]
    await notify.plan(absent)
    await notify.sender.round()
    await notify.resolver.round()
    await notify.sender.round()
    assert len(provider.sent) == 3
    assert provider.sent[1].idempotency_key == provider.sent[2].idempotency_key
    assert kinds(await notify.emitted(absent)) == [ContactInDoubt, ContactHandedOver]


@dataclass
class Stumbling(Scripted):
    """Raise at the enquiry about the first message."""

    async def enquire(self, idempotency_key: UUID) -> Enquiry:
        found = await super().enquire(idempotency_key)
        if len(self.asked) == 1:
            raise RuntimeError("our own fault")
        return found


async def test_an_enquiry_that_raises_does_not_lose_other_answers(notify: NotifyService) -> None:
    stories = [Story() for _ in range(3)]
    provider = Stumbling(
        answers=[InDoubt(Fault.BROKEN)] * 3, enquiries=[Accepted("known")] * 3, enquiry_after=timedelta()
    )
    notify.use(provider)
    for story in stories:
        await notify.plan(story)
    await notify.sender.round()

    await notify.resolver.round()

    assert sorted([await notify.state(story) for story in stories]) == [
        "handed_over", "handed_over", "in_doubt",
    ]  # fmt: skip


async def test_only_an_idempotent_provider_gets_a_message_in_doubt_again(
    notify: NotifyService,
) -> None:
    story = Story()
    provider = Scripted(answers=[InDoubt(Fault.TIME_LIMIT)], promises_idempotency=True)
    notify.use(provider)
    await notify.plan(story)

    await notify.sender.round()
    await notify.make_due(story)
    await notify.sender.round()

    assert provider.sent[0].idempotency_key == provider.sent[1].idempotency_key
    assert kinds(await notify.emitted(story)) == [ContactHandedOver]
