"""Check the journals and tables for broken rules, without asking the services.

`watch` before the wave, so that the moment a withdrawal reaches notify's projection is on record.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from contracts.events.personal import IDENTITY, Identity
from deploy.local.people import Invented
from deploy.local.stack import KEYRING, SERVICES, Stack
from kit.privacy.keyring import MasterKey
from simulators.journal import hashed
from tests.stacks import connected

WITHIN = timedelta(seconds=2)  # from a withdrawal in notify's projection to the last effect that may start
LONGEST_CALL = timedelta(seconds=40)  # from an attempt written to its answer written, at most
FINAL = frozenset({"delivered", "failed", "withheld", "in_doubt"})
LOST = frozenset({"none", "dropped"})  # what the journal says of an answer that the caller never got

# at the commit, or as near to it as a table can tell
_WATCH = """
create schema if not exists checker;
create table if not exists checker.withdrawal (registration_id uuid, at timestamptz);
create or replace function checker.note_withdrawal() returns trigger language plpgsql security definer as $$
begin
    insert into checker.withdrawal values (new.registration_id, clock_timestamp());
    return null;
end $$;
drop trigger if exists withdrawal on notify.person;
create constraint trigger withdrawal after update on notify.person deferrable initially deferred
    for each row when (old.contact_expires_at is not null and new.contact_expires_at is null)
    execute function checker.note_withdrawal();
"""


@dataclass(frozen=True, slots=True)
class Message:
    """One message contact, as outreach, notify and the console have it; None where one knows nothing."""

    contact_id: UUID
    registration_id: UUID
    outreach: str
    notify: str | None
    console: str | None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    key: str
    contact_id: UUID
    state: str
    started_at: datetime
    why: str | None = None  # it is in doubt, or failed


@dataclass(frozen=True, slots=True)
class Effect:
    key: str
    recipient: str
    at: datetime
    answer: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found about one incident. People by the number of their registration."""

    expected: int  # people who were told to the system
    registrations: frozenset[UUID]
    routed: Counter[UUID]
    members: Counter[UUID]  # of the wave's frozen set
    excluded: frozenset[UUID]
    only_called: frozenset[UUID]  # no message was possible
    messages: Sequence[Message]
    attempts: Sequence[Attempt]
    effects: Sequence[Effect]
    consenting: frozenset[UUID]
    addresses: Mapping[UUID, frozenset[str]]
    withdrawals: Mapping[UUID, datetime] = field(default_factory=dict)
    outages: Sequence[datetime] = ()  # when answers could be lost: notify killed, the database away
    requested: frozenset[str] = frozenset()  # keys a provider has seen, with an effect or without
    kills: Sequence[datetime] = ()  # when notify died: between its word that it calls, and its call
    parked: int = 0
    console_people: int | None = None


def violations(found: Evidence) -> list[str]:
    """Every rule that was broken, in a line each; none when all is well."""
    return [line for rule in RULES for line in rule(found)]


def every_registration_in_one_bucket(found: Evidence) -> Iterator[str]:
    if len(found.registrations) != found.expected:
        yield f"{found.expected} people came in, {len(found.registrations)} are registered"
    for person in found.registrations:
        if found.routed[person] != 1:
            yield f"{person} has {found.routed[person]} decided cases in routing"
        if found.members[person] != 1:
            yield f"{person} stands {found.members[person]} times in the wave"
    told = Counter(message.registration_id for message in found.messages)
    for person in found.registrations:
        buckets = told[person] + (person in found.excluded) + (person in found.only_called)
        if buckets != 1:
            yield f"{person} is in {buckets} buckets"
    if found.console_people is not None and found.console_people != found.expected:
        yield f"the console counts {found.console_people} people of {found.expected}"


def every_message_at_one_end(found: Evidence) -> Iterator[str]:
    for message in found.messages:
        seen = {message.outreach, message.console, message.notify or message.outreach}
        if len(seen) != 1:
            yield f"message {message.contact_id}: {message.outreach}, {message.notify}, {message.console}"
        if message.outreach not in FINAL:
            yield f"message {message.contact_id} is {message.outreach}, which is no end"
        if message.notify is None and message.outreach != "withheld":
            yield f"message {message.contact_id} is {message.outreach}, and notify knows nothing of it"


def each_key_has_one_effect_at_most(found: Evidence) -> Iterator[str]:
    known = {attempt.key for attempt in found.attempts}
    for key, times in Counter(effect.key for effect in found.effects).items():
        if times > 1:
            yield f"key {key} took effect {times} times"
        if key not in known:
            yield f"key {key} took effect, and no attempt was written for it"


def each_delivered_message_has_one_effect(found: Evidence) -> Iterator[str]:
    contact_of = {attempt.key: attempt.contact_id for attempt in found.attempts}
    effects = Counter(contact_of[effect.key] for effect in found.effects if effect.key in contact_of)
    for message in found.messages:
        times = effects[message.contact_id]
        if message.notify == "delivered" and times != 1:
            yield f"message {message.contact_id} is delivered with {times} effects"
        if message.notify == "in_doubt" and times > 1:
            yield f"message {message.contact_id} is in doubt with {times} effects"
        if message.outreach == "withheld" and times:
            yield f"message {message.contact_id} is withheld with {times} effects"


def in_doubt_only_where_an_answer_was_lost(found: Evidence) -> Iterator[str]:
    answers = {effect.key: effect.answer for effect in found.effects}
    in_doubt = {m.contact_id: m.channel for m in found.messages if m.notify == "in_doubt"}
    for attempt in found.attempts:
        if attempt.state != "in_doubt" or attempt.contact_id not in in_doubt:
            continue
        cut = any(timedelta() <= at - attempt.started_at < LONGEST_CALL for at in found.outages)
        if not cut and answers.get(attempt.key) not in LOST:
            yield (
                f"message {attempt.contact_id} is in doubt, and no answer was lost:"
                f" {in_doubt[attempt.contact_id]} ({attempt.why}) begun at {attempt.started_at}, answered"
                f" {answers.get(attempt.key)}; out at {', '.join(map(str, found.outages)) or 'no time'}"
            )


def in_doubt_only_where_a_provider_was_asked(found: Evidence) -> Iterator[str]:
    in_doubt = {message.contact_id for message in found.messages if message.notify == "in_doubt"}
    for attempt in found.attempts:
        if attempt.state != "in_doubt" or attempt.contact_id not in in_doubt:
            continue
        killed = any(timedelta() <= at - attempt.started_at < LONGEST_CALL for at in found.kills)
        if attempt.key not in found.requested and not killed:
            yield (
                f"message {attempt.contact_id} is in doubt, and no provider was asked:"
                f" {attempt.why}, begun at {attempt.started_at}"
            )


def nobody_is_contacted_without_consent(found: Evidence) -> Iterator[str]:
    recipients = Counter(effect.recipient for effect in found.effects)
    for person in found.registrations - found.consenting:
        for address in found.addresses.get(person, ()):
            if recipients[address]:
                yield f"{person} never consented, and was contacted"


def nobody_is_contacted_after_a_withdrawal(found: Evidence) -> Iterator[str]:
    by_recipient: dict[str, list[datetime]] = defaultdict(list)
    for effect in found.effects:
        by_recipient[effect.recipient].append(effect.at)
    for person, withdrawn_at in found.withdrawals.items():
        for address in found.addresses.get(person, ()):
            for at in by_recipient[address]:
                if at > withdrawn_at + WITHIN:
                    late = (at - withdrawn_at).total_seconds()
                    yield f"{person} was contacted {late:.1f} s after the withdrawal"


def nothing_is_parked(found: Evidence) -> Iterator[str]:
    if found.parked:
        yield f"{found.parked} messages are parked"


RULES = (
    every_registration_in_one_bucket,
    every_message_at_one_end,
    each_key_has_one_effect_at_most,
    each_delivered_message_has_one_effect,
    in_doubt_only_where_an_answer_was_lost,
    in_doubt_only_where_a_provider_was_asked,
    nobody_is_contacted_without_consent,
    nobody_is_contacted_after_a_withdrawal,
    nothing_is_parked,
)


async def watch(stack: Stack) -> None:
    async with connected(stack) as connection:
        await connection.execute(_WATCH)


async def gather(
    stack: Stack,
    incident: str,
    people: Iterable[Invented],
    since: datetime,
    outages: Sequence[datetime] = (),
    kills: Sequence[datetime] = (),
) -> Evidence:
    """Read everything about one incident with one wave.

    `people`: those who were told to the system. `since`: what is older belongs to an earlier incident.
    """
    incident_id, invented = UUID(incident), {person.cpr: person for person in people}
    identities = await _identities(stack, incident_id)
    async with connected(stack) as connection:

        async def ids(sql: str) -> list[UUID]:
            return [row[0] for row in await connection.fetch(sql, incident_id)]

        messages = await connection.fetch(_MESSAGES, incident_id)
        attempts = await connection.fetch(_ATTEMPTS, incident_id)
        members = await ids(_MEMBERS.format(which="true"))
        return Evidence(
            expected=len(invented),
            registrations=frozenset(identities),
            routed=Counter(await ids(_ROUTED)),
            members=Counter(members),
            excluded=frozenset(await ids(_MEMBERS.format(which="m.excluded is not null"))),
            only_called=frozenset(await ids(_ONLY_CALLED)),
            messages=[Message(*row) for row in messages],
            attempts=[Attempt(*row) for row in attempts],
            effects=_of(
                _effects(stack, since), attempts, [a for p in invented.values() for a in _addresses(p)]
            ),
            consenting=frozenset(i for i, cpr in identities.items() if invented[cpr].consents_to_contact),
            addresses={i: frozenset(_addresses(invented[cpr])) for i, cpr in identities.items()},
            withdrawals=dict(
                await connection.fetch(
                    "select registration_id, min(at) from checker.withdrawal group by registration_id"
                )
            ),
            outages=outages,
            requested=frozenset(str(told["key"]) for told in _requests(stack, since) if "key" in told),
            kills=kills,
            parked=sum(
                [
                    await connection.fetchval(f"select count(*) from {service}.parked where state = 'parked'")
                    for service in SERVICES
                ]
            ),
            console_people=await connection.fetchval(
                "select sum(people) from console.people_count where incident_id = $1", incident_id
            ),
        )


_MESSAGES = """
select o.contact_id, o.registration_id, o.state, n.state, c.state, n.channels[n.position]
from outreach.contact o left join notify.message n using (contact_id)
    left join console.contact c on c.registration_id = o.registration_id and c.contact_id = o.contact_id
where o.incident_id = $1 and o.kind = 'message'
"""
_ATTEMPTS = """
select a.idempotency_key::text, a.contact_id, a.state, a.started_at, a.code
from notify.attempt a join notify.message m using (contact_id) where m.incident_id = $1
"""
_ROUTED = """
select registration_id from routing.home_case c join routing.standing s using (registration_id)
where c.incident_id = $1 and c.state in ('resolved', 'triage')
    and (c.state = 'triage') = (s.status = 'unresolved')
    and (s.status = 'offered') = exists (select from routing.handover h
        join routing.passing_on p using (handover_id)
        where h.registration_id = c.registration_id and h.state = 'offered')
"""
_MEMBERS = """
select m.registration_id from outreach.wave_member m join outreach.wave w using (wave_id, preview)
where w.incident_id = $1 and w.state in ('launching', 'running', 'completed') and {which}
"""
_ONLY_CALLED = """
select registration_id from outreach.contact where incident_id = $1
group by registration_id having count(*) filter (where kind = 'message') = 0
"""


async def _identities(stack: Stack, incident_id: UUID) -> dict[UUID, str]:
    """Open who each registration is: the first number of each."""
    async with connected(stack, KEYRING) as connection:
        wrapped = dict(await connection.fetch("select registration_id, wrapped from data_key"))
    async with connected(stack) as connection:
        rows = await connection.fetch(
            "select id, identity from registration.registration where incident_id = $1 and repeat_of is null",
            incident_id,
        )
    master = MasterKey.from_file(Path(stack.env_for("registration")["FOLGESKAB_MASTER_KEY_FILE"]))
    opened = {i: master.unwrap(i, wrapped[i]).open(IDENTITY, sealed, Identity) for i, sealed in rows}
    return {i: identity.identifiers[0].value for i, identity in opened.items()}


def _requests(stack: Stack, since: datetime) -> Iterator[dict[str, Any]]:
    for simulator in ("digital_post", "sms", "smtp"):
        for line in (stack.home / "journals" / f"{simulator}.jsonl").read_text().splitlines():
            told = json.loads(line)
            if told["kind"] == "request" and datetime.fromisoformat(told["at"]) >= since:
                yield told


def _effects(stack: Stack, since: datetime) -> Iterator[Effect]:
    for told in _requests(stack, since):
        if told["effect"]:
            at = datetime.fromisoformat(told["at"])
            yield Effect(told["key"], told["recipient"], at, str(told["answer"]))


def _of(
    effects: Iterable[Effect], attempts: Sequence[Sequence[object]], addresses: Iterable[str]
) -> list[Effect]:
    """Keep what belongs to the incident: by its key, or by who got it."""
    keys, recipients = {row[0] for row in attempts}, set(addresses)
    return [effect for effect in effects if effect.key in keys or effect.recipient in recipients]


def _addresses(person: Invented) -> Iterator[str]:
    return (hashed(value) for value in (person.cpr, person.phone, person.email) if value)
