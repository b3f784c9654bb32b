"""What of a person still opens: asked of every service and of the keyring, and read from every topic.

And which records of other people speak of them: those stay.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from cli.http_client import call
from cli.output import refuse
from cli.runtime import ServiceName
from cli.topic_reader import Message, messages_about
from contracts.events.audit import TOPIC as AUDIT
from contracts.events.personal import CIRCUMSTANCES, CONTACT, IDENTITY, NOTE, RECIPIENT
from contracts.wire.catalogue import TOPICS
from kit.database.database import Database
from kit.database.provision import KEYRING
from kit.privacy.keyring import Keyring, MasterKey
from kit.privacy.sealing import DataKey
from kit.privacy.subject_access import Opener, SubjectData
from kit.runtime.settings import EnvironmentSettings

OTHERS: Final = ("routing", "outreach", "notify")  # beside registration, which knows a person's repeats
INDEXES: Final = {
    "blind_index": "blind index, which finds a person",
    "identity_claim": "identity claims, which compare people",
}
_IS_THEIR: Final = {
    "child": "child",
    "guardian": "guardian",
    "family": "relative",
    "came_with": "company",
}
_SPAN: Final = ("merged_at", "undone_at")
_KEPT: Final = max(topic.retention_days for topic in TOPICS if topic.name != AUDIT)
_A_MOMENT: Final = timedelta(seconds=10)  # services that had not heard of the parting yet
FIELD_SETS: Final = (CONTACT, IDENTITY, RECIPIENT, NOTE, CIRCUMSTANCES)


class ProofSettings(EnvironmentSettings):
    """Where the keys and the messages lie. Of the keyring only one of the two addresses is needed."""

    broker: str
    master_key_file: Path
    keyring_url: str | None = None
    admin_database_url: str | None = None

    def keyring(self) -> str:
        if self.keyring_url:
            return self.keyring_url
        if self.admin_database_url:
            return urlunsplit(urlsplit(self.admin_database_url)._replace(path=f"/{KEYRING}"))
        return refuse("Set FOLGESKAB_KEYRING_URL: without the keyring nothing is proved.")


@dataclass(frozen=True, slots=True)
class Place:
    """One place that was searched: values that must be none when a person is forgotten."""

    name: str
    found: int
    opens: int


def held_by_all(registration_id: UUID, purpose: str) -> dict[str, dict[str, Any]]:
    """Ask every service what it holds about a person and their repeats."""
    own = call("registration", "GET", f"/registrations/{registration_id}/held", params={"purpose": purpose})
    first, *repeats = _survivor_first(own)
    asked = {"purpose": purpose, "also": repeats}
    return {"registration": own} | {
        service: call(service, "GET", f"/registrations/{first}/held", params=asked) for service in OTHERS
    }


def _survivor_first(own: dict[str, Any]) -> list[str]:
    first = own["registration_id"]
    return [first, *(one for one in own["owners"] if one != first)]


def in_services(answers: dict[str, dict[str, Any]]) -> list[Place]:
    places = [Place(service, answer["sealed"], answer["opens"]) for service, answer in answers.items()]
    tables = answers["registration"]["tables"]
    for table, name in INDEXES.items():
        rows = len(tables.get(table, ()))
        places.append(Place(name, rows, rows))
    return places


@dataclass(frozen=True, slots=True)
class Mistake:
    """When the person was taken for somebody else, whose messages of that time may hold what is theirs."""

    other: UUID
    since: datetime
    until: datetime

    def holds(self, message: Message) -> bool:
        return message.key == self.other and self.since - _A_MOMENT <= message.at <= self.until + _A_MOMENT


@dataclass(frozen=True, slots=True)
class Remaining:
    """A record of another person that stays, since it is about them."""

    registration_id: str
    mentions: tuple[str, ...]  # parts of it that mention the forgotten
    is_their: tuple[str, ...]  # what this person is to the forgotten

    @property
    def why(self) -> str:
        said = [f"mentions them in: {', '.join(self.mentions)}"] if self.mentions else []
        said += [f"was registered as their {word}" for word in self.is_their]
        return "; ".join(said)


def remaining(told: dict[str, Any]) -> list[Remaining]:
    """Read what registration answers about other people's records."""
    mentions = {one["registration_id"]: tuple(one["places"]) for one in told["mentions"]}
    linked: dict[str, list[str]] = {}
    for one in told["linked"]:
        linked.setdefault(one["registration_id"], []).append(_IS_THEIR[one["is_their"]])
    return [
        Remaining(one, mentions.get(one, ()), tuple(linked.get(one, ())))
        for one in sorted(mentions.keys() | linked.keys())
    ]


def mentioning(registration_id: str, sought: str) -> list[Place]:
    """Search all that the services hold about another person for a name or number; it is opened for this."""
    wanted = _signs(sought)
    answers = held_by_all(UUID(registration_id), "proof")
    return [
        Place(f"{service}: {table}", len(rows), found)
        for service, answer in answers.items()
        for table, rows in answer["tables"].items()
        if (found := sum(_holds(row, wanted) for row in rows))
    ]


def _holds(value: Any, wanted: frozenset[str]) -> bool:
    match value:
        case dict():
            return any(_holds(part, wanted) for part in value.values())
        case list():
            return any(_holds(part, wanted) for part in value)
        case str():
            return wanted <= _signs(value) or (len(wanted) == 1 and next(iter(wanted)) in _joined(value))
    return False


def _signs(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))


def _joined(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())


def mistakes(own: dict[str, Any]) -> list[Mistake]:
    return [
        Mistake(UUID(one["into_id"]), *(datetime.fromisoformat(one[name]) for name in _SPAN))
        for one in own["tables"].get("merge", ())
        if one["undone_at"] and one["away"] in own["owners"] and one["into_id"] not in own["owners"]
    ]


async def in_messages_of_mistakes(settings: ProofSettings, found: Sequence[Mistake]) -> list[Place]:
    """Look into what was told of others while the person was taken for them, under their keys."""
    others = {one.other for one in found}
    if not others:
        return []
    async with _opened(settings) as keyring:
        keys = await keyring.read(others)
    held = SubjectData()
    async for message in messages_about(settings.broker, [topic.name for topic in TOPICS], list(others)):
        if any(one.holds(message) for one in found):
            Opener(keys.values(), held).value(message.content, FIELD_SETS)
    return [Place(f"messages of whom they were taken for (gone in {_KEPT} days)", held.sealed, held.opens)]


async def in_keyring_and_topics(settings: ProofSettings, owners: Sequence[UUID]) -> list[Place]:
    async with _opened(settings) as keyring:
        keys = await keyring.read(owners)
    parked = [_in_parking(service, owners, keys) for service in ServiceName]
    found = {topic.name: SubjectData() for topic in TOPICS}
    async for message in messages_about(settings.broker, list(found), owners):
        Opener(keys.values(), found[message.topic]).value(message.content, FIELD_SETS)
    in_topics = [Place(f"topic {topic}", held.sealed, held.opens) for topic, held in found.items()]
    return [Place("keyring: keys", len(keys), len(keys)), *parked, *in_topics]


def _in_parking(service: str, owners: Sequence[UUID], keys: Mapping[UUID, DataKey]) -> Place:
    """Look into the messages a service could not handle: they lie there longer than in the topics."""
    found = SubjectData()
    for owner in owners:
        told = call(service, "GET", f"/operations/parked/about/{owner}")
        Opener(keys.values(), found).value(told["sealed"], FIELD_SETS)
    return Place(f"parked in {service}", found.sealed, found.opens)


@asynccontextmanager
async def _opened(settings: ProofSettings) -> AsyncIterator[Keyring]:
    keyring = Keyring(
        Database(settings.keyring(), name="folgeskab-proof", pool_size=1),
        MasterKey.from_file(settings.master_key_file),
    )
    try:
        yield keyring
    finally:
        await keyring.close()
