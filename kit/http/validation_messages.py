"""Field errors for pydantic's validation errors. They never quote the value."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError, InvalidValueError

_CODES: Final[Mapping[str, ErrorCode]] = {
    "missing": ErrorCode.MISSING,
    "extra_forbidden": ErrorCode.UNKNOWN_FIELD,
    "json_invalid": ErrorCode.NOT_JSON,
    "timezone_aware": ErrorCode.NOT_A_TIMESTAMP,
    "date_type": ErrorCode.NOT_A_DATE,
    "uuid_parsing": ErrorCode.NOT_AN_ID,
    "uuid_type": ErrorCode.NOT_AN_ID,
    "bool_parsing": ErrorCode.NOT_A_BOOLEAN,
    "bool_type": ErrorCode.NOT_A_BOOLEAN,
    "string_type": ErrorCode.NOT_TEXT,
    "tuple_type": ErrorCode.NOT_A_LIST,
    "list_type": ErrorCode.NOT_A_LIST,
    "model_type": ErrorCode.NOT_AN_OBJECT,
    "model_attributes_type": ErrorCode.NOT_AN_OBJECT,
    "dict_type": ErrorCode.NOT_AN_OBJECT,
}
_BY_PREFIX: Final = (("datetime_", ErrorCode.NOT_A_TIMESTAMP), ("date_", ErrorCode.NOT_A_DATE))
_WITH_CONTEXT: Final[Mapping[str, Callable[[str, Mapping[str, Any]], FieldError]]] = {
    "enum": lambda at, of: FieldError(at, ErrorCode.NOT_ALLOWED, values=_listed(of["expected"])),
    "literal_error": lambda at, of: FieldError(at, ErrorCode.NOT_ALLOWED, values=_listed(of["expected"])),
    "string_too_short": lambda at, of: _short(at, of["min_length"]),
    "string_too_long": lambda at, of: FieldError(at, ErrorCode.TOO_LONG, limit=of["max_length"]),
    "too_short": lambda at, of: FieldError(at, ErrorCode.TOO_FEW, minimum=of["min_length"]),
    "too_long": lambda at, of: FieldError(at, ErrorCode.TOO_MANY, limit=of["max_length"]),
    "value_error": lambda at, of: _value_error(at, of["error"]),
}


def field_error(problem: Mapping[str, Any], *, within: int = 0) -> FieldError:
    """Return one of `ValidationError.errors()`. `within`: the leading parts of its location to leave out."""
    kind, at = problem["type"], _field(problem, within)
    if kind in _WITH_CONTEXT:
        return _WITH_CONTEXT[kind](at, problem["ctx"])
    code = _CODES.get(kind) or next((code for prefix, code in _BY_PREFIX if kind.startswith(prefix)), None)
    return FieldError(at, code) if code else FieldError(at, ErrorCode.INVALID_VALUE, detail=problem["msg"])


def _field(problem: Mapping[str, Any], within: int) -> str:
    if problem["type"] == "json_invalid":  # its location is a character position
        return "body"
    place = problem["loc"]
    return ".".join(str(part) for part in place[within:]) or str(place[0]) if place else ""


def _value_error(at: str, error: ValueError) -> FieldError:
    if isinstance(error, InvalidValueError):
        return error.error.at(at)
    return FieldError(at, ErrorCode.INVALID_VALUE, detail=str(error))


def _listed(expected: str) -> tuple[str, ...]:
    return tuple(expected.replace(" or ", ", ").replace("'", "").split(", "))


def _short(at: str, least: int) -> FieldError:
    return (
        FieldError(at, ErrorCode.MISSING)
        if least == 1
        else FieldError(at, ErrorCode.TOO_SHORT, minimum=least)
    )
