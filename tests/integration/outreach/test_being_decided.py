"""People with a pending routing decision are distinct from those without a home authority."""

from datetime import timedelta

from contracts.events.outreach import CallListed, ContactRequested, ContactWithheld
from contracts.events.personal import CONTACT, ContactDetails
from contracts.events.vocabulary import Purpose
from tests.integration.outreach.outreach_service import FROM_LIST, Outreach
from tests.unit.outreach.cases import (
    both_consents,
    consent,
    corrected,
    incident_id,
    opened,
    registered,
    registration_id,
    resolved,
    restated,
    unresolved,
    whole,
)

SOON = timedelta(minutes=2)


async def test_a_preview_counts_people_without_a_routing_decision(outreach: Outreach) -> None:
    incident = incident_id()
    known, new, lost, moved, silent = (registration_id() for _ in range(5))
    only_registered = (consent(Purpose.REGISTRATION),)
    await outreach.consume(
        opened(incident), *whole(incident, known),
        registered(incident, new),
        registered(incident, lost), unresolved(incident, lost),
        *whole(incident, moved), corrected(incident, moved, changed=("addresses",)),
        registered(incident, silent, consents=only_registered),
    )  # fmt: skip
    wave = await outreach.draft(incident)

    early = await outreach.answer("POST", f"/waves/{wave}/preview")
    later = outreach.clock.now() + SOON
    await outreach.consume(*(resolved(incident, who, decided_at=later) for who in (new, moved)))
    again = await outreach.answer("POST", f"/waves/{wave}/preview")

    assert early["planned"] == 1
    assert early["excluded"] == {"being_decided": 2, "no_consent": 1, "no_home_authority": 1}
    assert again["planned"] == 3
    assert again["excluded"] == {"no_consent": 1, "no_home_authority": 1}


async def test_a_due_contact_waits_for_a_pending_routing_decision(outreach: Outreach) -> None:
    incident, (moved,) = await outreach.incident(people=1)
    await outreach.launched(incident)
    await outreach.consume(corrected(incident, moved, changed=("addresses",)))

    await outreach.all_due()
    meanwhile = [e for e in await outreach.emitted(ContactWithheld) if e.incident_id == incident]
    await outreach.consume(resolved(incident, moved, decided_at=outreach.clock.now() + SOON))
    outreach.clock.forward(SOON)
    await outreach.all_due()

    assert meanwhile == []
    assert [
        e.registration_id for e in await outreach.emitted(ContactRequested) if e.incident_id == incident
    ] == [moved]


async def test_a_call_stays_on_the_list_during_a_pending_routing_decision(outreach: Outreach) -> None:
    incident, moved = incident_id(), registration_id()
    key = (await outreach.keyring.issue([moved]))[moved]
    contact = key.seal(CONTACT, ContactDetails("Nancy Ann Test Berggren", "+4520123456"))
    await outreach.consume(
        opened(incident),
        registered(incident, moved, contact=contact),
        resolved(incident, moved, recipient=None),
    )
    await outreach.launched(incident)
    await outreach.all_due()
    await outreach.consume(corrected(incident, moved, changed=("addresses",), contact=contact))
    [call] = [e for e in await outreach.emitted(CallListed) if e.incident_id == incident]

    refused = await outreach.ask("POST", f"/calls/{call.contact_id}/claim", json=FROM_LIST)
    await outreach.consume(resolved(incident, moved, recipient=None, decided_at=outreach.clock.now() + SOON))
    taken = await outreach.ask("POST", f"/calls/{call.contact_id}/claim", json=FROM_LIST)

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:folgeskab:being-decided")
    assert taken.status_code == 200


async def test_other_events_during_a_pending_decision_withhold_nothing(outreach: Outreach) -> None:
    incident, (moved,) = await outreach.incident(people=1)
    await outreach.launched(incident)
    await outreach.consume(
        corrected(incident, moved, changed=("addresses",)),
        restated(incident, moved, both_consents()),
    )
    buckets = await outreach.buckets(incident)

    assert buckets == {("message", "waiting", None): 1, ("call", "waiting", None): 1}


async def test_people_decided_again_because_of_the_wave_are_counted_until_the_decision(
    outreach: Outreach,
) -> None:
    """Routing decides again about people whose last decision is from a day before the draft."""
    incident, (old, new) = await outreach.incident(people=2)
    await outreach.consume(resolved(incident, new, decided_at=outreach.clock.now()))
    wave = await outreach.draft(incident)

    early = await outreach.answer("POST", f"/waves/{wave}/preview")
    before = await outreach.answer("GET", f"/waves/{wave}/undecided")
    await outreach.consume(resolved(incident, old, decided_at=outreach.clock.now() + SOON))
    after = await outreach.answer("GET", f"/waves/{wave}/undecided")
    again = await outreach.answer("POST", f"/waves/{wave}/preview")

    assert (early["planned"], early["redeciding"], early["excluded"]) == (2, 1, {})
    assert (again["planned"], again["redeciding"]) == (2, 0)
    assert (before, after) == ({"people": 1}, {"people": 0})
