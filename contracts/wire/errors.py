"""Errors of single fields, as every API returns them: a code with parameters, beside its English text."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from contracts.wire.error_codes import ErrorCode

CATALOGUE: Final = Path(__file__).parents[1] / "i18n"
Param = str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True, init=False)
class FieldError:
    """The error of one field of the input. It never quotes the value, which may be personal data."""

    field: str  # as in the API's body: `phone`, `consents.0.witness`
    code: ErrorCode
    params: tuple[tuple[str, Param], ...]

    def __init__(self, field: str, code: ErrorCode, **params: Param) -> None:
        object.__setattr__(self, "field", field)
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "params", tuple(params.items()))

    def at(self, field: str) -> "FieldError":
        """Return the same error of another field."""
        return FieldError(field, self.code, **dict(self.params))

    @property
    def template(self) -> str:
        """Return the English text with the names of its parameters in braces."""
        return error_texts()[self.code]

    @property
    def text(self) -> str:
        return self.fill(self.template)

    def fill(self, template: str) -> str:
        """Return a text in any language with the parameters. A list is joined by commas."""
        return template.format_map({name: _shown(value) for name, value in self.params})

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> "FieldError":
        """Return an error from JSON. One with an unknown code, of a newer version, keeps its English text."""
        field, code = str(document.get("field", "")), document.get("code")
        if code not in set(ErrorCode):
            return cls(field, ErrorCode.INVALID_VALUE, detail=str(document.get("reason", "")))
        params = document.get("params", {}).items()
        return cls(
            field, ErrorCode(str(code)), **{k: tuple(v) if isinstance(v, list) else v for k, v in params}
        )

    def document(self) -> dict[str, Any]:
        """Return the error as JSON. `reason`: the English text."""
        return {"field": self.field, "code": self.code, "params": dict(self.params), "reason": self.text}


class InvalidValueError(ValueError):
    """The error of a validator, which does not know its field."""

    def __init__(self, error: FieldError) -> None:
        super().__init__(error.text)
        self.error = error


@cache
def error_texts() -> Mapping[str, str]:
    """Return the English texts by code."""
    texts: Mapping[str, str] = yaml.safe_load((CATALOGUE / "labels.yaml").read_text("utf-8"))["error"]
    return texts


def _shown(value: Param) -> str | int:
    return value if isinstance(value, str | int) else ", ".join(value)
