"""Report again who has no home authority, after the authority responsible meanwhile has changed."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from contracts.events.vocabulary import Contactability
from kit.database import outbox
from kit.database.database import Session
from services.routing import events
from services.routing.domain.period import day_of
from services.routing.store import decisions, home_cases


async def report_again(session: Session, ids: Collection[UUID], at: datetime) -> None:
    """Report those of the people who have no home authority. The caller has locked their cases."""
    found = await home_cases.load_unresolved(session, ids) if ids else []
    if not found:
        return
    at = await decisions.not_before_last(session, ids, at)
    await outbox.emit(
        session,
        [
            events.home_authority_unresolved(
                each, day_of(at), each.triage(), Contactability(each.contactability), at, each.held()
            )
            for each in found
        ],
    )
