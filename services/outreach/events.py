"""Build the events about contacts and waves from rows."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from contracts.events.ids import AuthorityId
from contracts.events.outreach import CallListed, ContactWithheld, ExcludedShare, PlannedShare, WaveLaunched
from contracts.events.vocabulary import Channel, StepKind, WithheldReason
from services.outreach.store.contacts import ReassignedContact, WithheldContact
from services.outreach.store.waves import Wave


def withheld_events(rows: Iterable[WithheldContact], at: datetime) -> list[ContactWithheld]:
    return [
        ContactWithheld(
            incident_id=row.incident_id,
            exercise=row.exercise,
            registration_id=row.registration_id,
            contact_id=row.contact_id,
            wave_id=row.wave_id,
            municipality=row.municipality,
            authority=row.authority or row.municipality,
            kind=StepKind(row.kind),
            reason=WithheldReason(row.reason),
            withheld_at=at,
        )
        for row in rows
    ]


def relisted_events(rows: Iterable[ReassignedContact], at: datetime) -> list[CallListed]:
    """`rows`: listed calls only."""
    return [
        CallListed(
            incident_id=row.incident_id,
            exercise=row.exercise,
            registration_id=row.registration_id,
            contact_id=row.contact_id,
            wave_id=row.wave_id,
            municipality=row.municipality,
            authority=row.authority,
            listed_at=at,
        )
        for row in rows
    ]


def wave_launched_event(wave: Wave, at: datetime) -> WaveLaunched:
    """Build the event with the figures of the frozen members."""
    shares: Counter[tuple[str, str, str]] = Counter()
    for share in wave.contacts:  # an early snapshot names no acting authority, only the municipality
        where = str(share["municipality"]), str(share.get("authority", share["municipality"]))
        shares[*where, str(share["channel"])] += int(str(share["contacts"]))
    return WaveLaunched(
        incident_id=wave.incident_id,
        exercise=wave.exercise,
        wave_id=wave.wave_id,
        plan=wave.plan,
        plan_version=wave.plan_version,
        frozen_hash=wave.frozen_hash or "",
        launched_at=at,
        planned=tuple(
            PlannedShare(
                municipality=AuthorityId(municipality),
                authority=AuthorityId(authority),
                channel=Channel(channel),
                contacts=count,
            )
            for (municipality, authority, channel), count in shares.items()
        ),
        excluded=tuple(
            ExcludedShare(reason=WithheldReason(reason), people=count)
            for reason, count in wave.excluded.items()
        ),
    )
