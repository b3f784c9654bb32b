"""Events about contacts, made from rows."""

from collections.abc import Iterable
from datetime import datetime

import asyncpg

from contracts.outreach import CallListed, ContactWithheld
from contracts.vocabulary import WithheldReason


def withheld(rows: Iterable[asyncpg.Record], at: datetime) -> list[ContactWithheld]:
    """`rows` as store.contacts.withhold gives them."""
    return [
        ContactWithheld(
            incident_id=row["incident_id"],
            exercise=row["exercise"],
            registration_id=row["registration_id"],
            contact_id=row["contact_id"],
            wave_id=row["wave_id"],
            municipality=row["municipality"],
            authority=row["authority"] or row["municipality"],
            kind=row["kind"],
            reason=WithheldReason(row["reason"]),
            withheld_at=at,
        )
        for row in rows
    ]


def listed_anew(rows: Iterable[asyncpg.Record], at: datetime) -> list[CallListed]:
    """`rows` as store.contacts.follow_people returns them: of calls on lists."""
    return [
        CallListed(
            incident_id=row["incident_id"],
            exercise=row["exercise"],
            registration_id=row["registration_id"],
            contact_id=row["contact_id"],
            wave_id=row["wave_id"],
            municipality=row["municipality"],
            authority=row["authority"],
            listed_at=at,
        )
        for row in rows
    ]
