"""Golden schemas and examples of the released events. `python -m contracts.testing.golden` writes them.

It also writes docs/asyncapi and docs/architecture.svg. It refuses an incompatible change: a released event
may gain only optional fields. For any other change, add a new version of the event.
"""

import json
import sys
from pathlib import Path
from typing import Any

from contracts.testing.architecture_picture import picture
from contracts.testing.example_messages import EXAMPLES
from contracts.wire.asyncapi import document
from contracts.wire.catalogue import EVENTS, TOPICS
from contracts.wire.event import Event

HERE = Path(__file__).resolve().parents[1]
SCHEMAS = HERE / "schemas"
ASYNCAPI = HERE.parent / "docs" / "asyncapi"
PICTURE = HERE.parent / "docs" / "architecture.svg"
MEND = "python -m contracts.testing.golden"


def schema_of(event: type[Event]) -> dict[str, Any]:
    return event.model_json_schema(mode="serialization")


def path_of(event: type[Event]) -> Path:
    return SCHEMAS / f"{event.type()}.json"


def example_path(event: type[Event]) -> Path:
    return HERE / "examples" / f"{event.type()}.json"


def incompatibilities(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return the changes that break a consumer or a message of the old schema."""
    found = [f"the field {name} is gone" for name in old["properties"].keys() - new["properties"].keys()]
    for name, was in old["properties"].items():
        now = new["properties"].get(name)
        if now is not None and _meaning(was) != _meaning(now):
            found.append(f"the field {name} has changed its type")
    found += [
        f"the new field {name} is not optional"
        for name in new["properties"].keys() - old["properties"].keys()
        if name in _needed(new)
    ]
    for name, was in old.get("$defs", {}).items():
        now = new.get("$defs", {}).get(name)
        if now is not None and "properties" in was:
            found += [f"{name}: {problem}" for problem in incompatibilities(was, now)]
    return found


def _needed(schema: dict[str, Any]) -> set[str]:
    return {name for name in schema.get("required", ()) if "default" not in schema["properties"][name]}


def _meaning(field: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in field.items() if key not in {"title", "description", "default"}}


def write() -> list[str]:
    """Write every golden file. On incompatible changes, write nothing and return them."""
    problems = [
        f"{event.type()}: {problem}"
        for event in EVENTS.values()
        if path_of(event).exists()
        for problem in incompatibilities(json.loads(path_of(event).read_text()), schema_of(event))
    ]
    if problems:
        return problems
    for event in EVENTS.values():
        path_of(event).write_text(_text(schema_of(event)))
    for example in EXAMPLES:
        example_path(type(example)).write_text(_text(json.loads(example.model_dump_json())))
    for service, made in asyncapi().items():
        (ASYNCAPI / f"{service}.json").write_text(_text(made))
    PICTURE.write_text(picture())
    return []


def asyncapi() -> dict[str, dict[str, Any]]:
    """Return the AsyncAPI document of each service."""
    services = {name for topic in TOPICS[:-1] for name in (topic.publisher, *topic.consumers)}
    return {service: document(service) for service in sorted(services)}


def _text(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    if refused := write():
        sys.exit("A released event may gain only optional fields. Refused:\n  " + "\n  ".join(refused))
