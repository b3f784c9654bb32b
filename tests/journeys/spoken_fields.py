"""The fields of a person with a canary in each: as an API request and as rows of a file."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from tests.canaries import Canaries

AT = "2026-11-24T12:00:00+01:00"
HEADER = (
    "reference", "name", "role", "place", "cpr", "identity", "identity_system", "identity_scope", "phone",
    "email", "street", "postcode", "city", "note", "circumstances", "concerns", "registration_consent",
    "wording", "consent_language", "obtained_by", "consented_at", "consent_by", "witness", "guardian",
    "guardian_cpr",
)  # fmt: skip


def consents(canaries: Canaries, way: str, **more: Any) -> list[dict[str, Any]]:
    found = []
    for purpose, channels in (("registration", []), ("contact", ["call", "sms", "email"])):
        words = {name: canaries.name(f"{way} {purpose} {name}") for name in ("by", "witness", "guardian")}
        words["guardian_cpr"] = canaries.cpr(f"{way} {purpose} guardian_cpr")
        found.append(
            {"purpose": purpose, "channels": channels, "wording": "2026-1", "language": "da", "at": AT}
            | {"how": "oral_witnessed", **words, **more}
        )
    return found


def person(canaries: Canaries, way: str, **more: Any) -> dict[str, Any]:
    def named(what: str) -> str:
        return f"{way} {what}"

    address = {
        "line": canaries.text(named("street")), "city": canaries.word(named("city")), "postcode": "8000",
    }  # fmt: skip
    return {
        "name": canaries.name(named("name")), "role": "victim", "place": "epc",
        "identifiers": [
            {"value": canaries.cpr(named("cpr"))},
            {"system": "passport", "value": canaries.passport(named("passport")), "scope": "UA"},
        ],
        "phone": canaries.phone(named("phone")), "email": canaries.email(named("email")),
        "addresses": [address], "note": canaries.text(named("note")),
        "circumstances": canaries.text(named("circumstances")),
        "concerns": canaries.text(named("concerns")),
        "consents": consents(canaries, way), **more,
    }  # fmt: skip


def cells(canaries: Canaries, way: str, **wrong: str) -> list[str]:
    said = person(canaries, way)
    address, consent = said["addresses"][0], said["consents"][0]
    values = {
        "reference": canaries.word(f"{way} reference"), "name": said["name"],
        "role": "victim", "place": "epc",
        "cpr": said["identifiers"][0]["value"], "identity": said["identifiers"][1]["value"],
        "identity_system": "passport", "identity_scope": "UA",
        "phone": said["phone"], "email": said["email"],
        "street": address["line"], "postcode": "8000", "city": address["city"], "note": said["note"],
        "circumstances": said["circumstances"], "concerns": said["concerns"], "registration_consent": "ja",
        "wording": "2026-1", "consent_language": "da", "obtained_by": "oral_witnessed", "consented_at": AT,
        "consent_by": consent["by"], "witness": consent["witness"], "guardian": consent["guardian"],
        "guardian_cpr": consent["guardian_cpr"],
    }  # fmt: skip
    return [(values | wrong)[name] for name in HEADER]


def table(canaries: Canaries, way: str) -> list[Sequence[str]]:
    """Return a good row, and rows that are refused, each for another reason."""
    return [
        HEADER,
        cells(canaries, f"{way} good row"),
        cells(canaries, f"{way} wrong number", cpr=canaries.word(f"{way} no number")),
        cells(canaries, f"{way} wrong day", consented_at=canaries.word(f"{way} no day")),
        cells(canaries, f"{way} wrong word", role=canaries.word(f"{way} no role")),
        [*cells(canaries, f"{way} long row"), canaries.text(f"{way} one cell too many")],
    ]


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
