"""The dependencies of the endpoints, and the refusals they share."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

from fastapi import Depends, Request

from contracts.events import personal
from contracts.events.audit import PersonalDataSeen
from contracts.events.ids import AuthorityId
from kit.database.database import Database
from kit.http.web import Caller, Problem
from kit.privacy.keyring import Keyring
from kit.privacy.sealing import DataKey, Unopenable
from kit.runtime.clock import Clock
from services.routing.authorities.directory import AuthorityDirectory
from services.routing.domain.authority import Authorities, Authority
from services.routing.domain.deadlines import DEFAULT_DEADLINES, Deadlines
from services.routing.domain.handover import CaseRef
from services.routing.domain.override import eligible_home, ineligible_reason
from services.routing.domain.period import day_of


@dataclass(frozen=True, slots=True)
class Dependencies:
    database: Database
    keyring: Keyring
    authorities: Authorities  # the edition in force when the request began
    clock: Clock
    directory: AuthorityDirectory
    deadlines: Deadlines = DEFAULT_DEADLINES
    assets_dir: Path | None = None  # fonts for printed records

    def today(self) -> date:
        return day_of(self.clock.now())

    def answering_for(self, authority: str) -> AuthorityId:
        """Return the authority, or its successor if it has ended. Unknown codes are returned unchanged."""
        row = self.authorities.current(authority, self.today())
        return row.id if row is not None else AuthorityId(authority)


async def _provided(request: Request) -> Dependencies:
    deps: Dependencies = request.state.deps
    return deps


WithDependencies = Annotated[Dependencies, Depends(_provided)]


class _Stateful(Protocol):
    @property
    def state(self) -> str: ...


_Case = TypeVar("_Case", bound=_Stateful)


def require_active(case: _Case | None) -> _Case:
    """Return the case; raise a Problem if it is unknown, erased or merged."""
    if case is None:
        raise unknown_registration()
    if case.state == "forgotten":
        raise person_erased()
    if case.state == "merged":
        raise registration_merged()
    return case


def unknown_registration() -> Problem:
    return Problem(404, "Unknown registration. Check its id.", code="unknown-registration")


def person_erased() -> Problem:
    return Problem(409, "The person's data was erased. There is nothing to decide.", code="forgotten")


def registration_merged() -> Problem:
    return Problem(
        409, "The registration is merged into another. Decide about the other registration.", code="merged"
    )


def require_home_authority(deps: Dependencies, code: AuthorityId) -> Authority:
    """Return the home authority with that code; raise a Problem if it cannot be one."""
    on = deps.today()
    found = eligible_home(code, deps.authorities, on)
    if found is None:
        raise Problem(
            422,
            "This authority cannot be a home authority. See the errors.",
            errors=[("municipality", ineligible_reason(code, deps.authorities, on))],
            code="unknown-authority",
        )
    return found


def open_note(sealed: bytes | None, key: DataKey | None) -> str | None:
    """Open an official's note. Return None if there is no note or no key opens it."""
    if sealed is None or key is None:
        return None
    try:
        return key.open(personal.NOTE, sealed, personal.Note).text
    except Unopenable:
        return None


def note_seen_event(case: CaseRef, caller: Caller, deps: Dependencies, purpose: str) -> PersonalDataSeen:
    return PersonalDataSeen(
        incident_id=case.incident_id,
        exercise=case.exercise,
        registration_id=case.registration_id,
        actor=caller.name,
        field_sets=(personal.NOTE,),
        purpose=purpose,
        seen_at=deps.clock.now(),
    )
