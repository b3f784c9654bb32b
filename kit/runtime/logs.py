"""Structured logs: one JSON object a line on standard error. Fields never hold personal data."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")  # set by kit/http/edge.py
_QUOTES_ERRORS = ("faststream",)  # loggers whose messages quote exceptions


class _JsonLines(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": _message(record),
            **getattr(record, "fields", {}),
        }
        if request_id := REQUEST_ID.get():
            line["request_id"] = request_id
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["where"] = _where(record)
        return json.dumps(line, ensure_ascii=False, default=str)


def _message(record: logging.LogRecord) -> str:
    """Return the message without the text of an exception, which may quote a row."""
    if record.exc_info and record.name.startswith(_QUOTES_ERRORS):
        return "an error in a library"
    return record.getMessage()


def _where(record: logging.LogRecord) -> list[str]:
    """Return the places of a traceback without the exception's text, which may quote a row."""
    trace = record.exc_info[2] if record.exc_info else None
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-12:]


def configure(service: str, level: str = "INFO") -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for other in logging.Logger.manager.loggerDict.values():  # FastStream and others set their own format
        if isinstance(other, logging.Logger):
            other.handlers.clear()
            other.propagate = True
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    for noisy in ("httpx", "httpcore", "uvicorn.access", "aiokafka", "faststream", "alembic.runtime.plugins"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log the error that ended the process in one line, without its text."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("process").critical("ended by an error", exc_info=(kind, error, trace))


def log_event(log: logging.Logger, message: str, **fields: object) -> None:
    log.info(message, extra={"fields": fields})


def log_problem(
    log: logging.Logger, message: str, error: BaseException | None = None, **fields: object
) -> None:
    """Log a warning. Of an error it names the class and the place, never the text."""
    info = (type(error), error, error.__traceback__) if error else None
    log.warning(message, extra={"fields": fields}, exc_info=info)
