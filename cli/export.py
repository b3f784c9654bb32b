"""Collect all data about one citizen, for the citizen (GDPR art. 15), and write it as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cli.erasure_proof import fetch_subject_access
from cli.topic_reader import messages_about
from contracts.events.audit import TOPIC as AUDIT
from kit.runtime.settings import EnvironmentSettings

SELF: Final = "self"
_MIXED_COLUMNS: Final = ("identity", "contact", "note", "circumstances", "why")
_OMITTED_AS_MISTAKEN: Final = "(omitted: written while this person was merged with another person)"
_OMITTED_CPR: Final = "(omitted: another person's number)"


class ExportSettings(EnvironmentSettings):
    broker: str


class AssetSettings(EnvironmentSettings):
    assets_dir: Path = Path(__file__).resolve().parents[1] / "node_modules"


@dataclass(frozen=True, slots=True)
class Export:
    registration_id: str
    made_at: datetime
    made_by: str
    services: dict[str, dict[str, list[dict[str, Any]]]]  # service, table, rows
    log: list[dict[str, Any]]  # the access log: who saw which data, and who received it

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
        return json.dumps(with_readable_names(whole), ensure_ascii=False, indent=1, default=str)


async def collect_export(registration_id: UUID, made_by: str) -> Export:
    answers = fetch_subject_access(registration_id, "export")
    own = answers["registration"]
    owners = [UUID(owner) for owner in own["owners"]]
    log = [
        {"event": message.type.split(".")[1], **message.content}
        async for message in messages_about(ExportSettings().broker, [AUDIT], owners)
    ]
    return Export(
        registration_id=own["registration_id"],
        made_at=datetime.now(UTC),
        made_by=made_by,
        services=omit_mistaken_rows(
            {name: omit_cprs_of_others(answer["tables"]) for name, answer in answers.items()}, own["owners"]
        ),
        log=sorted(log, key=lambda entry: str(entry.get("seen_at") or entry.get("passed_on_at") or "")),
    )


def omit_cprs_of_others(value: Any) -> Any:
    """Omit the CPR numbers of custody holders and guardians: they are other people's data."""
    match value:
        case {"cprs": _, "relation": relation} if relation != SELF:
            return value | {"cprs": _OMITTED_CPR}
        case Mapping():
            return {
                name: _OMITTED_CPR if name == "guardian_cpr" and part else omit_cprs_of_others(part)
                for name, part in value.items()
            }
        case str() | bytes():
            return value
        case Sequence():
            return [omit_cprs_of_others(part) for part in value]
        case _:
            return value


def omit_mistaken_rows(
    services: dict[str, dict[str, list[dict[str, Any]]]], owners: Sequence[str]
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Omit rows written during a merge that was undone: they contain another person's data."""
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
            version.update(dict.fromkeys(_MIXED_COLUMNS, _OMITTED_AS_MISTAKEN))
    for tables in services.values():
        for message in tables.get("outbox", ()):
            message["value"] = _OMITTED_AS_MISTAKEN
    return services


def with_readable_names(value: Any) -> Any:
    """Replace underscores in the names of tables and columns by spaces."""
    match value:
        case Mapping():
            return {str(name).replace("_", " "): with_readable_names(part) for name, part in value.items()}
        case list():
            return [with_readable_names(part) for part in value]
        case _:
            return value


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, from the first byte on."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)
