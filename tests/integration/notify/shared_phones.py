"""People who share a telephone: plan, send and read what becomes of their messages."""

from collections.abc import Sequence

from contracts.events.notify import MessageWithheld
from contracts.events.vocabulary import Channel, WithheldReason
from services.notify.domain.receipt import ReceiptStatus
from tests.integration.notify.notify_service import NotifyService, receipt
from tests.unit.notify.cases import Story

FAMILY = "+4520123477"


def family(number: int, channels: tuple[Channel, ...] = (Channel.SMS,)) -> list[Story]:
    first = Story(phone=FAMILY, channels=channels)
    return [first, *(first.another() for _ in range(number - 1))]


async def planned(notify: NotifyService, people: Sequence[Story]) -> None:
    for person in people:
        await notify.plan(person)


async def rounds(notify: NotifyService, people: Sequence[Story], number: int = 8) -> None:
    """Run rounds without pauses."""
    for _ in range(number):
        await notify.sender.round()
        for person in people:
            await notify.make_due(person)


async def all_sent(notify: NotifyService, people: Sequence[Story]) -> None:
    """Run rounds until nothing waits; deliver each text after it is sent."""
    for _ in range(30):
        await rounds(notify, people, 1)
        if "waiting" not in await states(notify, people):
            return
        await receipts(notify, people, ReceiptStatus.DELIVERED)
    raise AssertionError(await states(notify, people))


async def receipts(notify: NotifyService, people: Sequence[Story], status: ReceiptStatus) -> None:
    """Send a receipt for each text that was handed over."""
    attempts = [attempt for person in people for attempt in await notify.attempts(person)]
    handed_over = [key for _, key, state in attempts if state == "handed_over"]
    if handed_over:
        await notify.intake.take([receipt(key, status) for key in handed_over])


async def time_is_nearly_up(notify: NotifyService, people: Sequence[Story]) -> None:
    async with notify.database.transaction() as session:
        await session.execute(
            "update message set not_after = clock_timestamp() + interval '5 minutes' "
            "where contact_id = any($1::uuid[])",
            [person.contact_id for person in people],
        )


async def leader_and_others(notify: NotifyService, people: Sequence[Story]) -> tuple[Story, list[Story]]:
    async with notify.database.transaction() as session:
        leading = await session.fetchval("select contact_id from shared_text")
    [leader] = [person for person in people if person.contact_id == leading]
    return leader, [person for person in people if person is not leader]


async def states(notify: NotifyService, people: Sequence[Story]) -> list[str]:
    return [await notify.state(person) for person in people]


async def reasons(notify: NotifyService, people: Sequence[Story]) -> list[WithheldReason]:
    told = [event for person in people for event in await notify.emitted(person)]
    return [event.reason for event in told if isinstance(event, MessageWithheld)]
