"""Linked and unlinked in any order, each registration holds what it would hold without any link.

Two incidents hold the same people. In one they are linked and unlinked meanwhile, in the other never. What is
withdrawn of a linked person is withdrawn of everybody who is linked then.
"""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import Databases
from tests.integration.registration.api_client import CONSENT, CPR, RegistrationOffice, opened
from tests.integration.registration.pairs import FIRST, REGISTRATION, merged, person, shown, step, to_contact

PEOPLE: tuple[dict[str, Any], ...] = (
    {"name": "Kirsten Holm", "phone": "20 12 34 56", "identifiers": []},
    {"name": "Kirsten Vang", "phone": None, "identifiers": [{"value": CPR}], "concerns": "er alene"},
    {"name": "K. Holm", "phone": None, "email": "k@example.dk", "identifiers": []},
)
CORRECTIONS: tuple[dict[str, Any], ...] = (
    {"phone": "30 12 34 56"}, {"phone": "30 12 34 57"}, {"phone": None}, {"email": "ny@example.dk"},
    {"name": "Kirsten Bay"}, {"language": "en"}, {"role": "relative"}, {"circumstances": "stod ved spor 3"},
    {"preferred_channel": "call"}, {"addresses": [{"line": "Vej 1", "postcode": "8000"}]},
)  # fmt: skip
COMPARED = (
    "name", "phone", "email", "addresses", "identifiers", "birth_date", "language", "role", "circumstances",
    "concerns", "note", "preferred_channel", "channels", "age_band", "withdrawn", "contact_until",
    "registration_until", "merged_into", "repeats",
)  # fmt: skip


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


@dataclass
class Worlds:
    office: RegistrationOffice
    dice: random.Random
    incident: str
    linked: list[str]
    alone: list[str]
    pairs: dict[str, tuple[int, int]] = field(default_factory=dict)

    async def link(self) -> None:
        one, other = sorted(self.dice.sample(range(len(self.linked)), 2))
        firsts = [(await shown(self.office, self.linked[each]))["merged_into"] for each in (one, other)]
        if one in self._group(other) or any(firsts):
            return
        pair = await merged(self.office, self.incident, self.linked[one], self.linked[other])
        self.pairs[pair] = (one, other)

    async def unlink(self) -> None:
        if self.pairs:
            pair = self.dice.choice(list(self.pairs))
            answer = await step(self.office, pair, "undo", FIRST)
            assert answer.status_code in {200, 409}, answer.text
            if answer.status_code == 200:
                del self.pairs[pair]

    async def correct(self) -> None:
        body = {**self.dice.choice(CORRECTIONS), "why": "sagde det"}
        await self._post("corrections", self.dice.randrange(len(self.linked)), body)

    async def consent(self) -> None:
        consent = to_contact(*self.dice.choice([("call",), ("sms", "email"), ("call", "sms")]))
        body = {**consent, "at": datetime.now(UTC).isoformat()}
        await self._post("consents", self.dice.randrange(len(self.linked)), body)

    async def withdraw(self) -> None:
        one = self.dice.randrange(len(self.linked))
        body = {"purpose": "contact", "how": "call", "at": datetime.now(UTC).isoformat()}
        await self._post("withdrawals", one, body, also=self._group(one))

    def _group(self, one: int) -> set[int]:
        """Return who is linked to a registration, and itself."""
        found, before = {one}, 0
        while len(found) > before:
            before = len(found)
            found |= {each for pair in self.pairs.values() if found & set(pair) for each in pair}
        return found

    async def _post(self, path: str, one: int, body: dict[str, Any], also: set[int] | None = None) -> None:
        named = [self.linked[one], *(self.alone[each] for each in also or {one})]
        for each in named:
            answer = await self.office.http.post(f"/registrations/{each}/{path}", json=body)
            assert answer.is_success, answer.text


@pytest.mark.parametrize("seed", range(3))
async def test_the_result_equals_never_having_linked_but_for_what_was_said_of_both(
    office: RegistrationOffice, seed: int
) -> None:
    dice = random.Random(seed)
    incidents = [await office.open_incident() for _ in range(2)]
    consents = [REGISTRATION, {"purpose": "contact", "channels": ["call", "sms"], **CONSENT}]
    people = [
        [await person(office, incident, **one, consents=consents) for one in PEOPLE] for incident in incidents
    ]
    worlds = Worlds(office, dice, incidents[0], *people)

    for _ in range(14):
        await dice.choice((worlds.link, worlds.unlink, worlds.correct, worlds.correct, worlds.consent,
                           worlds.withdraw))()  # fmt: skip
    while worlds.pairs:
        await worlds.unlink()

    for linked, alone in zip(worlds.linked, worlds.alone, strict=True):
        one, other = await shown(office, linked), await shown(office, alone)
        assert {name: one[name] for name in COMPARED} == {name: other[name] for name in COMPARED}
