"""All events about one key share one trace, in batches and in loops; a share of the keys has spans."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from kit.runtime import tracing
from kit.runtime.ids import new_id

KEY = str(new_id())
REGISTERED = "folgeskab.PersonRegistered.v1"
RESOLVED = "folgeskab.HomeAuthorityResolved.v1"


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    """Everything is exported, to here."""
    exporter = InMemorySpanExporter()
    tracing.configure("test", None, 1.0, SimpleSpanProcessor(exporter))
    yield exporter
    tracing.configure("test", None)


def trace_id(traceparent: str) -> int:
    return int(traceparent.split("-")[1], 16)


def span_id(traceparent: str) -> int:
    return int(traceparent.split("-")[2], 16)


def test_an_event_has_the_trace_of_its_key_also_where_nothing_is_exported() -> None:
    tracing.configure("test", "", 0.0)

    first, second = tracing.event(KEY, REGISTERED), tracing.event(KEY, RESOLVED)

    assert trace_id(first) == trace_id(second) == UUID(KEY).int
    assert first.endswith("-00")


def test_an_event_of_a_handler_is_a_child_of_the_handled_message(exported: InMemorySpanExporter) -> None:
    registered = tracing.event(KEY, REGISTERED)

    with (
        tracing.span("routing batch", [registered]),
        tracing.handling("routing", [(KEY, REGISTERED, registered)]),
    ):
        resolved = tracing.event(KEY, RESOLVED)

    spans = {span.name: span for span in exported.get_finished_spans()}
    handled, said, batch = (
        spans[n] for n in ("routing handles PersonRegistered", "HomeAuthorityResolved", "routing batch")
    )
    assert handled.parent is not None
    assert said.parent is not None
    assert handled.parent.span_id == span_id(registered)
    assert said.parent.span_id == handled.context.span_id
    assert span_id(resolved) == said.context.span_id
    assert trace_id(resolved) == handled.context.trace_id == UUID(KEY).int
    assert [link.context.span_id for link in said.links] == [batch.context.span_id]


def test_an_event_of_a_later_loop_is_in_the_same_trace(exported: InMemorySpanExporter) -> None:
    registered = tracing.event(KEY, REGISTERED)
    with tracing.handling("routing", [(KEY, REGISTERED, registered)]):
        pass

    said = tracing.event(KEY, RESOLVED)  # in a loop: nothing is handled

    assert trace_id(said) == trace_id(registered)
    assert {span.context.trace_id for span in exported.get_finished_spans()} == {UUID(KEY).int}


def test_a_consumer_that_publishes_nothing_appears_in_the_trace(exported: InMemorySpanExporter) -> None:
    registered = tracing.event(KEY, REGISTERED)

    with tracing.handling("console", [(KEY, REGISTERED, registered)]):
        pass

    assert exported.get_finished_spans()[-1].name == "console handles PersonRegistered"


def test_every_service_takes_the_same_share_of_the_keys() -> None:
    exporter = InMemorySpanExporter()
    keys = [str(new_id()) for _ in range(2000)]
    tracing.configure("one", None, 0.5, SimpleSpanProcessor(exporter))
    first = [tracing.event(key, REGISTERED)[-2:] for key in keys]
    tracing.configure("two", None, 0.5, SimpleSpanProcessor(exporter))
    second = [tracing.event(key, RESOLVED)[-2:] for key in keys]
    tracing.configure("test", None)

    assert first == second
    assert 800 < first.count("01") < 1200


@pytest.mark.parametrize(
    "traceparent", ["", "00-x-y-01", "nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"]
)
def test_an_invalid_traceparent_is_ignored(exported: InMemorySpanExporter, traceparent: str) -> None:
    with tracing.handling("routing", [(KEY, REGISTERED, traceparent)]):
        tracing.event(KEY, RESOLVED)

    assert [span.name for span in exported.get_finished_spans()] == ["HomeAuthorityResolved"]
