"""Whatever is merged, undone, withdrawn and registered again: everybody is in exactly one bucket."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.conftest import Databases
from tests.integration.registration.api_client import CONSENT, RegistrationOffice, opened

CPRS = ("0101585018", "2512489996", None, None)
CHANNELS = (("call",), ("sms", "email"), ("call", "sms"))


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


@dataclass
class Story:
    """A few people, and what may happen to them, by the dice."""

    office: RegistrationOffice
    incident: str
    dice: random.Random
    registered: list[str] = field(default_factory=list)
    pairs: list[str] = field(default_factory=list)
    withdrawn: set[str] = field(default_factory=set)  # and whoever was one with them then

    async def register(self) -> None:
        cpr = self.dice.choice(CPRS)
        consents = [
            {"purpose": "registration", **CONSENT},
            {"purpose": "contact", "channels": self.dice.choice(CHANNELS), **CONSENT},
        ]
        answer = await self.office.register(
            self.incident,
            identifiers=[{"value": cpr}] if cpr else [],
            consents=consents[: self.dice.randint(0, 2)],
        )
        assert answer.status_code in {200, 201}, answer.text
        if answer.status_code == 201:
            self.registered.append(answer.json()["registration_id"])

    async def merge(self) -> None:
        one, other = self.dice.sample(self.registered, 2)
        body = {"one": one, "other": other, "why": "samme stemme"}
        answer = await self.office.http.post(f"/incidents/{self.incident}/duplicates", json=body)
        if answer.status_code != 201:
            assert answer.status_code == 409, answer.text
            return
        pair = answer.json()["id"]
        confirmed = await self.office.http.post(f"/duplicates/{pair}/confirm", headers={"X-Actor": "Karl"})
        assert confirmed.status_code in {200, 409}, confirmed.text
        if confirmed.status_code == 200:
            self.pairs.append(pair)

    async def undo(self) -> None:
        if self.pairs:
            pair = self.dice.choice(self.pairs)
            answer = await self.office.http.post(f"/duplicates/{pair}/undo", json={"why": "to søstre"})
            assert answer.status_code in {200, 409}, answer.text
            if answer.status_code == 200:
                self.pairs.remove(pair)

    async def withdraw(self) -> None:
        one = self.dice.choice(self.registered)
        body = {"purpose": "contact", "how": "call"}
        state = (await self.office.http.post(f"/registrations/{one}/withdrawals", json=body)).json()
        assert state["contact_until"] is None
        speaker = {who: shown["merged_into"] or who for who, shown in (await self.shown()).items()}
        self.withdrawn |= {who for who in self.registered if speaker[who] == speaker[one]}

    async def shown(self) -> dict[str, dict[str, Any]]:
        return {one: (await self.office.http.get(f"/registrations/{one}")).json() for one in self.registered}

    async def adds_up(self) -> None:
        """Ask of each registration by itself, and see that the counts say the same."""
        people = [one for one in (await self.shown()).values() if one["merged_into"] is None]
        buckets = Counter(map(_bucket, people))
        counts = await self.office.counts(self.incident)
        assert counts.pop("registered") == sum(counts.values()) == len(people)
        assert {name: number for name, number in counts.items() if number} == buckets


def _bucket(person: dict[str, Any]) -> str:
    if person["withdrawn"]:
        return "withdrawn"
    both = person["registration_until"] and person["contact_until"]
    return "with_contact_consent" if both else "without_contact_consent"


@pytest.mark.parametrize("seed", range(4))
async def test_everyone_has_one_status_and_people_who_withdrew_are_never_contacted(
    office: RegistrationOffice, seed: int
) -> None:
    story = Story(office, await office.open_incident(), random.Random(seed))
    for _ in range(4):
        await story.register()

    for _ in range(30):
        await story.dice.choice((story.register, story.merge, story.merge, story.undo, story.withdraw))()
        await story.adds_up()

    while story.pairs:
        await story.undo()
    await story.adds_up()
    apart = await story.shown()
    assert {one["merged_into"] for one in apart.values()} == {None}
    assert [apart[one]["contact_until"] for one in story.withdrawn] == [None] * len(story.withdrawn)


async def test_a_withdrawal_that_meets_the_merge_and_its_undoing_half_way_is_not_lost(
    office: RegistrationOffice,
) -> None:
    for _ in range(5):
        story = Story(office, await office.open_incident(), random.Random(1))
        one, other = [
            (await office.register(story.incident, identifiers=numbers)).json()["registration_id"]
            for numbers in ([], [{"value": "0101585018"}])
        ]
        body = {"one": one, "other": other, "why": "samme stemme"}
        pair = (await office.http.post(f"/incidents/{story.incident}/duplicates", json=body)).json()["id"]

        answers = await asyncio.gather(
            office.http.post(f"/duplicates/{pair}/confirm", headers={"X-Actor": "Karl"}),
            office.http.post(
                f"/registrations/{other}/withdrawals", json={"purpose": "contact", "how": "sms"}
            ),
            office.register(story.incident, identifiers=[{"value": "0101585018"}], consents=[]),
            office.http.post(
                f"/registrations/{other}/corrections", json={"email": "k@example.dk", "why": "ny"}
            ),
            office.http.post(f"/duplicates/{pair}/undo", json={"why": "to søstre"}),
        )

        assert max(answer.status_code for answer in answers) < 500, [a.text for a in answers]
        assert answers[1].status_code == 201, answers[1].text
        story.registered = [one, other]
        await story.adds_up()
        held = await story.shown()
        speaker = held[other]["merged_into"] or other
        assert held[speaker]["contact_until"] is None
