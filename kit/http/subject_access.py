"""The route of subject access: all data about one person, for the person and to prove an erasure.

Subject access is GDPR art. 15. A service says whom its rows are about, and which event records an access.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from contracts.wire.event import Event
from kit.database import outbox
from kit.database.database import Database, Session
from kit.http.web import Problem, WithCaller
from kit.privacy.keyring import Keyring
from kit.privacy.subject_access import FieldSets, load_subject_data
from kit.runtime.clock import Clock

Others = Annotated[list[UUID], Query(max_length=1000)]
Purpose = Literal["export", "proof"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A person as one service knows them.

    `owners`: the owners of the keys that may seal the person's data. `access`: the fields by which the access
    log names the person. `about`: what the answer says beside the data.
    """

    owners: Sequence[UUID]
    access: Mapping[str, Any]
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SubjectAccess:
    """What the route needs of a service.

    `lock_subject` locks the rows of the person in shared mode; None: the service does not know them.
    `accessed`: the event of the access log. `unknown`: the answer about somebody the service does not know;
    without it the answer is empty.
    """

    service: str
    path: str  # with {owner_id}
    lock_subject: Callable[[Session, Sequence[UUID]], Awaitable[Subject | None]]
    field_sets: FieldSets
    accessed: Callable[..., Event]
    unknown: Callable[[], Problem] | None = None
    person: tuple[str, str] | None = None  # table and column of the rows that are the person


def subject_access_routes(
    database: Database, keyring: Keyring, clock: Clock, access: SubjectAccess
) -> APIRouter:
    router = APIRouter(tags=["rights"])

    @router.get(access.path)
    async def read_subject_data(
        owner_id: UUID,
        caller: WithCaller,
        also: Others = [],  # noqa: B006 - FastAPI copies it
        purpose: Purpose = "export",
    ) -> dict[str, Any]:
        """Return every row about a person. The access is recorded if any sealed value could be opened.

        `also`: other owners of keys that are the same person, where this service does not know of them.
        """
        asked = [owner_id, *also]
        async with database.transaction() as session:
            subject = await access.lock_subject(session, asked)
        if subject is None and access.unknown is not None:
            raise access.unknown()
        owners = subject.owners if subject else asked
        keys = await keyring.read(owners)
        async with database.transaction() as session:
            subject = await access.lock_subject(session, asked)
            found = await load_subject_data(session, owners, keys, access.field_sets, person=access.person)
            if subject is not None and found.opens:
                seen = access.accessed(
                    **subject.access,
                    actor=caller.name,
                    field_sets=tuple(sorted({name.partition("/")[0] for name in found.field_sets})),
                    purpose=purpose,
                    seen_at=clock.now(),
                )
                await outbox.emit(session, [seen])
        about = subject.about if subject else {}
        counts = {"sealed": found.sealed, "opens": found.opens}
        return {"service": access.service, **about, **counts, "tables": found.tables}

    return router
