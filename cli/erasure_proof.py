"""Proof of erasure: search every service, the keyring and every topic for data that still decrypts.

List the records of other people that mention the person: those records stay.
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
from cli.output import exit_with_error
from cli.runtime import ServiceName
from cli.topic_reader import TopicMessage, messages_about
from contracts.events.audit import TOPIC as AUDIT
from contracts.events.personal import CIRCUMSTANCES, CONTACT, IDENTITY, NOTE, RECIPIENT
from contracts.wire.catalogue import TOPICS
from kit.database.database import Database
from kit.database.provision import KEYRING
from kit.privacy.keyring import Keyring, MasterKey
from kit.privacy.sealing import DataKey
from kit.privacy.subject_access import Opener, SubjectData
from kit.runtime.settings import EnvironmentSettings

OTHER_SERVICES: Final = ("routing", "outreach", "notify")
INDEX_TABLES: Final = {
    "blind_index": "blind index, used for search",
    "identity_claim": "identity claims, used for matching",
}
_RELATION_WORDS: Final = {
    "child": "child",
    "guardian": "guardian",
    "family": "relative",
    "came_with": "company",
}
_SPAN_COLUMNS: Final = ("merged_at", "undone_at")
_LONGEST_RETENTION_DAYS: Final = max(topic.retention_days for topic in TOPICS if topic.name != AUDIT)
_PROPAGATION_TIME: Final = timedelta(seconds=10)  # services that had not heard of the parting yet
FIELD_SETS: Final = (CONTACT, IDENTITY, RECIPIENT, NOTE, CIRCUMSTANCES)


class ProofSettings(EnvironmentSettings):
    """Addresses of the keys and the messages. One of the two database addresses is enough."""

    broker: str
    master_key_file: Path
    keyring_url: str | None = None
    admin_database_url: str | None = None

    def keyring(self) -> str:
        if self.keyring_url:
            return self.keyring_url
        if self.admin_database_url:
            return urlunsplit(urlsplit(self.admin_database_url)._replace(path=f"/{KEYRING}"))
        return exit_with_error("The keyring's address is missing. Set FOLGESKAB_KEYRING_URL.")


@dataclass(frozen=True, slots=True)
class SearchedPlace:
    """A searched place: `found` encrypted values, of which `opens` decrypt. None may after erasure."""

    name: str
    found: int
    opens: int


def fetch_subject_access(registration_id: UUID, purpose: str) -> dict[str, dict[str, Any]]:
    """Return each service's answer to subject access for a person and their other registrations."""
    own = call(
        "registration", "GET", f"/registrations/{registration_id}/subject-data", params={"purpose": purpose}
    )
    first, *repeats = _registration_ids(own)
    asked = {"purpose": purpose, "also": repeats}
    return {"registration": own} | {
        service: call(service, "GET", f"/registrations/{first}/subject-data", params=asked)
        for service in OTHER_SERVICES
    }


def _registration_ids(own: dict[str, Any]) -> list[str]:
    first = own["registration_id"]
    return [first, *(owner for owner in own["owners"] if owner != first)]


def places_in_services(answers: dict[str, dict[str, Any]]) -> list[SearchedPlace]:
    places = [
        SearchedPlace(service, answer["sealed"], answer["opens"]) for service, answer in answers.items()
    ]
    tables = answers["registration"]["tables"]
    for table, name in INDEX_TABLES.items():
        rows = len(tables.get(table, ()))
        places.append(SearchedPlace(name, rows, rows))
    return places


@dataclass(frozen=True, slots=True)
class MistakenMerge:
    """A merge that was undone. Messages of the other person may contain this person's data."""

    other: UUID
    since: datetime
    until: datetime

    def covers(self, message: TopicMessage) -> bool:
        return (
            message.key == self.other
            and self.since - _PROPAGATION_TIME <= message.at <= self.until + _PROPAGATION_TIME
        )


@dataclass(frozen=True, slots=True)
class RemainingRecord:
    """A record of another person. It stays, since it is about that person."""

    registration_id: str
    mentions: tuple[str, ...]  # parts of the record that mention the erased person
    is_their: tuple[str, ...]  # relation of the other person to the erased person

    @property
    def why(self) -> str:
        said = [f"mentions them in: {', '.join(self.mentions)}"] if self.mentions else []
        said += [f"was registered as their {word}" for word in self.is_their]
        return "; ".join(said)


def remaining_records(answer: dict[str, Any]) -> list[RemainingRecord]:
    """Return the records of other people from registration's answer."""
    mentions = {mention["registration_id"]: tuple(mention["places"]) for mention in answer["mentions"]}
    linked: dict[str, list[str]] = {}
    for link in answer["linked"]:
        linked.setdefault(link["registration_id"], []).append(_RELATION_WORDS[link["is_their"]])
    return [
        RemainingRecord(
            registration_id, mentions.get(registration_id, ()), tuple(linked.get(registration_id, ()))
        )
        for registration_id in sorted(mentions.keys() | linked.keys())
    ]


def search_record(registration_id: str, sought: str) -> list[SearchedPlace]:
    """Decrypt the data of another person in every service and search it for a name or number."""
    wanted = _search_words(sought)
    answers = fetch_subject_access(UUID(registration_id), "proof")
    return [
        SearchedPlace(f"{service}: {table}", len(rows), found)
        for service, answer in answers.items()
        for table, rows in answer["tables"].items()
        if (found := sum(_contains(row, wanted) for row in rows))
    ]


def _contains(value: Any, wanted: frozenset[str]) -> bool:
    match value:
        case dict():
            return any(_contains(part, wanted) for part in value.values())
        case list():
            return any(_contains(part, wanted) for part in value)
        case str():
            return wanted <= _search_words(value) or (
                len(wanted) == 1 and next(iter(wanted)) in _without_separators(value)
            )
    return False


def _search_words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))


def _without_separators(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())


def mistaken_merges(own: dict[str, Any]) -> list[MistakenMerge]:
    return [
        MistakenMerge(
            UUID(merge["into_id"]), *(datetime.fromisoformat(merge[name]) for name in _SPAN_COLUMNS)
        )
        for merge in own["tables"].get("merge", ())
        if merge["undone_at"] and merge["away"] in own["owners"] and merge["into_id"] not in own["owners"]
    ]


async def search_mistaken_messages(
    settings: ProofSettings, found: Sequence[MistakenMerge]
) -> list[SearchedPlace]:
    """Search the messages that were encrypted with another person's key during an undone merge."""
    others = {merge.other for merge in found}
    if not others:
        return []
    async with _open_keyring(settings) as keyring:
        keys = await keyring.read(others)
    found_data = SubjectData()
    async for message in messages_about(settings.broker, [topic.name for topic in TOPICS], list(others)):
        if any(merge.covers(message) for merge in found):
            Opener(keys.values(), found_data).value(message.content, FIELD_SETS)
    return [
        SearchedPlace(
            f"messages of people they were merged with (deleted after {_LONGEST_RETENTION_DAYS} days)",
            found_data.sealed,
            found_data.opens,
        )
    ]


async def search_keyring_and_topics(settings: ProofSettings, owners: Sequence[UUID]) -> list[SearchedPlace]:
    async with _open_keyring(settings) as keyring:
        keys = await keyring.read(owners)
    parked = [_search_parked(service, owners, keys) for service in ServiceName]
    found = {topic.name: SubjectData() for topic in TOPICS}
    async for message in messages_about(settings.broker, list(found), owners):
        Opener(keys.values(), found[message.topic]).value(message.content, FIELD_SETS)
    in_topics = [
        SearchedPlace(f"topic {topic}", found_data.sealed, found_data.opens)
        for topic, found_data in found.items()
    ]
    return [SearchedPlace("keyring: keys", len(keys), len(keys)), *parked, *in_topics]


def _search_parked(service: str, owners: Sequence[UUID], keys: Mapping[UUID, DataKey]) -> SearchedPlace:
    """Search a service's parked messages. They are kept longer than the topics."""
    found = SubjectData()
    for owner in owners:
        answer = call(service, "GET", f"/operations/parked/about/{owner}")
        Opener(keys.values(), found).value(answer["sealed"], FIELD_SETS)
    return SearchedPlace(f"parked in {service}", found.sealed, found.opens)


@asynccontextmanager
async def _open_keyring(settings: ProofSettings) -> AsyncIterator[Keyring]:
    keyring = Keyring(
        Database(settings.keyring(), name="folgeskab-proof", pool_size=1),
        MasterKey.from_file(settings.master_key_file),
    )
    try:
        yield keyring
    finally:
        await keyring.close()
