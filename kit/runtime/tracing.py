"""Traces: all events about one key share one trace, whose id is the key (docs/decisions/0023).

A loop continues the trace of its cause hours later, in another process, and stores nothing for it. A batch is
one span in a trace of its own, linked to its messages. Only a share of the keys has spans: a span per message
costs more than the work itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

_WHOLE: Final = 1 << 32
_SAMPLED: Final = trace.TraceFlags(trace.TraceFlags.SAMPLED)


@dataclass(slots=True)
class _Tracing:
    tracer: trace.Tracer
    below: int = 0  # keys with a checksum below this have spans; ids of one moment share bits


_now = _Tracing(trace.NoOpTracer())
_causes: ContextVar[Mapping[str, trace.SpanContext]] = ContextVar("causes", default={})  # noqa: B039 - never changed


def configure(
    service: str, endpoint: str | None, share: float = 0.0, processor: SpanProcessor | None = None
) -> None:
    """Set up tracing. `endpoint`: OTLP/HTTP URL; None exports nothing. `share` of keys with spans, 0 to 1."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    if endpoint:
        processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=10))
    if processor is not None:
        provider.add_span_processor(processor)
    _now.tracer = provider.get_tracer("folgeskab")
    _now.below = int(share * _WHOLE) if processor is not None else 0


@contextmanager
def span(name: str, links: Iterable[str] = (), **attributes: str | int) -> Iterator[None]:
    """Trace one batch. `links`: traceparents of the messages in it."""
    contexts = [trace.Link(context) for text in links if (context := _read(text)) is not None]
    with _now.tracer.start_as_current_span(name, links=contexts, attributes=attributes):
        yield


@contextmanager
def handling(service: str, messages: Iterable[tuple[str, str, str | None]]) -> Iterator[None]:
    """Trace the messages that are handled inside. `messages`: key, type and traceparent of each."""
    spans: dict[str, trace.Span] = {}
    for key, kind, traceparent in messages if _now.below else ():
        cause = _read(traceparent) if traceparent else None
        if cause is not None and cause.trace_flags.sampled and key not in spans:
            spans[key] = _begin(f"{service} handles {_short(kind)}", cause)
    token = _causes.set({key: each.get_span_context() for key, each in spans.items()})
    try:
        yield
    finally:
        _causes.reset(token)
        for each in spans.values():
            each.end()


def event(key: str, kind: str) -> str:
    """Return the traceparent of an event about a key (a UUID). Its cause is the handled message."""
    digits = key.replace("-", "")
    if crc32(digits.encode()) >= _now.below:
        return f"00-{digits}-{digits[16:]}-00"
    cause = _causes.get().get(key) or trace.SpanContext(
        int(digits, 16), int(digits[16:], 16), is_remote=True, trace_flags=_SAMPLED
    )
    published = _begin(_short(kind), cause)
    published.end()
    return _text(published.get_span_context())


def _begin(name: str, cause: trace.SpanContext) -> trace.Span:
    """Begin a span in the trace of its cause, linked to the current batch or round."""
    around = trace.get_current_span().get_span_context()
    links = [trace.Link(around)] if around.is_valid else []
    return _now.tracer.start_span(
        name, context=trace.set_span_in_context(trace.NonRecordingSpan(cause)), links=links
    )


def _short(kind: str) -> str:
    """Return the short name of an event type: folgeskab.Created.v1 as Created."""
    parts = kind.split(".")
    return parts[1] if len(parts) > 1 else kind


def _text(context: trace.SpanContext) -> str:
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def _read(traceparent: str) -> trace.SpanContext | None:
    parts = traceparent.split("-")
    try:
        _, trace_id, span_id, flags = parts
        context = trace.SpanContext(
            int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=trace.TraceFlags(int(flags, 16))
        )
    except ValueError:
        return None
    return context if context.is_valid else None
