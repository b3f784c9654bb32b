"""Released events stay readable both ways."""

import json
from typing import Any

import jsonschema
import pytest

from contracts.testing import golden
from contracts.testing.architecture_picture import picture
from contracts.testing.example_messages import EXAMPLES
from contracts.wire.asyncapi import document
from contracts.wire.catalogue import EVENTS, TOPICS
from contracts.wire.event import Event

EVERY = pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.__name__)


def released(event: type[Event]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(golden.path_of(event).read_text())
    return content


@EVERY
def test_the_schema_is_the_released_one(event: type[Event]) -> None:
    assert released(event) == golden.schema_of(event), f"mend with: {golden.MEND}"


@EVERY
def test_a_released_message_is_read_by_todays_class(event: type[Event]) -> None:
    text = golden.example_path(event).read_text()

    read = event.model_validate_json(text)

    assert json.loads(read.model_dump_json()) == json.loads(text)


@EVERY
def test_a_message_of_today_fits_the_released_schema(event: type[Event]) -> None:
    example = next(example for example in EXAMPLES if type(example) is event)

    jsonschema.validate(json.loads(example.model_dump_json()), released(event))


@EVERY
def test_a_reader_ignores_a_field_it_does_not_know(event: type[Event]) -> None:
    message = json.loads(golden.example_path(event).read_text()) | {"added_next_year": [1, 2]}

    event.model_validate(message)


def test_removing_a_field_is_refused() -> None:
    old = released(EVENTS["folgeskab.PersonRegistered.v1"])
    new = json.loads(json.dumps(old))
    del new["properties"]["language"]

    assert golden.incompatibilities(old, new) == ["the field language is gone"]


def test_a_new_field_that_is_not_optional_is_refused() -> None:
    old = released(EVENTS["folgeskab.PersonRegistered.v1"])
    new = json.loads(json.dumps(old))
    new["properties"]["shoe_size"] = {"type": "integer"}
    new["required"] = [*new["required"], "shoe_size"]

    assert golden.incompatibilities(old, new) == ["the new field shoe_size is not optional"]


def test_every_event_has_a_topic_of_the_catalogue() -> None:
    assert {event.topic for event in EVENTS.values()} == {topic.name for topic in TOPICS}


@pytest.mark.parametrize("service", ["registration", "routing", "outreach", "notify", "console"])
def test_the_asyncapi_document_names_every_message_of_the_service(service: str) -> None:
    made = document(service)

    assert made["asyncapi"] == "3.0.0"
    for channel in made["channels"].values():
        for name in channel["messages"]:
            assert name in made["components"]["messages"]
            assert name in made["components"]["schemas"]


def test_the_written_asyncapi_documents_are_todays() -> None:
    for service, made in golden.asyncapi().items():
        written = json.loads((golden.ASYNCAPI / f"{service}.json").read_text())
        assert written == json.loads(json.dumps(made)), f"mend with: {golden.MEND}"


def test_the_architecture_picture_is_todays() -> None:
    assert golden.PICTURE.read_text() == picture(), f"mend with: {golden.MEND}"


def test_the_architecture_picture_draws_every_topic_and_service() -> None:
    drawn = picture()

    names = {name for topic in TOPICS for name in (topic.name, *topic.consumers)}
    assert [name for name in names if f">{name}<" not in drawn] == []
