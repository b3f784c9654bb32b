"""Named authorities that do not exist. Registration accepts any code, so a typing error is found here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from contracts.events.ids import AuthorityId, IncidentId
from services.routing.domain import reasons
from services.routing.domain.authority import Authorities
from services.routing.domain.disclosure import ConsentLedger, RegistrationConsent
from services.routing.domain.reasons import ExplanationLanguage


@dataclass(frozen=True, slots=True)
class IncidentAuthorities:
    """The authorities that an incident names, in order. Empty: the incident is not known yet."""

    incident_id: IncidentId
    on: date | None
    named: tuple[AuthorityId, ...]
    exercise: bool


class DisclosureObstacle(StrEnum):
    """Why nothing is disclosed to the home authority."""

    NO_CONSENT = "no_consent"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    NAMES_OTHERS = "names_others"
    NAMES_UNKNOWN = "names_unknown"  # names only authorities that do not exist


def unknown_event_authorities(
    scene: IncidentAuthorities, authorities: Authorities
) -> tuple[AuthorityId, ...]:
    """Return the named authorities without an existing authority or successor on that day."""
    return () if scene.on is None else unknown_codes(scene.named, authorities, scene.on)


def unknown_codes(
    named: Iterable[AuthorityId], authorities: Authorities, on: date
) -> tuple[AuthorityId, ...]:
    return tuple(code for code in named if authorities.current(code, on) is None)


def incident_advice(
    scene: IncidentAuthorities, authorities: Authorities, language: ExplanationLanguage
) -> list[str]:
    """Return advice for each unknown event authority."""
    if scene.on is None:
        return []
    on, incident = language.format_day(scene.on), str(scene.incident_id)
    return [
        reasons.EVENT_AUTHORITY_UNKNOWN(language, code=code, day=on, incident=incident)
        for code in unknown_event_authorities(scene, authorities)
    ]


def incident_warnings(
    scene: IncidentAuthorities, authorities: Authorities, languages: Mapping[str, ExplanationLanguage]
) -> list[dict[str, str]]:
    """Return the advice in every language. The client chooses."""
    advice = [incident_advice(scene, authorities, language) for language in languages.values()]
    return [dict(zip(languages, texts, strict=True)) for texts in zip(*advice, strict=True)]


def disclosure_obstacle(
    ledger: ConsentLedger, authorities: Authorities, at: datetime
) -> DisclosureObstacle | None:
    """Return why the consent does not allow disclosure, for a person whose case is not disclosed."""
    consent = ledger.unwithdrawn_consent()
    if consent is None:
        return DisclosureObstacle.NO_CONSENT if ledger.consent is None else DisclosureObstacle.WITHDRAWN
    if at >= consent.expires_at:
        return DisclosureObstacle.EXPIRED
    if names_only_unknown(consent, authorities):
        return DisclosureObstacle.NAMES_UNKNOWN
    return DisclosureObstacle.NAMES_OTHERS if consent.authorities else None


def names_only_unknown(consent: RegistrationConsent, authorities: Authorities) -> bool:
    """Return whether the consent names only authorities that exist on no date."""
    return bool(consent.authorities) and not any(authorities.knows(code) for code in consent.authorities)
