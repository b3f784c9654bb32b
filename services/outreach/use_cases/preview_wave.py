"""Preview a wave: take a snapshot of the people it would contact, and by which channels.

Each chunk is a transaction of its own. Memory stays flat, and no long transaction holds back the relays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit.database.database import Database
from kit.http.web import Problem
from kit.runtime.clock import Clock
from services.outreach.domain.earlier_contacts import earlier_contents
from services.outreach.domain.eligibility import decide
from services.outreach.domain.plan import NO_CONTENT, ContactPlan
from services.outreach.domain.snapshot import Scope, SnapshotBuilder, build_member
from services.outreach.domain.wave import WaveAction
from services.outreach.domain.window import day_begins
from services.outreach.plans.files import from_text
from services.outreach.store import earlier_contacts, linked_people, people, wave_launches, wave_previews
from services.outreach.store.waves import Wave
from services.outreach.use_cases.change_wave import lock_for_action

CHUNK = 2000  # people


@dataclass(frozen=True, slots=True)
class Preview:
    wave: Wave
    number: int
    plan: ContactPlan
    named: Sequence[UUID]  # the selected people, and the primaries of those merged
    alone: bool  # no earlier contacts at this incident
    asked_again: datetime  # the draft asked routing to decide again about earlier decisions
    at: datetime


async def preview(database: Database, clock: Clock, wave_id: UUID, by: str) -> Wave:
    """Take a new snapshot. From now on an approval of an earlier snapshot is refused."""
    async with database.transaction() as session:
        wave = await lock_for_action(session, wave_id, WaveAction.PREVIEW)
        number = await wave_previews.begin_preview(session, wave_id)
        named = await linked_people.add_primaries(session, wave.registrations)
        alone = await wave_launches.is_first_launch(session, wave)
    plan, asked_again = from_text(wave.plan_text), day_begins(wave.created_at)
    found = Preview(wave, number, plan, named, alone, asked_again, clock.now())
    freezing = SnapshotBuilder(found.plan, wave.plan_text, wave.scope())
    after: UUID | None = None
    while True:
        last = await _freeze_chunk(database, found, freezing, after)
        if last is None:
            break
        after = last
    async with database.transaction() as session:
        frozen = await wave_previews.freeze(session, wave_id, number, freezing, by, found.at)
    if frozen is None:
        raise Problem(
            409,
            "Somebody else has started another preview of this wave. Reload the wave.",
            code="previewed-since",
        )
    await _drop_old(database, wave_id, number)
    return frozen


async def _freeze_chunk(
    database: Database, found: Preview, freezing: SnapshotBuilder, after: UUID | None
) -> UUID | None:
    wave = found.wave
    async with database.transaction() as session:
        scope = Scope(wave.roles, wave.municipalities, found.named)
        chunk = await people.select_people(session, wave.incident_id, scope, after, CHUNK)
        if not chunk:
            return None
        pairs = () if found.alone else [(wave.incident_id, registration_id) for registration_id, *_ in chunk]
        contacts = await earlier_contacts.load_of_people(session, pairs) if pairs else {}
        members = []
        for registration_id, person, language, decided_at in chunk:
            before = (
                earlier_contents(contacts[registration_id], besides=wave.wave_id)
                if registration_id in contacts
                else NO_CONTENT
            )
            decision = decide(person, found.plan, found.at, before, repeat=wave.repeat)
            redeciding = decided_at is not None and decided_at < found.asked_again
            members.append(build_member(registration_id, decision, language, redeciding=redeciding))
        await wave_previews.add_members(session, wave.wave_id, found.number, members)
    freezing.add(members)
    return chunk[-1][0]


async def _drop_old(database: Database, wave_id: UUID, number: int) -> None:
    while True:
        async with database.transaction() as session:
            if await wave_previews.delete_old_members(session, wave_id, number, CHUNK * 5) < CHUNK * 5:
                return
