"""Published test numbers, and short ways to write a person down. The birth dates are the test's own."""

from dataclasses import replace
from datetime import date
from typing import Any

from contracts.events import personal
from services.routing.authorities.files import load_authorities
from services.routing.domain.authority import AuthorityKind
from services.routing.domain.identity_lookup import Answers
from services.routing.domain.register_entry import CprStatus, Custody, CustodyKind, RegisterAnswer

PERSON, MOTHER, FATHER = "0504909995", "0201609996", "0201609995"
OTHER, GUARDIAN = "0504909989", "2512489996"
BEFORE, REFORM, AFTER = date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 2)
ON = date(2026, 11, 24)
CHILD_BORN = date(2015, 3, 1)
AUTHORITIES = load_authorities()
MUNICIPALITIES = [row.id for row in AUTHORITIES.of_kind(AuthorityKind.MUNICIPALITY, ON)]


def with_cpr(*cprs: str) -> personal.Identity:
    return personal.Identity(tuple(personal.Identifier("cpr", cpr) for cpr in cprs))


def at(
    municipality: str | None = None,
    *,
    postcode: str | None = None,
    line: str | None = None,
    country: str = "DK",
) -> personal.Address:
    return personal.Address(line=line, postcode=postcode, municipality=municipality, country=country)


def answer(
    cpr: str = PERSON,
    status: CprStatus | None = CprStatus.RESIDENT,
    municipality: str | None = "0751",
    **more: Any,
) -> RegisterAnswer:
    known = RegisterAnswer(
        cpr,
        current_cpr=cpr,
        status=status,
        municipality=municipality,
        birth_date=date(1990, 4, 5),
        digital_post=True,
        nemsms=False,
    )
    return replace(known, **more)


def child(*rows: Custody, **more: Any) -> RegisterAnswer:
    return answer(birth_date=CHILD_BORN, custody=rows, digital_post=None, **more)


def custody(
    holder: str | None,
    kind: CustodyKind = CustodyKind.MOTHER,
    *,
    since: date | None = None,
    deleted: date | None = None,
) -> Custody:
    return Custody(kind, holder, since, deleted)


def asked(*answers: RegisterAnswer) -> Answers:
    return {one.cpr: one for one in answers}
