"""An incident or a consent that names an authority which does not exist is told; everybody is somebody's."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from contracts.events.ids import AuthorityId, IncidentId
from contracts.events.registration import IncidentCorrected, IncidentOpened
from contracts.events.vocabulary import IncidentKind
from kit.database.database import Database
from services.routing import metrics
from services.routing.workers.gauges import UnknownAuthorityGauge
from tests.conftest import Databases
from tests.integration.routing.handovers import (
    HOUR,
    answer,
    consent,
    handovers,
    registered,
    resolved,
    responsible,
    routing_on,
)
from tests.unit.routing.running import AT, Routing, incident_id


@pytest.fixture
async def routing(databases: Databases) -> AsyncIterator[Routing]:
    database = Database(await databases.migrate("routing"), name="routing-test")
    async with database.transaction() as session:
        await session.execute("truncate incident, standing")
    async with routing_on(databases, database) as opened:
        yield opened
    await database.close()


def said(incident: IncidentId, first: str, *others: str) -> dict[str, Any]:
    return {
        "incident_id": incident, "exercise": True, "name": "Togulykke", "kind": IncidentKind.TRANSPORT,
        "place": "Aarhus H", "started_at": AT, "event_authority": AuthorityId(first),
        "event_authorities": tuple(AuthorityId(code) for code in (first, *others)),
    }  # fmt: skip


async def warnings(routing: Routing, incident: IncidentId) -> list[str]:
    """Give them as both counts tell them."""
    found = [
        (await routing.answer("GET", f"/incidents/{incident}/{of}/counts"))["warnings"]
        for of in ("triage", "handovers")
    ]
    assert found[0] == found[1]
    assert all("incident correct" in one["da"] for one in found[0])
    return [one["en"] for one in found[0]]


async def measured(routing: Routing) -> dict[str, float]:
    await UnknownAuthorityGauge(routing.database, routing.directory, routing.clock).round()
    gauge = metrics.UNKNOWN_AUTHORITIES
    return {of: gauge.labels(of, "yes")._value.get() for of in ("incident", "consent")}


async def explained(routing: Routing, person: Any) -> str:
    path = f"/registrations/{person.registration_id}/explanation?language=en"
    return " ".join((await routing.answer("GET", path))["sentences"])


async def test_an_event_authority_nobody_knows_is_told_until_the_incident_is_corrected(
    routing: Routing,
) -> None:
    incident = incident_id()
    await routing.tell(IncidentOpened(**said(incident, "0715")))
    person = await registered(routing, incident)
    wrong = (await warnings(routing, incident), await measured(routing), await explained(routing, person))

    corrected = IncidentCorrected(**said(incident, "0751"), corrected_at=AT + HOUR)
    await routing.tell(corrected, corrected)

    [warning] = wrong[0]
    assert warning.startswith("Event authority 0715 is unknown on 31 December 2026")
    assert f"folgeskab incident correct {incident} --event-authority" in warning
    assert wrong[1]["incident"] == 1
    assert warning in wrong[2]
    assert await warnings(routing, incident) == []
    assert (await measured(routing))["incident"] == 0
    assert "0715" not in await explained(routing, person)


async def test_everybody_is_somebodys_though_the_event_authority_does_not_exist(routing: Routing) -> None:
    alone, together = incident_id(), incident_id()
    await routing.tell(
        IncidentOpened(**said(alone, "0715")), IncidentOpened(**said(together, "0715", "0740"))
    )
    waiting, beside = await registered(routing, alone), await registered(routing, together)
    before = [await responsible(routing, one) for one in (waiting, beside)]

    await routing.work.round()
    await answer(routing, waiting, "accept")

    assert before == [("triage_queue", "handover"), ("event_authority", "0740")]
    assert await responsible(routing, waiting) == ("authority", "0751")
    assert len(await warnings(routing, together)) == 1


async def test_a_consent_to_authorities_that_do_not_exist_is_told_from_one_that_does_not_cover_the_home(
    routing: Routing,
) -> None:
    nobodys = await resolved(routing, consent(AT, "0715", "0999"))
    others = await resolved(routing, consent(AT, "0715", "0760"))
    expired = await resolved(routing, consent(AT - timedelta(days=2), "0715", days=1))
    none = await resolved(routing, consent(AT))

    rows = [await handovers(routing, one) for one in (nobodys, others, expired, none)]

    assert [[row.get("hindrance") for row in found] for found in rows] == [
        ["names_unknown"], ["names_others"], ["expired"], [None],
    ]  # fmt: skip
    assert "the consent names 0715, 0999 alone" in await explained(routing, nobodys)
    assert "the consent names" not in await explained(routing, others)
    assert (await measured(routing))["consent"] == 1
