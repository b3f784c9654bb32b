"""The AsyncAPI 3.0 document of a service, generated from the catalogue of topics and events."""

from typing import Any

from pydantic.json_schema import models_json_schema

from contracts.wire.catalogue import EVENTS, TOPICS, Topic
from contracts.wire.event import Event

_REF = "#/components/schemas/{model}"


def document(service: str) -> dict[str, Any]:
    topics = [topic for topic in TOPICS if service == topic.publisher or service in topic.consumers]
    events = [event for topic in topics for event in _on(topic)]
    _, schemas = models_json_schema([(event, "serialization") for event in events], ref_template=_REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"Følgeskab: {service}",
            "version": "1",
            "description": "CloudEvents 1.0 in Kafka's binary content mode.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": {
            f"{_action(topic, service)} {topic.name}": _operation(topic, service) for topic in topics
        },
        "components": {
            "messages": {e.__name__: _message(e) for e in events},
            "schemas": schemas.get("$defs", {}),
        },
    }


def _on(topic: Topic) -> list[type[Event]]:
    return [event for event in EVENTS.values() if event.topic == topic.name]


def _action(topic: Topic, service: str) -> str:
    return "send" if topic.publisher == service else "receive"


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": f"Published by {topic.publisher}; read by {', '.join(topic.consumers)}; "
        f"{topic.partitions} partitions, kept {topic.retention_days} days.",
        "messages": {e.__name__: {"$ref": f"#/components/messages/{e.__name__}"} for e in _on(topic)},
    }


def _operation(topic: Topic, service: str) -> dict[str, Any]:
    return {"action": _action(topic, service), "channel": {"$ref": f"#/channels/{topic.name}"}}


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.type(),
        "title": event.__name__,
        "summary": (event.__doc__ or "").strip().splitlines()[0] if event.__doc__ else event.__name__,
        "payload": {"$ref": _REF.format(model=event.__name__)},
    }
