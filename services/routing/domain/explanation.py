"""Explain in sentences why an authority is responsible for a person on a date."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from contracts.events.ids import AuthorityId
from contracts.events.vocabulary import ClosedReason
from services.routing.domain import reasons
from services.routing.domain.authority import Authorities, AuthorityKind
from services.routing.domain.reasons import ExplanationLanguage
from services.routing.domain.redecision import HomeAuthority, home_authority_on


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A stored decision, with the official's note if it could be opened."""

    on: date
    decided_on: date
    reason: str
    municipality: AuthorityId | None = None  # None: no home authority was found
    region: str | None = None
    by: str | None = None  # None: by rule
    note: str | None = field(default=None, repr=False)
    candidates: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseHistory:
    """The state and decisions of a case, oldest first."""

    state: str
    decisions: tuple[PastDecision, ...]
    register_status: str | None = field(default=None, repr=False)  # of the last decision


@dataclass(frozen=True, slots=True)
class Explanation:
    on: date
    sentences: tuple[str, ...] = field(repr=False)
    home: HomeAuthority | None = None
    health_council: str | None = None
    acting: str | None = None


def explain(
    known: CaseHistory, authorities: Authorities, on: date, language: ExplanationLanguage
) -> Explanation:
    """Explain by the last decision up to that date; before the first decision, by the first."""
    past = decision_on(known.decisions, on)
    if past is None:
        return Explanation(on, (*_state(known, language), reasons.NOT_DECIDED(language)))
    home = home_authority_on(past.municipality, authorities, on) if past.municipality else None
    row = authorities.on(home.municipality, on) if home else None
    council = authorities.health_council_of(home.municipality, on) if home else None
    acting = authorities.acting_for(row, on) if row else None
    found = Explanation(on, (), home, council, acting)
    said = _SentenceWriter(authorities, language, on)
    sentences = (
        *_state(known, language),
        *said.answer(past, found),
        *said.sources(past, known.register_status if past is known.decisions[-1] else None),
        *said.history(known.decisions, past),
    )
    return Explanation(on, sentences, home, council, acting)


def decision_on(decisions: Sequence[PastDecision], on: date) -> PastDecision | None:
    """Return the decision that holds on a date."""
    return next((past for past in reversed(decisions) if past.on <= on), next(iter(decisions), None))


def _state(known: CaseHistory, language: ExplanationLanguage) -> Iterator[str]:
    if known.state == "merged":
        yield reasons.MERGED(language)
    if known.state == "forgotten":
        yield reasons.FORGOTTEN(language)


@dataclass(frozen=True, slots=True)
class _SentenceWriter:
    authorities: Authorities
    language: ExplanationLanguage
    on: date

    def answer(self, past: PastDecision, found: Explanation) -> Iterator[str]:
        said, when = self.language, self.language.format_day(self.on)
        if past.reason in set(ClosedReason):
            yield reasons.CLOSED(said, day=when)
            return
        if found.home is None:
            yield reasons.NOBODY(said, day=when)
            if past.municipality:
                yield reasons.ENDED(said, before=self.name(past.municipality))
            return
        yield from self._responsible(past, found, found.home)

    def _responsible(self, past: PastDecision, found: Explanation, home: HomeAuthority) -> Iterator[str]:
        said, when = self.language, self.language.format_day(self.on)
        yield reasons.RESPONSIBLE(said, day=when, home=self.name(home.municipality), code=home.municipality)
        if home.municipality != past.municipality:
            yield reasons.TAKEN_OVER(
                said, before=self.name(past.municipality or ""), home=self.name(home.municipality)
            )
        row = self.authorities.on(home.municipality, self.on)
        if home.region:
            yield reasons.REGION(said, region=self.name(home.region))
        elif row is None or row.kind is not AuthorityKind.REGION:
            yield reasons.NO_REGION(said)
        yield from self._others(found, home)

    def _others(self, found: Explanation, home: HomeAuthority) -> Iterator[str]:
        said = self.language
        if found.health_council:
            yield reasons.COUNCIL(said, council=self.name(found.health_council))
        if found.acting:
            yield reasons.ACTING(said, acting=self.name(found.acting))
        for one in self.authorities.taken_over(home.municipality, self.on):
            before, after = self.name(one.before), self.name(one.after)
            yield reasons.BY_LAW(said, day=said.format_day(one.on), before=before, after=after)

    def sources(self, past: PastDecision, status: str | None) -> Iterator[str]:
        said = self.language
        yield _why(past)(said)
        if past.reason in reasons.BY_POSTCODE:
            yield reasons.POSTCODES_OF(said)
        if past.by:
            yield reasons.BY(said, by=past.by, day=said.format_day(past.decided_on))
        if past.note:
            yield reasons.NOTE(said, note=past.note)
        if status is not None and status in reasons.STATUSES:
            yield reasons.STATUS(said, code=status, words=reasons.STATUSES[status](said))
        if past.candidates:
            yield reasons.CANDIDATES(said, names=", ".join(self.name(code) for code in past.candidates))
        yield from (reasons.DOUBT(said, doubt=reasons.DOUBTS[doubt](said)) for doubt in past.doubts)
        if past.on != self.on:
            yield reasons.DECIDED_FOR(said, day=said.format_day(past.on))

    def history(self, decisions: Sequence[PastDecision], holds: PastDecision) -> Iterator[str]:
        for past in decisions:
            if past is holds:
                return
            when = self.language.format_day(past.on)
            if past.municipality is None:
                yield reasons.EARLIER_NONE(self.language, day=when, why=_why(past)(self.language))
                continue
            region = f", {self.name(past.region, past.on)}" if past.region else ""
            home = self.name(past.municipality, past.on)
            yield reasons.EARLIER(self.language, day=when, home=home, region=region)

    def name(self, authority: str, on: date | None = None) -> str:
        return self.authorities.name_of(authority, on or self.on)


def _why(past: PastDecision) -> reasons.TranslatedText:
    texts = reasons.RESOLVED if past.municipality else reasons.UNRESOLVED
    return texts.get(past.reason, reasons.OTHER)
