"""Every error code has a text, is used, and is given exactly the parameters that its text names."""

import ast
import re
from collections.abc import Iterator

import pytest

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import CATALOGUE, FieldError, error_texts
from kit.i18n.catalogues import load_translations
from kit.i18n.errors import error_text
from tests.conftest import ROOT

PARAMS = {code: set(re.findall(r"(?<!{){(\w+)}", error_texts()[code])) for code in ErrorCode}
CODE = [path for top in ("cli", "contracts", "kit", "services") for path in (ROOT / top).rglob("*.py")]


def uses() -> Iterator[tuple[str, ErrorCode, set[str | None] | None]]:
    """Yield each use of a code: its place and the given parameters; None where it is compared."""
    for path in CODE:
        text = path.read_text("utf-8")
        if "ErrorCode." not in text or path.name in {"error_codes.py", "errors.py"}:
            continue
        tree = ast.parse(text)
        given: dict[int, set[str | None] | None] = {}
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name("FieldError"), args=[_, code], keywords=keywords):
                    given[id(code)] = {keyword.arg for keyword in keywords}
                case ast.Set(codes) | ast.Compare(comparators=codes):
                    given |= dict.fromkeys(map(id, codes))
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "ErrorCode"
            ):
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                yield place, ErrorCode[node.attr], given.get(id(node), set())


def test_every_code_has_an_english_and_a_danish_text_with_the_same_parameters() -> None:
    danish = load_translations(CATALOGUE)["da"]

    assert error_texts().keys() == set(ErrorCode)
    for code, params in PARAMS.items():
        error = FieldError("", code, **{name: f"<{name}>" for name in params})
        text = error_text(error, danish)
        assert (text == error.text) == (code is ErrorCode.INVALID_VALUE), code
        assert {name for name in params if f"<{name}>" in text} == params, code


def test_every_code_is_used() -> None:
    assert {code for _, code, given in uses() if given is not None} == set(ErrorCode)


def test_every_use_gives_exactly_the_parameters_of_the_text() -> None:
    wrong = [(place, code) for place, code, given in uses() if given is not None and given != PARAMS[code]]

    assert wrong == []


def test_a_list_is_joined_by_commas() -> None:
    error = FieldError("role", ErrorCode.NOT_ALLOWED, values=("victim", "witness"))

    assert error.text == "Not an allowed value. Write one of: victim, witness."


@pytest.mark.parametrize(
    "error",
    [
        FieldError("name", ErrorCode.MISSING),
        FieldError("role", ErrorCode.NOT_ALLOWED, values=("victim", "witness")),
        FieldError("note", ErrorCode.TOO_LONG, limit=500),
    ],
)
def test_an_error_is_read_back_from_json(error: FieldError) -> None:
    document = error.document() | {
        "params": {k: list(v) if isinstance(v, tuple) else v for k, v in error.params}
    }

    assert FieldError.of_document(document) == error


def test_an_error_of_a_newer_version_keeps_its_english_text() -> None:
    told = {"field": "name", "code": "not_known_yet", "params": {}, "reason": "Too new. Update."}

    assert FieldError.of_document(told).text == "Too new. Update."
