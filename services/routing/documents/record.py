"""The record disclosed to an authority with a case, opened, for its journal."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from contracts.events import personal
from contracts.events.ids import AuthorityId
from contracts.events.vocabulary import Relation
from contracts.rules.identity import IdentitySystem
from contracts.wire.sealed import FieldSet, Personal
from kit.privacy.sealing import DataKey, Unopenable
from services.routing.documents.consents import DocumentedConsent
from services.routing.domain.authority import Authorities
from services.routing.domain.disclosure import is_address_masked
from services.routing.domain.reasons import RESOLVED, UNRESOLVED, TranslatedText
from services.routing.i18n.languages import DANISH
from services.routing.store.decisions import ListedDecision
from services.routing.store.handover_lists import DisclosedFields, DisclosedHandover
from services.routing.store.relations import PersonRelation

_ = DANISH.translate
_HOME = ZoneInfo("Europe/Copenhagen")
_OF_HANDOVER: Final = (
    "handover_id", "registration_id", "exercise", "state", "offered_at", "answer_by", "accepted_at",
    "contact_by", "first_contact_at",
)  # fmt: skip
_OF_PERSON: Final = ("age_band", "role", "language", "preferred_channel", "do_not_contact")
_OF_CONSENT: Final = (
    "consent_id", "purpose", "channels", "wording", "language", "obtained", "form_number", "given_at",
    "expires_at",
)  # fmt: skip
T = TypeVar("T", bound=Personal)


@dataclass(frozen=True, slots=True)
class NamedAuthority:
    authority: AuthorityId
    name: str


@dataclass(frozen=True, slots=True)
class ConsentSection:
    """A consent with the authorities it is limited to. Empty: not limited."""

    told: DocumentedConsent
    authorities: tuple[NamedAuthority, ...]

    def as_json(self) -> dict[str, object]:
        row, said = self.told.row, self.told.documentation
        return {name: getattr(row, name) for name in _OF_CONSENT} | {
            "authorities": [{"authority": one.authority, "name": one.name} for one in self.authorities],
            "withdrawn_at": self.told.withdrawn_at,
            "by": said and said.by,
            "witness": said and said.witness,
            "guardian": said and said.guardian,
        }


@dataclass(frozen=True, slots=True)
class HandoverRecord:
    row: DisclosedHandover
    to: NamedAuthority
    municipality: NamedAuthority
    contact: personal.ContactDetails = field(repr=False)
    identity: personal.Identity = field(repr=False)
    circumstances: personal.Circumstances = field(repr=False)
    protected: bool  # omit the address
    decisions: tuple[str, ...]
    passed: tuple[DisclosedFields, ...]
    consents: tuple["ConsentSection", ...]
    relations: tuple[tuple[Relation, UUID], ...]  # relation and registration id of the relative

    @property
    def addresses(self) -> tuple[personal.Address, ...]:
        return () if self.protected else self.contact.addresses

    @property
    def field_sets(self) -> tuple[FieldSet, ...]:
        """The field sets that are opened. The recipient says whether the address is protected."""
        there = (
            (personal.IDENTITY, self.row.identity),
            (personal.CIRCUMSTANCES, self.row.circumstances),
            (personal.RECIPIENT, self.row.recipient),
        )
        return (personal.CONTACT, *(field_set for field_set, sealed in there if sealed is not None))


def open_record(
    row: DisclosedHandover,
    key: DataKey,
    passed: Sequence[DisclosedFields],
    decisions: Sequence[ListedDecision],
    about: tuple[Sequence[DocumentedConsent], Sequence[PersonRelation]],
    authorities: Authorities,
) -> HandoverRecord:
    """Raise Unopenable where what is sealed is not what it should be. `about`: consents, and relations."""
    consents, relations = about
    identity = _opened(key, personal.IDENTITY, row.identity, personal.Identity) or personal.Identity()
    recipient = _opened(key, personal.RECIPIENT, row.recipient, personal.Recipient)
    told = _opened(key, personal.CIRCUMSTANCES, row.circumstances, personal.Circumstances)
    contact = _opened(key, personal.CONTACT, row.contact, personal.ContactDetails)
    if contact is None:
        raise Unopenable("the person's contact details are missing")
    numbered = any(one.system == IdentitySystem.CPR for one in identity.identifiers)
    on = row.offered_at.astimezone(_HOME).date()
    return HandoverRecord(
        row,
        _named(row.authority, authorities, on),
        _named(row.municipality, authorities, on),
        contact,
        identity,
        told or personal.Circumstances(),
        is_address_masked(recipient, numbered=numbered),
        tuple(_in_words(decision, authorities) for decision in decisions),
        tuple(passed),
        tuple(_consent(one, authorities, on) for one in consents),
        tuple((Relation(one.word), one.relative_id) for one in relations),
    )


def _consent(told: DocumentedConsent, authorities: Authorities, on: date) -> ConsentSection:
    return ConsentSection(told, tuple(_named(code, authorities, on) for code in told.row.authorities))


def _named(authority: str, authorities: Authorities, on: date) -> NamedAuthority:
    return NamedAuthority(AuthorityId(authority), authorities.name_of(authority, on))


def _opened(key: DataKey, field_set: FieldSet, sealed: bytes | None, kind: type[T]) -> T | None:
    if sealed is None:
        return None
    try:
        return key.open(field_set, sealed, kind)
    except msgspec.MsgspecError:
        raise Unopenable("the sealed data does not decode") from None


def _in_words(decision: ListedDecision, authorities: Authorities) -> str:
    """Describe the decision. The note of the official is not disclosed."""
    on, day = decision.on_date, DANISH.format_day(decision.on_date)
    if decision.municipality is None:
        return f"{_('%(day)s: no authority found.') % {'day': day}} {_why(UNRESOLVED, decision)}"
    home = authorities.name_of(decision.municipality, on)
    sentences = [f"{day}: {home}.", _why(RESOLVED, decision)]
    if acting := decision.acting:
        sentences.append(
            _("%(authority)s acts in its place.") % {"authority": authorities.name_of(acting, on)}
        )
    return " ".join(sentences)


def _why(words: Mapping[str, TranslatedText], decision: ListedDecision) -> str:
    return words[decision.reason](DANISH)


def as_json(record: HandoverRecord) -> dict[str, object]:
    row = record.row
    return {name: getattr(row, name) for name in _OF_HANDOVER} | {
        "incident": {
            "incident_id": row.incident_id,
            "name": row.incident_name,
            "place": row.incident_place,
            "started_at": row.started_at,
            "event_authority": row.event_authority,
        },
        "to": {"authority": record.to.authority, "name": record.to.name},
        "municipality": {"authority": record.municipality.authority, "name": record.municipality.name},
        "person": _person(record),
        "circumstances": record.circumstances.circumstances,
        "concerns": record.circumstances.concerns,
        "registered": {"at": row.registered_at, "place": row.place},
        "consents": [one.as_json() for one in record.consents],
        "relations": [{"word": word, "registration_id": other} for word, other in record.relations],
        "decisions": record.decisions,
        "passed_on": [asdict(one) for one in record.passed],
    }


def _person(record: HandoverRecord) -> dict[str, object]:
    row, contact = record.row, record.contact
    return {name: getattr(row, name) for name in _OF_PERSON} | {
        "name": contact.name,
        "birth_date": record.identity.birth_date,
        "identifiers": [msgspec.to_builtins(one) for one in record.identity.identifiers],
        "phone": contact.phone,
        "email": contact.email,
        "addresses": [msgspec.to_builtins(one) for one in record.addresses],
        "protected": record.protected,
        "interpreter": contact.interpreter,
        "preferred_time": contact.preferred_time,
    }
