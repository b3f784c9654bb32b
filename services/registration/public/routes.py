"""The public endpoints: the form of an incident, its submission, and the thanks."""

import asyncio
import secrets
import time
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import AfterValidator

from contracts.events.vocabulary import RegistrationPlace
from kit.runtime.metrics import exercise
from services.registration.documents.texts import supported_language
from services.registration.domain.incident import Incident
from services.registration.domain.person import NewPerson, admits
from services.registration.metrics import PUBLIC_FORM
from services.registration.public.dependencies import Dependencies, WithDependencies
from services.registration.public.form_parser import REGISTRAR, parse_form
from services.registration.public.pages import PageContext
from services.registration.public.submission import InvalidFormError, SubmittedForm
from services.registration.store import incidents, public_forms
from services.registration.use_cases.register_people import RegistrationOutcome, Submission, register_many

_MAX_BODY_BYTES: Final = 100_000  # fits two long texts in percent-encoded Arabic
_BODY_TIMEOUT: Final = 30.0  # seconds for the whole body
_RESPONSE_INTERVAL: Final = 0.25  # seconds; hides that a known person takes longer to write
_EMPTY_FORM: Final = SubmittedForm({})

Language = Annotated[str, AfterValidator(supported_language)]  # any other language gets a supported one


class _BodyTooLargeError(Exception):
    """The body is larger or slower than any form that a person fills in."""


router = APIRouter(prefix="/tilmeld", include_in_schema=False)


def routes(deps: Dependencies) -> APIRouter:
    async def provide(request: Request) -> None:
        request.state.public_dependencies = deps

    provided = APIRouter(dependencies=[Depends(provide)])
    provided.include_router(router)
    return provided


@router.get("/{slug}")
async def show_form(slug: str, deps: WithDependencies, language: Language = "da") -> Response:
    incident, opened = await _find_form(deps, slug)
    context = PageContext(language, f"/tilmeld/{slug}", incident)
    if incident is None:
        return deps.pages.render_unknown(context)
    if not opened:
        return deps.pages.render_closed(context)
    return deps.pages.render_form(context, _EMPTY_FORM, _new_nonce())


@router.post("/{slug}")
async def submit_form(
    slug: str, request: Request, deps: WithDependencies, language: Language = "da"
) -> Response:
    incident, opened = await _find_form(deps, slug)
    context = PageContext(language, f"/tilmeld/{slug}", incident)
    if incident is None:
        return deps.pages.render_unknown(context)
    if not opened:
        _count_outcome("closed", incident)
        return deps.pages.render_closed(context)
    try:
        submitted = SubmittedForm.read(await _read_body(request))
    except (InvalidFormError, _BodyTooLargeError):
        _count_outcome("unreadable", incident)
        return deps.pages.render_form(context, _EMPTY_FORM, _new_nonce(), errors={"name": "other"})
    return await _accept_form(deps, incident, context, submitted, request)


@router.get("/{slug}/tak")
async def show_thanks(slug: str, deps: WithDependencies, language: Language = "da") -> Response:
    incident, _ = await _find_form(deps, slug)
    context = PageContext(language, f"/tilmeld/{slug}", incident)
    return deps.pages.render_thanks(context) if incident else deps.pages.render_unknown(context)


def _count_outcome(outcome: str, incident: Incident) -> None:
    PUBLIC_FORM.labels(outcome, exercise(incident.exercise)).inc()


async def _accept_form(
    deps: Dependencies, incident: Incident, context: PageContext, submitted: SubmittedForm, request: Request
) -> Response:
    nonce = submitted.text("nonce") or _new_nonce()
    if not await deps.limiter.allow_attempt(incident.id, request):
        _count_outcome("limited", incident)
        return deps.pages.render_form(context, submitted, nonce, busy=True)
    checked = parse_form(submitted, context.language, deps.clock.now())
    if not isinstance(checked, NewPerson):
        _count_outcome("refused", incident)
        return deps.pages.render_form(context, submitted, nonce, errors=checked)
    started = time.monotonic()
    outcome = await _register(deps, incident, submitted, nonce, checked)
    await asyncio.sleep(response_delay(time.monotonic() - started))
    if outcome is RegistrationOutcome.CLOSED:
        _count_outcome("closed", incident)
        return deps.pages.render_closed(context)
    _count_outcome("taken", incident)
    return RedirectResponse(
        f"{context.path}/tak?language={context.language}",
        HTTPStatus.SEE_OTHER,
        headers={"Referrer-Policy": "same-origin"},
    )


def response_delay(taken: float) -> float:
    """Return the seconds until the next multiple of the interval, to hide the processing time."""
    return _RESPONSE_INTERVAL - taken % _RESPONSE_INTERVAL


async def _register(
    deps: Dependencies, incident: Incident, submitted: SubmittedForm, nonce: str, person: NewPerson
) -> RegistrationOutcome:
    """Register the person. The same form with the same content registers only once."""
    words = "\0".join(
        f"{name}\0{value}" for name in sorted(submitted.fields) for value in submitted.values(name)
    )
    key = deps.resources.blind_index.idempotency_digest(incident.id, "public form", f"{nonce}\0{words}")
    (result,) = await register_many(
        deps.resources, incident.id, [Submission(person, key)], by=REGISTRAR, now=deps.clock.now()
    )
    return result.outcome


async def _find_form(deps: Dependencies, slug: str) -> tuple[Incident | None, bool]:
    """Return the incident of a link, and whether the public can register there now."""
    async with deps.resources.database.transaction() as session:
        form = await public_forms.find(session, slug) if slug.isascii() else None
        incident = await incidents.incident(session, form.incident_id) if form else None
    if form is None or incident is None:
        return None, False
    return incident, form.open and admits(RegistrationPlace.SELF, deps.clock.now(), incident.closed_at)


async def _read_body(request: Request) -> bytes:
    """Return the body. Raise _BodyTooLargeError where it is too large or too slow."""
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_TIMEOUT):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _MAX_BODY_BYTES:
                    raise _BodyTooLargeError
    except TimeoutError:
        raise _BodyTooLargeError from None
    return bytes(body)


def _new_nonce() -> str:
    return secrets.token_urlsafe(18)
