"""The snapshot of a wave that the second person approves: its members in figures and as one hash."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from contracts.events.ids import AuthorityId
from contracts.events.vocabulary import Channel, StepKind, WithheldReason
from services.outreach.domain.eligibility import ChosenChannels, Excluded, Ineligible, Planned
from services.outreach.domain.plan import ContactPlan

Share = tuple[AuthorityId, AuthorityId, Channel, StepKind]  # municipality, who acts, first channel, kind
SEPARATOR = ","  # between the channels of one step


@dataclass(frozen=True, slots=True)
class Scope:
    """Who a wave contacts. Empty: everybody registered at the incident."""

    roles: Sequence[str] = ()
    municipalities: Sequence[str] = ()
    registrations: Sequence[UUID] = ()
    repeat: bool = False  # also people who already got the same

    def as_text(self) -> str:
        return json.dumps(asdict(self), default=str, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a snapshot as stored: the joined channels and the reason of each step."""

    registration_id: UUID
    municipality: AuthorityId | None
    excluded: WithheldReason | None
    channels: tuple[str, ...]
    reasons: tuple[str, ...]
    again: bool = False
    acting: AuthorityId | None = None  # None: the municipality itself
    language: str = ""  # the person's; not part of the hash, like the next field
    redeciding: bool = False  # a new routing decision is pending


def build_member(
    registration_id: UUID, decision: Planned | Excluded, language: str = "", *, redeciding: bool = False
) -> Member:
    match decision:
        case Excluded(municipality, reason):
            return Member(registration_id, municipality, reason, (), ())
        case Planned(municipality, steps, again, acting):
            channels = tuple([_joined(step) for step in steps])
            reasons = tuple([step.reason for step in steps])
            return Member(
                registration_id, municipality, None, channels, reasons, again, acting, language, redeciding
            )


def _joined(step: ChosenChannels | Ineligible) -> str:
    return SEPARATOR.join(step.channels) if isinstance(step, ChosenChannels) else ""


class SnapshotBuilder:
    """Add the members chunk by chunk in the order of their ids. Keep only the hash and figures."""

    def __init__(self, plan: ContactPlan, plan_text: str, scope: Scope) -> None:
        self._kinds = tuple(step.kind for step in plan.steps)
        self._templates = tuple(step.template for step in plan.steps)
        about = f"{plan.name}\n{plan.version}\n{plan_text}\n{scope.as_text()}\n"
        self._hash = hashlib.sha256(about.encode())
        self._last: UUID | None = None
        self.people = 0
        self.planned = 0
        self.again = 0  # of those planned, people who already got one of the steps
        self.redeciding = 0  # of those planned
        self.excluded: Counter[WithheldReason] = Counter()
        self.omitted: Counter[tuple[StepKind, str]] = Counter()  # steps of those planned, by reason
        self.contacts: Counter[Share] = Counter()
        self.languages: Counter[tuple[str, Channel, str]] = Counter()  # messages: template, channel, language

    def add(self, members: list[Member]) -> None:
        lines = []
        for each in members:
            if self._last is not None and each.registration_id <= self._last:
                raise ValueError("add the members of a snapshot in the order of their ids, each once")
            self._last = each.registration_id
            lines.append(
                f"{each.registration_id}|{each.municipality or ''}|{each.acting or ''}|{each.excluded or ''}"
                f"|{';'.join(each.channels)}|{';'.join(each.reasons)}|{'again' if each.again else ''}\n"
            )
            self._count(each)
        self._hash.update("".join(lines).encode())

    def _count(self, each: Member) -> None:
        self.people += 1
        if each.excluded is not None or each.municipality is None:
            self.excluded[each.excluded or WithheldReason.NO_HOME_AUTHORITY] += 1
            return
        self.planned += 1
        self.again += each.again
        self.redeciding += each.redeciding
        steps = zip(self._kinds, self._templates, each.channels, each.reasons, strict=True)
        for kind, template, channels, reason in steps:
            if channels:
                first = Channel(channels.partition(SEPARATOR)[0])
                where = each.municipality, each.acting or each.municipality
                self.contacts[*where, first, kind] += 1
                if kind is StepKind.MESSAGE:
                    self.languages[template, first, each.language] += 1
            else:
                self.omitted[kind, reason] += 1

    def digest(self) -> str:
        return self._hash.hexdigest()
