"""Transfer the cases of an ended authority to its successor, by law, without asking the register."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from contracts.events.vocabulary import Contactability
from kit.database import outbox
from kit.database.database import Session
from services.routing import events
from services.routing.domain.authority import Authorities
from services.routing.domain.outcome import ResolvedReason
from services.routing.events import Responsibility
from services.routing.store import decisions, successions
from services.routing.store.decisions import DecisionRow
from services.routing.store.successions import EndedHome
from services.routing.use_cases import report_unresolved_homes


async def hand_over_to_successors(
    session: Session, ids: Collection[UUID], authorities: Authorities, on: date, at: datetime
) -> None:
    """Transfer the cases and publish who is responsible now. The caller has locked the cases.

    Planned work follows at once. The register is asked later, when it is available.
    """
    successors = authorities.successors(on)
    ended = await successions.ended_homes(session, ids, successors)
    await successions.transfer_to_successors(session, ids, successors)
    homes = [(one, home) for one in ended if (home := _home(one, authorities, on)) is not None]
    if homes:
        rows = [_row(one, home, authorities, at) for one, home in homes if one.home_ended]
        await decisions.add_decisions(session, rows)
        await outbox.emit(
            session,
            [
                events.home_authority_resolved_without_register(one, home, _known(one), at)
                for one, home in homes
            ],
        )
    await report_unresolved_homes.report_again(session, ids, at)


def _home(ended: EndedHome, authorities: Authorities, on: date) -> Responsibility | None:
    home = authorities.current(ended.municipality, on)
    if home is None:
        return None
    return Responsibility(
        on,
        home.id,
        authorities.region_of(home.id, on),
        authorities.acting_for(home, on) or home.id,
        authorities.covered_by(home.id, on),
        ResolvedReason.SUCCESSOR_BY_LAW,
    )


def _known(ended: EndedHome) -> events.KnownOfPerson:
    return Contactability(ended.contactability), ended.digital_post, ended.letter_allowed, ended.recipient


def _row(ended: EndedHome, home: Responsibility, authorities: Authorities, at: datetime) -> DecisionRow:
    return DecisionRow(
        ended.registration_id,
        home.on,
        at,
        "resolved",
        home.reason,
        municipality=home.municipality,
        region=home.region,
        health_council=authorities.health_council_of(home.municipality, home.on),
        acting=None if home.acting == home.municipality else home.acting,
        covered_by=home.covered_by,
    )
