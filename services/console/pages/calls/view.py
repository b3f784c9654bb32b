"""View models of a call list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.console.clients.service_client import header_value


@dataclass(frozen=True, slots=True)
class CallLine:
    contact_id: str
    incident_id: str
    incident: str
    exercise: bool
    role: str
    language: str
    preferred_time: str
    attempts: int
    due_at: str
    not_after: str
    claimed_by: str | None
    mine: bool
    later: bool  # due later: an agreed time, or the next attempt
    paused: bool


@dataclass(frozen=True, slots=True)
class FollowUpLine:
    """A follow-up that is still open."""

    follow_up_id: str
    reason: str
    incident: str
    exercise: bool
    role: str
    told_by: str
    told_at: str


def call_line(call: dict[str, Any], incidents: Mapping[str, str], who: str, now: datetime) -> CallLine:
    return CallLine(
        contact_id=str(call["contact_id"]),
        incident_id=str(call["incident_id"]),
        incident=incidents.get(str(call["incident_id"]), ""),
        exercise=call["exercise"],
        role=call["role"] or "",
        language=call["language"] or "",
        preferred_time=call.get("preferred_time") or "",
        attempts=call["attempts"],
        due_at=call["due_at"],
        not_after=call["not_after"],
        claimed_by=call["claimed_by"],
        mine=call["claimed_by"] == header_value(who),
        later=datetime.fromisoformat(call["due_at"]) > now,
        paused=call.get("wave_state") == "paused",
    )


def follow_up_line(line: dict[str, Any], incidents: Mapping[str, str]) -> FollowUpLine:
    return FollowUpLine(
        follow_up_id=str(line["follow_up_id"]),
        reason=line["reason"],
        incident=incidents.get(str(line["incident_id"]), ""),
        exercise=line["exercise"],
        role=line["role"] or "",
        told_by=line["told_by"],
        told_at=line["told_at"],
    )
