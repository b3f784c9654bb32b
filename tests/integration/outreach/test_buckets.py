"""After any sequence of actions every contact is in one bucket and has at most one final event."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from contracts.events.ids import AttemptId, IncidentId, RegistrationId
from contracts.events.outreach import (
    CallConcluded,
    CallListed,
    ContactRequested,
    ContactWithheld,
    WaveCancelled,
    WaveCompleted,
)
from contracts.events.personal import CONTACT, ContactDetails
from contracts.events.vocabulary import CallOutcome, Purpose
from kit.runtime.ids import new_id
from services.outreach.metrics import OLDEST_DUE
from services.outreach.workers.gauges import measure_with
from tests.integration.outreach.outreach_service import FROM_LIST, Outreach
from tests.unit.outreach.cases import (
    delivered,
    failed,
    handed_over,
    in_doubt,
    incident_id,
    opened,
    registered,
    registration_id,
    resolved,
    withdrawn,
)

PEOPLE = 12
CONTACTS = 2 * PEOPLE  # one message and one call each
OUTCOMES = [outcome for outcome in CallOutcome if outcome is not CallOutcome.CALL_BACK]


@dataclass
class Walk:
    """One wave with randomly chosen actions."""

    outreach: Outreach
    dice: random.Random
    incident: IncidentId
    wave: str
    people: list[RegistrationId]
    in_hand: list[list[asyncpg.Record]] = field(default_factory=list)
    withdrew: dict[UUID, int] = field(default_factory=dict)  # with how often each was asked for before

    async def step(self) -> None:
        moves = (
            self.due, self.due, self.stall, self.late, self.withdraw, self.notify, self.notify, self.call,
            self.call, self.pause_or_resume, self.time_passes, self.sweep,
        )  # fmt: skip
        await self.dice.choice(moves)()

    async def due(self) -> None:
        await self.outreach.worker(batch=3).round()

    async def stall(self) -> None:
        """Claim contacts and let the lease expire without a write."""
        self.in_hand.append(await self.outreach.worker(batch=3, lease=timedelta(0)).claim())

    async def late(self) -> None:
        if self.in_hand:
            await self.outreach.due.decide(self.in_hand.pop())

    async def withdraw(self) -> None:
        who = self.dice.choice(self.people)
        self.withdrew.setdefault(who, (await self.asked_for())[who])
        await self.outreach.consume(withdrawn(self.incident, who, purpose=self.dice.choice(list(Purpose))))

    async def notify(self) -> None:
        requests = [e for e in await self.outreach.emitted(ContactRequested) if str(e.wave_id) == self.wave]
        if requests:
            request, attempt = self.dice.choice(requests), AttemptId(new_id())
            tellings = (handed_over, delivered, in_doubt)
            events = [failed(request), *(tell(request, attempt) for tell in tellings)]
            await self.outreach.consume(self.dice.choice(events))

    async def call(self) -> None:
        rows = (await self.outreach.answer("GET", f"/authorities/0751/calls?incident_id={self.incident}"))[
            "calls"
        ]
        if not rows:
            return
        contact_id = self.dice.choice(rows)["contact_id"]
        claim = await self.outreach.ask("POST", f"/calls/{contact_id}/claim", json=FROM_LIST)
        if claim.is_success:
            told = {"epoch": claim.json()["epoch"], "outcome": self.dice.choice(OUTCOMES)}
            await self.outreach.answer("POST", f"/calls/{contact_id}/outcome", json=told)

    async def pause_or_resume(self) -> None:
        await self.outreach.ask("POST", f"/waves/{self.wave}/{self.dice.choice(('pause', 'resume'))}")

    async def time_passes(self) -> None:
        self.outreach.clock.forward(timedelta(hours=self.dice.randint(1, 30)))

    async def sweep(self) -> None:
        await self.outreach.sweeper.round()

    async def end(self) -> None:
        """Resume a paused wave, run everything to its end, and report the result of every message."""
        await self.outreach.ask("POST", f"/waves/{self.wave}/resume")
        await self.outreach.all_due()
        asked = [e for e in await self.outreach.emitted(ContactRequested) if str(e.wave_id) == self.wave]
        await self.outreach.consume(*map(failed, asked))
        self.outreach.clock.forward(timedelta(days=15))
        await self.outreach.sweeper.round()

    async def asked_for(self) -> Counter[UUID]:
        """Count the requested messages and listed calls per person."""
        told = await self.outreach.emitted(ContactRequested, CallListed)
        return Counter(e.registration_id for e in told if str(e.wave_id) == self.wave)

    async def ended(self) -> Counter[UUID]:
        """Count the final events of each contact: requested, concluded, withheld."""
        told = await self.outreach.emitted(ContactRequested, CallConcluded, ContactWithheld)
        return Counter(e.contact_id for e in told if str(e.wave_id) == self.wave)


async def begin(outreach: Outreach, seed: int) -> Walk:
    incident, ids = incident_id(), [registration_id() for _ in range(PEOPLE)]
    await outreach.consume(opened(incident))
    for who, key in (await outreach.keyring.issue(ids)).items():
        person = RegistrationId(who)
        contact = key.seal(CONTACT, ContactDetails("Nancy Ann Test Berggren", "+4520123456"))
        await outreach.consume(
            registered(incident, person, contact=contact), resolved(incident, person, recipient=None)
        )
    return Walk(outreach, random.Random(seed), incident, await outreach.launched(incident), ids)


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_buckets_add_up_at_every_moment(outreach: Outreach, seed: int) -> None:
    walk = await begin(outreach, seed)

    for _ in range(50):
        await walk.step()
        assert sum((await walk.outreach.buckets(walk.incident)).values()) == CONTACTS
    await walk.end()

    ends = {bucket for _, bucket, _ in await walk.outreach.buckets(walk.incident)}
    assert ends <= {"delivered", "failed", "concluded", "withheld"}
    assert set((await walk.ended()).values()) == {1}
    assert len(await walk.ended()) == CONTACTS
    asked_for = await walk.asked_for()
    assert walk.withdrew == {who: asked_for[who] for who in walk.withdrew}
    assert (await walk.outreach.answer("GET", f"/waves/{walk.wave}"))["state"] == "completed"
    assert len([e for e in await walk.outreach.emitted(WaveCompleted) if str(e.wave_id) == walk.wave]) == 1


async def test_a_cancelled_wave_ends_waiting_contacts_and_keeps_those_under_way(
    outreach: Outreach,
) -> None:
    walk = await begin(outreach, seed=4)
    await walk.due()
    under_way = Counter((await walk.ended()).keys())

    await walk.outreach.answer("POST", f"/waves/{walk.wave}/cancel")
    await walk.outreach.all_due()
    await walk.outreach.sweeper.round()

    counted = await walk.outreach.buckets(walk.incident)
    assert sum(counted.values()) == CONTACTS
    assert {bucket for _, bucket, _ in counted} <= {"requested", "withheld"}
    assert under_way <= await walk.ended()
    assert set((await walk.ended()).values()) == {1}
    assert [e for e in await walk.outreach.emitted(WaveCancelled) if str(e.wave_id) == walk.wave]


async def test_the_age_of_a_due_contact_grows_while_nothing_is_decided(outreach: Outreach) -> None:
    incident, _ = await outreach.incident(2)
    await outreach.launched(incident)
    due_at = outreach.clock.now() + timedelta(hours=1)
    async with outreach.database.transaction() as session:
        await session.execute(
            "update contact set due_at = $2 where incident_id = $1 and state = 'waiting'", incident, due_at
        )
    measure = measure_with(outreach.clock)

    ages = []
    for moment in (due_at - timedelta(minutes=1), due_at + timedelta(minutes=20)):
        outreach.clock.at = moment
        async with outreach.database.transaction() as session:
            await measure(session)
        ages.append(OLDEST_DUE.labels("yes")._value.get())

    assert ages == [0, 1200]
