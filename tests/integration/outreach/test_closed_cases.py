"""People whose case was closed manually are not contacted, and no preview waits for them."""

from datetime import timedelta

import pytest

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.outreach import ContactWithheld
from contracts.events.routing import HomeAuthorityUnresolved
from contracts.events.vocabulary import ClosedReason, WithheldReason
from tests.integration.outreach.outreach_service import Outreach
from tests.unit.outreach.cases import corrected, resolved, unresolved

SOON = timedelta(minutes=2)


def closed(outreach: Outreach, incident: IncidentId, person: RegistrationId) -> HomeAuthorityUnresolved:
    told = unresolved(incident, person, decided_at=outreach.clock.now())
    return told.model_copy(update={"queue": "", "reason": "closed", "closed": ClosedReason.CLOSED})


async def withheld(outreach: Outreach, incident: IncidentId) -> set[tuple[str, WithheldReason]]:
    told = await outreach.emitted(ContactWithheld)
    return {(e.kind, e.reason) for e in told if e.incident_id == incident}


async def test_waiting_and_listed_contacts_are_withheld_at_once(outreach: Outreach) -> None:
    incident, (person,) = await outreach.incident(people=1)
    await outreach.launched(incident)
    async with outreach.database.transaction() as session:
        await session.execute(
            "update contact set due_at = due_at + interval '9 days' "
            "where incident_id = $1 and kind = 'message'",
            incident,
        )
    await outreach.all_due()
    before = await outreach.buckets(incident)

    await outreach.consume(closed(outreach, incident, person))

    assert before == {("message", "waiting", None): 1, ("call", "listed", None): 1}
    assert await outreach.buckets(incident) == {
        ("message", "withheld", "no_home_authority"): 1,
        ("call", "withheld", "no_home_authority"): 1,
    }
    assert await withheld(outreach, incident) == {
        ("message", WithheldReason.NO_HOME_AUTHORITY),
        ("call", WithheldReason.NO_HOME_AUTHORITY),
    }


async def test_a_closing_older_than_the_last_decision_withholds_nothing(outreach: Outreach) -> None:
    incident, (person,) = await outreach.incident(people=1)
    await outreach.launched(incident)
    late = closed(outreach, incident, person)
    await outreach.consume(resolved(incident, person, decided_at=outreach.clock.now() + SOON))

    await outreach.consume(late)

    assert await withheld(outreach, incident) == set()


async def test_a_wave_approved_before_the_case_was_closed_withholds_when_due(outreach: Outreach) -> None:
    incident, (person,) = await outreach.incident(people=1)
    wave = await outreach.approved(incident)
    await outreach.consume(closed(outreach, incident, person))

    await outreach.answer("POST", f"/waves/{wave}/launch")
    while await outreach.launcher.round():
        pass
    await outreach.all_due()

    assert await outreach.buckets(incident) == {
        ("message", "withheld", "no_home_authority"): 1,
        ("call", "withheld", "no_home_authority"): 1,
    }


@pytest.mark.parametrize(("corrections", "waited_for"), [(0, 0), (1, 1)])
async def test_a_preview_waits_for_a_closed_case_only_while_it_is_decided_again(
    outreach: Outreach, corrections: int, waited_for: int
) -> None:
    incident, (person,) = await outreach.incident(people=1)
    await outreach.consume(closed(outreach, incident, person))
    outreach.clock.forward(timedelta(days=1))
    at = outreach.clock.now()
    await outreach.consume(*[corrected(incident, person, changed=("addresses",), at=at)] * corrections)
    wave = await outreach.draft(incident)

    assert await outreach.answer("GET", f"/waves/{wave}/undecided") == {"people": waited_for}


async def test_a_later_resolution_opens_the_person_for_new_waves(outreach: Outreach) -> None:
    incident, (person,) = await outreach.incident(people=1)
    await outreach.launched(incident)
    await outreach.consume(closed(outreach, incident, person))
    wave = await outreach.draft(incident)
    while_closed = await outreach.answer("POST", f"/waves/{wave}/preview")

    await outreach.consume(resolved(incident, person, decided_at=outreach.clock.now() + SOON))
    after = await outreach.answer("POST", f"/waves/{wave}/preview")

    assert (while_closed["planned"], while_closed["excluded"]) == (0, {"no_home_authority": 1})
    assert (after["planned"], after["excluded"]) == (1, {})
