"""What every endpoint has at hand, and the refusals they share."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import asyncpg
from fastapi import Depends, Request

from contracts.events import personal
from contracts.events.audit import PersonalDataSeen
from contracts.events.ids import AuthorityId, IncidentId, RegistrationId
from kit.database.database import Database
from kit.http.web import Caller, Problem
from kit.privacy.keyring import Keyring
from kit.privacy.sealing import DataKey, Unopenable
from kit.runtime.clock import Clock
from services.routing.authorities.directory import Directory
from services.routing.domain.authority import Authorities, Authority
from services.routing.domain.deadlines import USUAL_DEADLINES, Deadlines
from services.routing.domain.handover import USUAL, Terms
from services.routing.domain.override import home_of, no_home
from services.routing.events import About
from services.routing.workers.decide_cases import today


@dataclass(frozen=True, slots=True)
class Rules:
    """How long things may take, and where the fonts of printed records lie."""

    terms: Terms = USUAL
    deadlines: Deadlines = USUAL_DEADLINES
    assets_dir: Path | None = None


USUAL_RULES: Final = Rules()


@dataclass(frozen=True, slots=True)
class Office:
    database: Database
    keyring: Keyring
    authorities: Authorities  # as they are while this request is answered
    clock: Clock
    directory: Directory
    rules: Rules = USUAL_RULES

    def today(self) -> date:
        return today(self.clock)

    def answering_for(self, authority: str) -> AuthorityId:
        """Return the authority, or today's successor of one that has ended; an unknown code as it is."""
        row = self.authorities.current(authority, self.today())
        return row.id if row is not None else AuthorityId(authority)


async def _office(request: Request) -> Office:
    office: Office = request.state.office
    return office


WithOffice = Annotated[Office, Depends(_office)]


def standing(case: asyncpg.Record | None) -> asyncpg.Record:
    """Refuse those who are not, or are no longer, there."""
    if case is None:
        raise unknown()
    if case["state"] == "forgotten":
        raise forgotten()
    if case["state"] == "merged":
        raise merged()
    return case


def unknown() -> Problem:
    return Problem(404, "Routing knows no registration of that id.", code="unknown-registration")


def forgotten() -> Problem:
    return Problem(409, "The person has been forgotten; there is nothing to decide.", code="forgotten")


def merged() -> Problem:
    return Problem(409, "The registration is merged into another one: decide about that one.", code="merged")


def about(case: asyncpg.Record) -> About:
    return About(
        IncidentId(case["incident_id"]), RegistrationId(case["registration_id"]), exercise=case["exercise"]
    )


def home_named(office: Office, code: AuthorityId) -> Authority:
    """Find the home authority somebody names, or refuse."""
    on = office.today()
    found = home_of(code, office.authorities, on)
    if found is None:
        raise Problem(
            422,
            "There is no such home authority.",
            errors=[("municipality", no_home(code, office.authorities, on))],
            code="unknown-authority",
        )
    return found


def note_of(sealed: bytes | None, key: DataKey | None) -> str | None:
    """Open an official's words. None: there are none, or nothing opens them any more."""
    if sealed is None or key is None:
        return None
    try:
        return key.open(personal.NOTE, sealed, personal.Note).text
    except Unopenable:
        return None


def notes_seen(case: asyncpg.Record, caller: Caller, office: Office, purpose: str) -> PersonalDataSeen:
    return PersonalDataSeen(
        incident_id=case["incident_id"],
        exercise=case["exercise"],
        registration_id=case["registration_id"],
        actor=caller.name,
        field_sets=(personal.NOTE,),
        purpose=purpose,
        seen_at=office.clock.now(),
    )
