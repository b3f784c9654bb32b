"""Everything held about one citizen, for the citizen (GDPR art. 15): to read, and with every row."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cli.erasure_proof import held_by_all
from cli.topic_reader import messages_about
from contracts.events.audit import TOPIC as AUDIT
from kit.runtime.settings import EnvironmentSettings

SELF: Final = "self"
_MIXED: Final = ("identity", "contact", "note", "circumstances", "why")
_MISTAKEN: Final = "(left out: another person was taken for this one)"
_ANOTHERS: Final = "(another person's number: left out)"


class ExportSettings(EnvironmentSettings):
    broker: str


class Assets(EnvironmentSettings):
    assets_dir: Path = Path(__file__).resolve().parents[1] / "node_modules"


@dataclass(frozen=True, slots=True)
class Export:
    registration_id: str
    made_at: datetime
    made_by: str
    services: dict[str, dict[str, list[dict[str, Any]]]]  # service, table, rows
    log: list[dict[str, Any]]  # the access log: who saw what, to whom it was passed on

    def rows(self, service: str, table: str) -> list[dict[str, Any]]:
        return self.services[service].get(table, [])

    def as_json(self) -> str:
        whole = {
            "registration_id": self.registration_id,
            "made_at": self.made_at,
            "made_by": self.made_by,
            "access_log": self.log,
            "held_by": self.services,
        }
        return json.dumps(in_words(whole), ensure_ascii=False, indent=1, default=str)


async def gather(registration_id: UUID, made_by: str) -> Export:
    answers = held_by_all(registration_id, "export")
    own = answers["registration"]
    owners = [UUID(one) for one in own["owners"]]
    log = [
        {"event": message.type.split(".")[1], **message.content}
        async for message in messages_about(ExportSettings().broker, [AUDIT], owners)
    ]
    return Export(
        registration_id=own["registration_id"],
        made_at=datetime.now(UTC),
        made_by=made_by,
        services=without_mistaken(
            {name: without_others(answer["tables"]) for name, answer in answers.items()}, own["owners"]
        ),
        log=sorted(log, key=lambda entry: str(entry.get("seen_at") or entry.get("passed_on_at") or "")),
    )


def without_others(value: Any) -> Any:
    """Leave out the numbers of custody holders and guardians: they are theirs, not the citizen's."""
    match value:
        case {"cprs": _, "relation": relation} if relation != SELF:
            return value | {"cprs": _ANOTHERS}
        case Mapping():
            return {
                name: _ANOTHERS if name == "guardian_cpr" and part else without_others(part)
                for name, part in value.items()
            }
        case str() | bytes():
            return value
        case Sequence():
            return [without_others(part) for part in value]
        case _:
            return value


def without_mistaken(
    services: dict[str, dict[str, list[dict[str, Any]]]], owners: Sequence[str]
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Leave out what was written while somebody else was taken for the citizen: it holds what is theirs."""
    spans = [
        (datetime.fromisoformat(merge["merged_at"]), datetime.fromisoformat(merge["undone_at"]))
        for merge in services["registration"].get("merge", ())
        if merge["undone_at"] and merge["into_id"] in owners
    ]
    if not spans:
        return services
    for version in services["registration"].get("person_version", ()):
        replaced = datetime.fromisoformat(version["replaced_at"])
        if any(merged < replaced <= undone for merged, undone in spans):
            version.update(dict.fromkeys(_MIXED, _MISTAKEN))
    for tables in services.values():
        for message in tables.get("outbox", ()):
            message["value"] = _MISTAKEN
    return services


def in_words(value: Any) -> Any:
    """Write the names of tables and columns as words."""
    match value:
        case Mapping():
            return {str(name).replace("_", " "): in_words(part) for name, part in value.items()}
        case list():
            return [in_words(part) for part in value]
        case _:
            return value


def write_private(path: Path, content: bytes) -> None:
    """Write a file that nobody else may read, from its first byte on."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)
