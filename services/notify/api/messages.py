"""HTTP in: messages of an incident by state, attempts with an unknown outcome, and resending."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from contracts.events.personal import NOTE, Note
from contracts.events.vocabulary import Channel
from kit.database.database import Database
from kit.http.web import Problem, WithCaller
from kit.privacy.keyring import Keyring
from kit.runtime.loops import Loop
from services.notify.channels.gateway import Gateway
from services.notify.domain.transition import MessageState
from services.notify.store import messages
from services.notify.store.messages import AttemptInDoubt, Message, MessageUpdate


class Buckets(BaseModel):
    """The messages by state. Each message is in one bucket; `total` is their sum."""

    total: int
    buckets: dict[MessageState, int]


class Resend(BaseModel):
    why: str = Field(min_length=3, max_length=500)


class Resent(BaseModel):
    state: MessageState


class ProviderStatus(BaseModel):
    provider: str
    channel: Channel
    real: bool
    rate: float
    at_once: int
    busy: int
    next_try_in: float | None  # seconds; None while the circuit is closed


def routes(
    database: Database, keyring: Keyring, gateways: Mapping[Channel, Gateway], sending: Loop
) -> APIRouter:
    router = APIRouter(tags=["messages"])

    @router.get("/incidents/{incident_id}/buckets")
    async def buckets(incident_id: UUID) -> Buckets:
        async with database.transaction() as session:
            found = await messages.count_by_state(session, incident_id)
        return Buckets(
            total=found.pop("total"), buckets={state: found.get(state, 0) for state in MessageState}
        )

    @router.get("/incidents/{incident_id}/doubts")
    async def doubts(incident_id: UUID) -> list[AttemptInDoubt]:
        async with database.transaction() as session:
            return await messages.list_in_doubt(session, incident_id)

    @router.post("/attempts/{attempt_id}/resend")
    async def resend(attempt_id: UUID, body: Resend, caller: WithCaller) -> Resent:
        """Send a message with an unknown outcome again, under a new key. The person may get it twice.

        Record the actor and the reason; the reason is sealed with the person's key.
        """
        await _resend(database, keyring, attempt_id, caller.name, Note(text=body.why))
        sending.wake()
        return Resent(state=MessageState.WAITING)

    @router.get("/providers")
    async def providers() -> list[ProviderStatus]:
        return [
            ProviderStatus.model_validate(gateway.status(), from_attributes=True)
            for gateway in gateways.values()
        ]

    return router


async def _resend(database: Database, keyring: Keyring, attempt_id: UUID, actor: str, why: Note) -> None:
    async with database.transaction() as session:
        found = await messages.find_attempt(session, attempt_id)
    if found is None:
        raise Problem(404, "Unknown attempt. Check the id.", code="no-attempt")
    keys = await keyring.read([found.registration_id])
    if (key := keys.get(found.registration_id)) is None:
        raise Problem(410, "This person has been erased. Nothing is sent.", code="forgotten")
    async with database.transaction() as session:
        row = (await messages.lock(session, [found.contact_id]))[found.contact_id]
        if row.state != MessageState.IN_DOUBT or row.attempt_id != attempt_id:
            raise Problem(
                409, "The outcome of this attempt is known by now. Reload the list.", code="not-in-doubt"
            )
        await messages.update(session, [_again(row)])
        await messages.record_resend(session, attempt_id, actor, key.seal(NOTE, why))


def _again(row: Message) -> MessageUpdate:
    """Build the update that resends. The old attempt stays in doubt, so a late receipt still counts."""
    return MessageUpdate(
        row.contact_id,
        row.epoch,
        MessageState.WAITING,
        row.position,
        row.attempt_id,
        keep_attempt=False,
        wait=timedelta(),
    )
