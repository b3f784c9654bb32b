"""HTTP in, from anybody: the form of an incident, and what comes of it."""

import asyncio
import secrets
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import AfterValidator

from contracts.events.vocabulary import RegistrationPlace
from kit.runtime.clock import Clock
from kit.runtime.metrics import exercise
from services.registration.documents.texts import spoken
from services.registration.domain.incident import Incident
from services.registration.domain.person import NewPerson, admits
from services.registration.metrics import PUBLIC_FORM
from services.registration.public.form_parser import BY, read
from services.registration.public.pages import Pages, Shown
from services.registration.public.rate_limit import Limiter
from services.registration.public.submission import NotAForm, Typed
from services.registration.resources import Resources
from services.registration.store import incidents, public_forms
from services.registration.use_cases.register_people import Outcome, Submission, register_many

_LARGEST: Final = 100_000  # bytes: two long texts in percent-encoded Arabic
_SLOWEST: Final = 30.0  # seconds for the whole of it to arrive
_BEAT: Final = 0.25  # seconds: answers leave on the beat, since a person who is known takes longer to write
_NOTHING: Final = Typed({})

Language = Annotated[str, AfterValidator(spoken)]  # any: a page in a language we have


@dataclass(frozen=True, slots=True)
class Counter:
    """What the public is served from."""

    resources: Resources
    clock: Clock
    limiter: Limiter
    pages: Pages


class _TooMuch(Exception):  # noqa: N818 - more than anybody types, or slower
    pass


router = APIRouter(prefix="/tilmeld", include_in_schema=False)


def routes(counter: Counter) -> APIRouter:
    async def provide(request: Request) -> None:
        request.state.counter = counter

    provided = APIRouter(dependencies=[Depends(provide)])
    provided.include_router(router)
    return provided


async def _counter(request: Request) -> Counter:
    counter: Counter = request.state.counter
    return counter


WithCounter = Annotated[Counter, Depends(_counter)]


@router.get("/{slug}")
async def show(slug: str, counter: WithCounter, language: Language = "da") -> Response:
    incident, opened = await _behind(counter, slug)
    shown = Shown(language, f"/tilmeld/{slug}", incident)
    if incident is None:
        return counter.pages.unknown(shown)
    if not opened:
        return counter.pages.closed(shown)
    return counter.pages.form(shown, _NOTHING, _nonce())


@router.post("/{slug}")
async def send(slug: str, request: Request, counter: WithCounter, language: Language = "da") -> Response:
    incident, opened = await _behind(counter, slug)
    shown = Shown(language, f"/tilmeld/{slug}", incident)
    if incident is None:
        return counter.pages.unknown(shown)
    if not opened:
        _count("closed", incident)
        return counter.pages.closed(shown)
    try:
        typed = Typed.read(await _body(request))
    except (NotAForm, _TooMuch):
        _count("unreadable", incident)
        return counter.pages.form(shown, _NOTHING, _nonce(), errors={"name": "other"})
    return await _taken(counter, incident, shown, typed, request)


@router.get("/{slug}/tak")
async def thank(slug: str, counter: WithCounter, language: Language = "da") -> Response:
    incident, _ = await _behind(counter, slug)
    shown = Shown(language, f"/tilmeld/{slug}", incident)
    return counter.pages.thanks(shown) if incident else counter.pages.unknown(shown)


def _count(became: str, incident: Incident) -> None:
    PUBLIC_FORM.labels(became, exercise(incident.exercise)).inc()


async def _taken(
    counter: Counter, incident: Incident, shown: Shown, typed: Typed, request: Request
) -> Response:
    nonce = typed.text("nonce") or _nonce()
    if not await counter.limiter.admits(incident.id, request):
        _count("limited", incident)
        return counter.pages.form(shown, typed, nonce, busy=True)
    checked = read(typed, shown.language, counter.clock.now())
    if not isinstance(checked, NewPerson):
        _count("refused", incident)
        return counter.pages.form(shown, typed, nonce, errors=checked)
    begun = time.monotonic()
    outcome = await _register(counter, incident, typed, nonce, checked)
    await asyncio.sleep(rest_of_beat(time.monotonic() - begun))
    if outcome is Outcome.CLOSED:
        _count("closed", incident)
        return counter.pages.closed(shown)
    _count("taken", incident)
    return RedirectResponse(
        f"{shown.path}/tak?language={shown.language}",
        HTTPStatus.SEE_OTHER,
        headers={"Referrer-Policy": "same-origin"},
    )


def rest_of_beat(taken: float) -> float:
    """Give the seconds until the next beat, so that how long it took cannot be told from outside."""
    return _BEAT - taken % _BEAT


async def _register(
    counter: Counter, incident: Incident, typed: Typed, nonce: str, person: NewPerson
) -> Outcome:
    """Register once, however often the same form with the same words is sent."""
    words = "\0".join(f"{name}\0{value}" for name in sorted(typed.fields) for value in typed.all(name))
    key = counter.resources.blind_index.idempotency_digest(incident.id, "public form", f"{nonce}\0{words}")
    (result,) = await register_many(
        counter.resources, incident.id, [Submission(person, key)], by=BY, now=counter.clock.now()
    )
    return result.outcome


async def _behind(counter: Counter, slug: str) -> tuple[Incident | None, bool]:
    """Give the incident behind a link, and whether the public may register there now."""
    async with counter.resources.database.transaction() as session:
        form = await public_forms.find(session, slug) if slug.isascii() else None
        incident = await incidents.incident(session, form.incident_id) if form else None
    if form is None or incident is None:
        return None, False
    return incident, form.open and admits(RegistrationPlace.SELF, counter.clock.now(), incident.closed_at)


async def _body(request: Request) -> bytes:
    """Read what is sent, as much as anybody types. Raises _TooMuch."""
    body = bytearray()
    try:
        async with asyncio.timeout(_SLOWEST):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _LARGEST:
                    raise _TooMuch
    except TimeoutError:
        raise _TooMuch from None
    return bytes(body)


def _nonce() -> str:
    return secrets.token_urlsafe(18)
