"""Cases in the test's hand: what registration tells of them, and what was decided."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from contracts.events import personal
from contracts.events.registration import PersonCorrected, PersonMerged, PersonRegistered, PersonUnmerged
from tests.unit.routing.cases import at
from tests.unit.routing.register_server import Register, Reply, fault
from tests.unit.routing.running import AT, Routing

HERE, THERE = at("0751", line="Møllestien 7", postcode="8000"), at("0851", postcode="9000")
SPANS = at(postcode="2750")  # reaches into several municipalities
GONE = fault("PNR not found")


def answering(register: Register, reply: Callable[[str], Reply | None]) -> None:
    async def answer(cpr: str) -> Reply | None:
        return reply(cpr)

    register.reply = answer  # type: ignore[method-assign]  # the test tells it how to behave


def kinds(events: list[Any]) -> list[str]:
    return [type(event).__name__ for event in events]


async def corrected(
    routing: Routing,
    person: PersonRegistered,
    *addresses: personal.Address,
    changed: tuple[str, ...] = ("addresses",),
    when: datetime = AT,
) -> PersonCorrected:
    key = (await routing.keys.read([person.registration_id]))[person.registration_id]
    contact = personal.ContactDetails(name="Nancy Ann Berggren", addresses=addresses)
    return PersonCorrected(
        incident_id=person.incident_id,
        exercise=person.exercise,
        registration_id=person.registration_id,
        role=person.role,
        language="da",
        age_band=person.age_band,
        channels=(),
        identity=person.identity,
        contact=key.seal(personal.CONTACT, contact),
        changed=changed,
        corrected_at=when,
    )


def merged(person: PersonRegistered, into: PersonRegistered, when: datetime = AT) -> PersonMerged:
    return PersonMerged(
        incident_id=person.incident_id,
        exercise=person.exercise,
        registration_id=person.registration_id,
        into=into.registration_id,
        merged_at=when,
    )


def unmerged(
    person: PersonRegistered, out_of: PersonRegistered, when: datetime = AT + timedelta(minutes=5)
) -> PersonUnmerged:
    return PersonUnmerged(
        incident_id=person.incident_id,
        exercise=person.exercise,
        registration_id=person.registration_id,
        out_of=out_of.registration_id,
        unmerged_at=when,
    )


async def all_rounds(routing: Routing) -> None:
    while await routing.work.round():
        pass


async def decisions(routing: Routing, person: PersonRegistered) -> list[tuple[str | None, str]]:
    found: list[dict[str, Any]] = await routing.answer(
        "GET", f"/registrations/{person.registration_id}/decisions"
    )
    return [(row["municipality"], row["reason"]) for row in found]
