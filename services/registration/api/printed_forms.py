"""Printed forms, receipts, and the address of the public form."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from contracts.events.audit import PersonalDataSeen
from contracts.events.ids import ConsentId, IncidentId, RegistrationId
from contracts.events.personal import CONTACT, ContactDetails
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.database import outbox
from kit.database.database import Session
from kit.http.web import Problem, WithCaller
from kit.privacy.sealing import DataKey
from kit.runtime.clock import Clock
from services.registration.api.dependencies import forgotten, present, unknown_incident
from services.registration.documents.paper_form import print_form
from services.registration.documents.pdf_renderer import PdfRenderer
from services.registration.documents.receipt import ConsentReceipt, print_receipt
from services.registration.domain.consent import Documentation, Given, documentation_of
from services.registration.domain.incident import Incident
from services.registration.resources import Resources
from services.registration.store import consents, incidents, people, public_forms
from services.registration.store.consents import EntryRow
from services.registration.store.people import RegistrationRow
from services.registration.store.public_forms import PublicForm

_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"  # no letters that are easily confused on paper
_SLUG_LENGTH: Final = 16  # 79 bits: it cannot be guessed
_AT_ONCE: Final = 50

Number = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,40}$")]
router = APIRouter(tags=["papers"])


@dataclass(frozen=True, slots=True)
class Printer:
    resources: Resources
    clock: Clock
    press: PdfRenderer


def routes(resources: Resources, clock: Clock, press: PdfRenderer) -> APIRouter:
    async def provide(request: Request) -> None:
        request.state.printer = Printer(resources, clock, press)

    provided = APIRouter(dependencies=[Depends(provide)])
    provided.include_router(router)
    return provided


async def _printer(request: Request) -> Printer:
    printer: Printer = request.state.printer
    return printer


WithPrinter = Annotated[Printer, Depends(_printer)]


@router.get("/incidents/{incident_id}/form.pdf")
async def form(
    incident_id: IncidentId,
    caller: WithCaller,
    printer: WithPrinter,
    *,
    language: Literal["da", "en", "uk", "ar"] = "da",
    number: Number = None,
    copies: Annotated[int, Query(ge=1, le=_AT_ONCE)] = 1,
) -> Response:
    """Print the form of registration and consent. Each copy has its own number.

    `number`: the number of a form that is printed again.
    """
    now = printer.clock.now()
    async with printer.resources.database.transaction() as session:
        incident = await _incident(session, incident_id)
        public = await _public_form(session, printer, incident_id, caller.name)
        drawn = [] if number else await public_forms.draw_numbers(session, copies)
    numbers = [number] if number else [f"F-{one:06}" for one in drawn]
    return _pdf(
        await asyncio.to_thread(print_form, printer.press, incident, language, numbers, public.slug, now)
    )


@router.get("/registrations/{registration_id}/consents/{consent_id}/receipt.pdf")
async def receipt(
    registration_id: RegistrationId, consent_id: ConsentId, caller: WithCaller, printer: WithPrinter
) -> Response:
    """Print a receipt of a consent for the person. The access is recorded before."""
    resources, now = printer.resources, printer.clock.now()
    async with resources.database.transaction() as session:
        person = present(await people.lock_person(session, registration_id))
        ledger = await consents.ledger_rows(session, person.id)
        incident = await _incident(session, person.incident_id)
        entry = next((e for e in ledger if e.id == consent_id and e.kind == "given"), None)
        if entry is not None and entry.unconfirmed:
            raise _unconfirmed()
        if entry is not None and entry.childs_own:
            raise _childs_own()
        if entry is None:
            raise _unknown_consent()
        seen = PersonalDataSeen(
            incident_id=incident.id,
            exercise=incident.exercise,
            registration_id=person.id,
            actor=caller.name,
            field_sets=(CONTACT, "consent"),
            purpose="consent receipt",
            seen_at=now,
        )
        await outbox.emit(session, [seen])
    keys = await resources.keyring.read([person.id, entry.key_of])
    if person.id not in keys or entry.key_of not in keys:
        raise forgotten()
    agreed = _agreed(keys, person, entry, ledger)
    return _pdf(await asyncio.to_thread(print_receipt, printer.press, incident, agreed, now))


@router.post("/incidents/{incident_id}/public-form")
async def open_public_form(
    incident_id: IncidentId, caller: WithCaller, printer: WithPrinter
) -> dict[str, Any]:
    """Open the public form. Its address stays the same when it is closed and opened again."""
    return await _turn(printer, incident_id, caller.name, opened=True)


@router.post("/incidents/{incident_id}/public-form/close")
async def close_public_form(
    incident_id: IncidentId, caller: WithCaller, printer: WithPrinter
) -> dict[str, Any]:
    return await _turn(printer, incident_id, caller.name, opened=False)


def _agreed(
    keys: Mapping[UUID, DataKey], person: RegistrationRow, entry: EntryRow, ledger: list[EntryRow]
) -> ConsentReceipt:
    given = consents.entry_of(entry)
    assert isinstance(given, Given)  # noqa: S101 - its kind is
    sealed_as = documentation_of(given.consent_id)
    return ConsentReceipt(
        keys[person.id].open(CONTACT, person.contact, ContactDetails).name,
        given.terms,
        keys[entry.key_of].open(sealed_as, entry.documentation, Documentation),
        max((one.at for one in ledger if _ends(one, given)), default=None),
    )


async def _turn(printer: Printer, incident_id: IncidentId, by: str, *, opened: bool) -> dict[str, Any]:
    async with printer.resources.database.transaction() as session:
        await _incident(session, incident_id)
        public = await _public_form(session, printer, incident_id, by)
        await public_forms.turn(session, incident_id, printer.clock.now(), by, opened=opened)
    return {"slug": public.slug, "url": printer.press.form_url(public.slug), "open": opened}


async def _public_form(session: Session, printer: Printer, incident_id: IncidentId, by: str) -> PublicForm:
    slug = "".join(secrets.choice(_LETTERS) for _ in range(_SLUG_LENGTH))
    return await public_forms.ensure_slug(session, incident_id, slug, printer.clock.now(), by)


async def _incident(session: Session, incident_id: IncidentId) -> Incident:
    incident = await incidents.incident(session, incident_id)
    if incident is None:
        raise unknown_incident()
    return incident


def _ends(entry: EntryRow, given: Given) -> bool:
    terms = given.terms
    return entry.kind == "withdrawn" and entry.purpose == terms.purpose and entry.at >= terms.at


def _unknown_consent() -> Problem:
    return Problem(
        404,
        "This person has no such consent.",
        errors=[FieldError("consent_id", ErrorCode.UNKNOWN)],
        code="no-consent",
    )


def _unconfirmed() -> Problem:
    return Problem(
        409,
        "This consent came by the public page after a withdrawal, and counts for nothing."
        " Ask the person, and register the consent anew.",
        errors=[FieldError("consent_id", ErrorCode.CONSENT_UNCONFIRMED)],
        code="unconfirmed-consent",
    )


def _childs_own() -> Problem:
    return Problem(
        409,
        "A child under 15 gave this consent alone, and it counts for nothing."
        " Ask the guardian, and register the consent anew.",
        errors=[FieldError("consent_id", ErrorCode.CHILD_CONSENTED_ALONE)],
        code="childs-consent",
    )


def _pdf(content: bytes) -> Response:
    return Response(content, media_type="application/pdf", headers={"Content-Disposition": "inline"})
