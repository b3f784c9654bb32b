"""A message about a child goes first to the custody holder who consented."""

from contracts.events import personal
from contracts.events.registration import PersonCorrected, PersonRegistered
from contracts.wire.sealed import Sealed
from tests.integration.routing.cases import HERE, all_rounds, answering, corrected
from tests.unit.routing.cases import FATHER, MOTHER, PERSON
from tests.unit.routing.register_server import Register, Reply
from tests.unit.routing.register_server import person as resident
from tests.unit.routing.running import Routing, incident_id

_FIRST, _LAST = min(MOTHER, FATHER), max(MOTHER, FATHER)


def with_custody_holders(cpr: str, *holders: str) -> Reply:
    status, content = resident(cpr, "<foedselsdato><dato>2018-04-05</dato></foedselsdato>")
    rows = "".join(
        "<foraeldremyndighed><foraeldremyndighedtype>5</foraeldremyndighedtype>"
        f"<relationPersonnummer>{holder}</relationPersonnummer></foraeldremyndighed>"
        for holder in holders
    )
    end = "</PersonLookupResponse>"
    return status, content.replace(end.encode(), f"<relationer>{rows}</relationer>{end}".encode())


def named(cpr: str, name: str) -> Reply:
    status, content = resident(cpr)
    navn = f"</personnummer><navn><personadresseringsnavn>{name}</personadresseringsnavn></navn>"
    return status, content.replace(b"</personnummer>", navn.encode())


def known(register: Register) -> None:
    family = {
        PERSON: with_custody_holders(PERSON, _FIRST, _LAST),
        _FIRST: named(_FIRST, "Test,Ida"),
        _LAST: named(_LAST, "Test,Bo"),
    }
    answering(register, family.get)


async def consented_by(
    routing: Routing, event: PersonRegistered | PersonCorrected, guardian: str, cpr: str | None = None
) -> PersonRegistered | PersonCorrected:
    key = (await routing.keys.read([event.registration_id]))[event.registration_id]
    contact = personal.ContactDetails("Ea Test", guardian=guardian, guardian_cpr=cpr)
    return event.model_copy(update={"contact": Sealed(key.seal(personal.CONTACT, contact))})


async def addressed(routing: Routing, person: PersonRegistered) -> tuple[str, ...]:
    key = (await routing.keys.read([person.registration_id]))[person.registration_id]
    said = await routing.said_of(person.registration_id)
    sealed = [event.recipient for event in said if getattr(event, "recipient", None)][-1]
    return key.open(personal.RECIPIENT, sealed, personal.Recipient).cprs


async def test_the_custody_holder_who_consented_is_addressed_first(
    routing: Routing, register: Register
) -> None:
    known(register)
    by_number, by_name = [await routing.person(incident_id(), PERSON) for _ in range(2)]
    nobody = await routing.person(incident_id(), PERSON)

    await routing.tell(
        await consented_by(routing, by_number, "moderen", _LAST),
        await consented_by(routing, by_name, "Bo Test"),
        nobody,
    )
    await all_rounds(routing)

    assert await addressed(routing, by_number) == (_LAST, _FIRST)
    assert await addressed(routing, by_name) == (_LAST, _FIRST)
    assert await addressed(routing, nobody) == (_FIRST, _LAST)


async def test_when_the_other_guardian_consents_the_message_is_addressed_anew(
    routing: Routing, register: Register
) -> None:
    known(register)
    child = await routing.person(incident_id(), PERSON)
    await routing.tell(await consented_by(routing, child, "Ida Test", _FIRST))
    await all_rounds(routing)
    assert await addressed(routing, child) == (_FIRST, _LAST)

    correction = await corrected(routing, child, HERE, changed=("guardian", "guardian_cpr"))
    await routing.tell(await consented_by(routing, correction, "Bo Test", _LAST))
    await all_rounds(routing)

    assert await addressed(routing, child) == (_LAST, _FIRST)
