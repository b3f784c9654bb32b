"""Invented people for demonstrations, exercises, tests and measurements: the same seed gives the same people.

Names are made up, and every CPR number is one that nobody can hold (docs/decisions/0005).
"""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

POSTCODES = Path(__file__).resolve().parents[2] / "services" / "routing" / "authorities" / "postcodes.csv"
FIRST_DAY, DAYS = (
    date(1858, 1, 1),
    730,
)  # nobody born then was alive when CPR numbers were first given, in 1968
NUMBERS_A_DAY = 4000  # digits seven to ten from 5000 to 8999: born 1858 to 1899

_FIRST = (
    "Alba",
    "Birk",
    "Cirkeline",
    "Dagny",
    "Ejnar",
    "Fenja",
    "Gro",
    "Hjalte",
    "Idunn",
    "Jorinde",
    "Kalle",
    "Luna",
    "Mynte",
    "Njord",
    "Odin",
    "Pil",
    "Rosa",
    "Sif",
    "Trine",
    "Uffe",
    "Vigga",
    "Ylva",
    "Æbbe",
    "Øjvind",
    "Åse",
)
_LAST = (
    "Prøvesen",
    "Testrup",
    "Øvelund",
    "Opdigt",
    "Figurholm",
    "Eksempelsen",
    "Skinlund",
    "Fantasen",
    "Modelbæk",
    "Låneborg",
    "Mønstergaard",
    "Tænkesen",
    "Hvisdahl",
    "Måskesen",
    "Attrup-Test",
    "Formentlig",
    "Såkaldt",
)
_STREETS = ("Øvelsesvej", "Prøvegade", "Testpark Allé", "Eksempelstien", "Attrapvænget", "Modelstræde")
_LANGUAGES = ("da", "da", "da", "da", "da", "da", "en", "uk", "ar")
_WITH_PHONE, _WITH_EMAIL, _CONSENTING, _ENROLLED = 0.95, 0.6, 0.92, 0.9
_ROLES = ("victim", "relative", "witness", "witness", "responder")


@dataclass(frozen=True, slots=True)
class Invented:
    name: str
    cpr: str
    birth_date: date
    phone: str | None
    email: str | None
    street: str
    house_number: str
    postcode: str
    city: str
    municipality: str  # kommunekode of the register
    language: str
    role: str
    consents_to_contact: bool
    digital_post: bool  # enrolled


def invent(count: int, seed: int = 1) -> Iterator[Invented]:
    """Yield invented people. About one in twelve does not consent to contact; one in ten is exempt."""
    if count > DAYS * NUMBERS_A_DAY:
        raise ValueError(f"at most {DAYS * NUMBERS_A_DAY} people can be invented")
    dice = random.Random(seed)  # noqa: S311 - the same people each time is the point
    places = _places()
    start = dice.randrange(DAYS)
    for index in range(count):
        yield _person(dice, index, start, places)


def _person(dice: random.Random, index: int, start: int, places: list[tuple[str, str, str]]) -> Invented:
    born = FIRST_DAY + timedelta(days=(start + index) % DAYS)
    postcode, city, municipality = dice.choice(places)
    return Invented(
        name=f"{dice.choice(_FIRST)} {dice.choice(_LAST)}",
        cpr=f"{born:%d%m%y}{5000 + (index // DAYS) % NUMBERS_A_DAY:04d}",
        birth_date=born,
        phone=f"+45{26_000_000 + index}" if dice.random() < _WITH_PHONE else None,
        email=f"person{index}@example.dk" if dice.random() < _WITH_EMAIL else None,
        street=dice.choice(_STREETS),
        house_number=str(dice.randrange(1, 200)),
        postcode=postcode,
        city=city,
        municipality=municipality,
        language=dice.choice(_LANGUAGES),
        role=dice.choice(_ROLES),
        consents_to_contact=dice.random() < _CONSENTING,
        digital_post=dice.random() < _ENROLLED,
    )


def _places() -> list[tuple[str, str, str]]:
    """Return postcode, city and municipality. For a postcode of several, the register decides."""
    with POSTCODES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return [
        (row["postcode"], "Øvelsesby", municipality)
        for row in rows
        if row["postcode"] >= "1000"
        for municipality in row["municipalities"].split()
    ]
