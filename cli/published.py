"""Load the published test people from beside the checkout. Their licence forbids a copy here."""

import csv
from datetime import date
from pathlib import Path

from deploy.local.people import Invented

FILE = Path(__file__).resolve().parents[2] / "shared" / "data" / "people" / "test-people.csv"
CPR_SYSTEM = "urn:oid:1.2.208.176.1.2"


def published_people() -> list[Invented]:
    """Return each published test person with a CPR number and an address, or [] without the file."""
    if not FILE.exists():
        return []
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = {
            row["identifier_value"]: row
            for row in csv.DictReader(file)
            if row["identifier_system"] == CPR_SYSTEM and row["postal"] and row["municipality"]
        }
    return [_person(cpr, row) for cpr, row in rows.items()]


def _person(cpr: str, row: dict[str, str]) -> Invented:
    return Invented(
        name=f"{row['given']} {row['family']}",
        cpr=cpr,
        birth_date=date.fromisoformat(row["birthDate"]),
        phone=None,
        email=None,
        street=row["line"].split(",")[0],
        house_number="",
        postcode=row["postal"],
        city="",
        municipality=row["municipality"],
        language="da",
        role="witness",
        consents_to_contact=True,
        digital_post=True,
    )
