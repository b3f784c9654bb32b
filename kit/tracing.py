"""Traces, a span per batch and never per message. Without an exporter the spans cost next to nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

_tracer = trace.get_tracer("folgeskab")


def configure(service: str, endpoint: str | None) -> None:
    """`endpoint`: an OTLP/HTTP traces URL; None keeps trace ids flowing and exports nothing."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    if endpoint:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=10)))
    trace.set_tracer_provider(provider)


@contextmanager
def span(name: str, links: Iterator[str] | tuple[str, ...] = (), **attributes: str | int) -> Iterator[None]:
    """Trace one batch. `links`: traceparents of the messages in it."""
    contexts = [trace.Link(context) for text in links if (context := _read(text)) is not None]
    with _tracer.start_as_current_span(name, links=contexts, attributes=attributes):
        yield


def current() -> str | None:
    """Give the W3C traceparent of the span we are in, if any."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
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
