"""A number given under quite another name: nobody is taken for another, nobody is lost, people decide."""

from collections.abc import AsyncIterator, Iterable
from typing import Any
from uuid import UUID

import pytest

from contracts.events.registration import PersonRegistered
from kit.privacy.sealing import DataKey
from kit.runtime.clock import SystemClock
from services.registration.workers.golden_record import GoldenRecords
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration.api_client import CPR, PERSON, RegistrationOffice, opened

OTHER: dict[str, Any] = {
    "name": "Birgit Prøvesen", "phone": "30 12 34 56", "place": "hotline",
    "consents": [{**one, "form_number": "SK-2"} for one in PERSON["consents"]],
}  # fmt: skip


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def shown(office: RegistrationOffice, person: str) -> dict[str, Any]:
    found: dict[str, Any] = (await office.http.get(f"/registrations/{person}")).json()
    return found


async def pairs(office: RegistrationOffice, incident: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await office.http.get(f"/incidents/{incident}/duplicates")).json()
    return found


async def test_each_stands_alone_and_a_withdrawal_stays_withdrawn(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    first = (await office.register(incident)).json()["registration_id"]
    said = {"purpose": "contact", "how": "sms"}
    await office.http.post(f"/registrations/{first}/withdrawals", json=said)

    answer = (await office.register(incident, **OTHER)).json()
    while await GoldenRecords(office.resources, SystemClock()).round():
        pass

    held, other = await shown(office, first), await shown(office, answer["registration_id"])
    assert not answer["already_there"]
    assert [first in hint["reason"] for hint in answer["hints"] if hint["field"] == "identifiers"] == [True]
    assert (held["contact_until"], held["phone"]) == (None, "+4520123456")
    assert [one["value"] for one in held["identifiers"]] == [CPR]
    assert (other["identifiers"], other["birth_date"], other["phone"]) == ([], None, "+4530123456")
    assert other["contact_until"] is not None
    async with office.resources.database.transaction() as session:
        events = [e for e in await sent(session) if isinstance(e, PersonRegistered)]
    (event,) = [e for e in events if e.key() == answer["registration_id"]]
    assert "digital_post" not in event.channels


async def test_the_pair_stays_in_the_queue_and_two_people_can_merge_it(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    first = (await office.register(incident)).json()["registration_id"]
    answer = (await office.register(incident, key="tablet 7", **OTHER)).json()
    again = (await office.register(incident, key="tablet 7", **OTHER)).json()

    (pair,) = await pairs(office, incident)
    steps = [
        await office.http.post(
            f"/duplicates/{pair['id']}/{step}", json={"why": "nyt navn"}, headers={"X-Actor": who}
        )
        for step, who in (("suggest", "Hanne Hotline"), ("confirm", "Kira Koordinator"))
    ]

    assert (again["registration_id"], again["already_there"]) == (answer["registration_id"], False)
    assert set(pair["reasons"]) == {"same_identity", "other_name"}
    assert [step.status_code for step in steps] == [200, 200]
    two = [await shown(office, one) for one in (first, answer["registration_id"])]
    (survivor,) = [one for one in two if one["merged_into"] is None]
    assert survivor["identifiers"][0]["value"] == CPR
    assert (await office.counts(incident))["registered"] == 1


async def test_to_forget_one_forgets_one(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    first = (await office.register(incident)).json()["registration_id"]
    other = (await office.register(incident, **OTHER)).json()["registration_id"]

    gone = await office.http.post(f"/registrations/{first}/forget", json={"why": "bad om det"})

    assert gone.json()["keys_deleted"] == 1
    assert (await shown(office, other))["name"] == OTHER["name"]
    assert (await office.http.get(f"/registrations/{first}")).status_code == 410


async def test_in_one_file_each_row_of_another_name_is_a_person(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    file = (
        f"name;role;place;cpr;phone\nNancy Berggren;victim;epc;{CPR};\nOle Opdigt;victim;epc;{CPR};20111111\n"
        f"Berggren, Nancy;victim;hotline;{CPR};\nPia Øvelund;witness;epc;{CPR};20222222\n"
    ).encode()

    report = (await office.import_csv(incident, file)).json()
    again = (await office.import_csv(incident, file)).json()

    assert (report["registered"], report["already_there"], report["bad"]) == (3, 1, [])
    assert (again["registered"], again["already_there"]) == (0, 4)
    assert [hint["line"] for hint in report["hints"] if hint["code"] == "row_number_of_line"] == [3, 5]
    assert len(await pairs(office, incident)) == 2


async def test_a_name_entered_by_staff_replaces_one_from_the_public_page(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    public = (await office.register(incident, name="Fremmed Opdigt", place="self")).json()["registration_id"]

    verified = (await office.register(incident, place="epc")).json()
    while await GoldenRecords(office.resources, SystemClock()).round():
        pass

    assert (verified["registration_id"], verified["already_there"]) == (public, True)
    assert (await shown(office, public))["name"] == PERSON["name"]


async def test_a_name_from_the_public_page_does_not_take_anothers_number(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    consents = PERSON["consents"][:1]
    known = (await office.register(incident, consents=consents)).json()["registration_id"]

    stranger = (await office.register(incident, **OTHER | {"place": "self"})).json()

    assert stranger["registration_id"] != known
    assert (await shown(office, known))["contact_until"] is None
    assert (await shown(office, stranger["registration_id"]))["identifiers"] == []


async def test_the_keyring_is_read_while_no_connection_is_open(
    office: RegistrationOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = await office.open_incident()
    await office.register(incident)
    held: list[int] = []
    read = office.resources.keyring.read

    async def noting(owners: Iterable[UUID]) -> dict[UUID, DataKey]:
        held.append(office.resources.database.engine.pool.checkedout())  # type: ignore[attr-defined]
        return await read(owners)

    monkeypatch.setattr(office.resources.keyring, "read", noting)

    answer = await office.register(incident, **OTHER)

    assert not answer.json()["already_there"]
    assert held
    assert set(held) == {0}


SIBLINGS = {
    "a family name of two words": ("Anna Holm Jensen", "Bo Holm Jensen"),
    "a particle and a name": ("Anna van der Berg", "Bo van der Berg"),
    "the family name first": ("Holm Jensen, Anna", "Holm Jensen, Bo"),
    "twins": ("Mia Holm", "Pia Holm"),
}


@pytest.mark.parametrize(("one", "other"), SIBLINGS.values(), ids=SIBLINGS)
async def test_one_number_by_mistake_makes_nobody_of_a_family_vanish(
    office: RegistrationOffice, one: str, other: str
) -> None:
    incident = await office.open_incident()
    first = (await office.register(incident, name=one)).json()["registration_id"]

    second = (await office.register(incident, **OTHER | {"name": other})).json()["registration_id"]

    assert (await office.counts(incident))["registered"] == 2
    (pair,) = await pairs(office, incident)
    assert {pair["one"], pair["other"]} == {first, second}
    assert set(pair["reasons"]) == {"same_identity", "other_name"}


async def test_a_name_that_two_people_have_accepted_for_a_person_is_theirs(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    first = (await office.register(incident)).json()["registration_id"]
    await office.register(incident, **OTHER)
    (pair,) = await pairs(office, incident)
    for step, who in (("suggest", "Hanne Hotline"), ("confirm", "Kira Koordinator")):
        await office.http.post(
            f"/duplicates/{pair['id']}/{step}", json={"why": "nyt navn"}, headers={"X-Actor": who}
        )

    again = (await office.register(incident, **OTHER | {"phone": "40 12 34 56"})).json()

    assert (again["registration_id"], again["already_there"]) == (first, True)
