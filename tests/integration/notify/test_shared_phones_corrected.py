"""Numbers corrected after a text to a shared telephone."""

from contracts.events.personal import ContactDetails
from services.notify.domain.outcome import Fault, ProviderUnavailable
from tests.integration.notify.notify_service import NotifyService
from tests.integration.notify.shared_phones import (
    FAMILY,
    all_sent,
    family,
    leader_and_others,
    planned,
    rounds,
    states,
)
from tests.unit.notify.cases import Scripted


async def test_a_text_to_the_corrected_number_of_its_leader_covers_nobody_else(
    notify: NotifyService,
) -> None:
    people, provider = family(3), Scripted(answers=[ProviderUnavailable(Fault.NO_CONNECTION)])
    notify.use(provider)
    keys = {person.contact_id: await notify.plan(person) for person in people}
    await rounds(notify, people, 1)
    leader, _ = await leader_and_others(notify, people)
    await notify.consume(leader.corrected(keys[leader.contact_id], ContactDetails("Bo", "+4520123478")))

    await all_sent(notify, people)

    texts = {str(text.addressee.phone.e164) for text in provider.sent[1:] if text.addressee.phone}
    assert texts == {FAMILY, "+4520123478"}
    assert ["til 2 personer" in text.body for text in provider.sent[1:]].count(True) == 1
    assert (await states(notify, people)).count("withheld") == 1


async def test_a_number_corrected_after_the_text_causes_no_second_text(notify: NotifyService) -> None:
    people, provider = family(2), Scripted()
    notify.use(provider)
    keys = {person.contact_id: await notify.plan(person) for person in people}
    await rounds(notify, people)
    leader, _ = await leader_and_others(notify, people)
    await notify.consume(leader.corrected(keys[leader.contact_id], ContactDetails("Bo", "+4520123478")))

    await rounds(notify, people)
    await all_sent(notify, people)

    assert len(provider.sent) == 1
    assert sorted(await states(notify, people)) == ["delivered", "withheld"]


async def test_a_corrected_number_counts_as_another_telephone(notify: NotifyService) -> None:
    people, provider = family(2), Scripted()
    notify.use(provider)
    await planned(notify, people)
    key = await notify.key(people[1])
    await notify.consume(people[1].corrected(key, ContactDetails("Bo", "+4520123478")))

    await all_sent(notify, people)

    assert sorted(str(text.addressee.phone.e164) for text in provider.sent if text.addressee.phone) == [
        "+4520123477",
        "+4520123478",
    ]
