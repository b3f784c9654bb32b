"""Messages for pydantic's validation errors. They say what to do and never quote the value."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from kit.http.timestamps import NO_DAY, NO_TIMESTAMP

_Message = Callable[[Mapping[str, Any]], str]  # of pydantic's context

_REASONS: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "extra_forbidden": "is no field here: is it misspelt?",
    "json_invalid": "is not JSON: the body was cut, or is written wrongly",
    "timezone_aware": NO_TIMESTAMP,
    "date_type": NO_DAY,
    "uuid_parsing": "is not an id: copy the whole of it",
    "uuid_type": "is not an id: copy the whole of it",
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "string_type": "write it as text, within quotation marks",
    "tuple_type": "write a list, as [...]; an empty one where there is nothing",
    "list_type": "write a list, as [...]; an empty one where there is nothing",
    "model_type": "write an object, as {...}",
    "model_attributes_type": "write an object, as {...}",
    "dict_type": "write an object, as {...}",
}
_BY_PREFIX: Final = (("datetime_", NO_TIMESTAMP), ("date_", NO_DAY))
_WITH_CONTEXT: Final[Mapping[str, _Message]] = {
    "enum": lambda of: f"write one of: {_listed(of['expected'])}",
    "literal_error": lambda of: f"write one of: {_listed(of['expected'])}",
    "string_too_short": lambda of: _short(of["min_length"]),
    "string_too_long": lambda of: f"is longer than {of['max_length']} characters",
    "too_short": lambda of: f"needs at least {of['min_length']}",
    "too_long": lambda of: f"takes at most {of['max_length']}",
    "value_error": lambda of: str(of["error"]),
}


def reason(problem: Mapping[str, Any]) -> str:
    """Return the message for one of `ValidationError.errors()`."""
    kind = problem["type"]
    if kind in _WITH_CONTEXT:
        return _WITH_CONTEXT[kind](problem["ctx"])
    if kind in _REASONS:
        return _REASONS[kind]
    return next((text for prefix, text in _BY_PREFIX if kind.startswith(prefix)), str(problem["msg"]))


def field(problem: Mapping[str, Any], *, within: int = 0) -> str:
    """Return the name of the field. `within`: the number of leading parts of its location to leave out."""
    if problem["type"] == "json_invalid":  # its location is a character position
        return "body"
    place = problem["loc"]
    return ".".join(str(part) for part in place[within:]) or str(place[0]) if place else ""


def _listed(expected: str) -> str:
    return expected.replace(" or ", ", ").replace("'", "")


def _short(least: int) -> str:
    return "is missing" if least == 1 else f"is shorter than {least} characters"
