"""Combine the consent ledgers of merged registrations: the stricter consent counts.

The rule is in docs/decisions/0011-combine-merged-consents-by-the-stricter-one.md. consent.py folds one
ledger. This module folds several. The result does not depend on the order of the facts.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

from contracts.events.ids import AuthorityId, ConsentId, RegistrationId
from contracts.events.vocabulary import Purpose
from services.registration.domain import consent
from services.registration.domain.consent import ConsentDetails, Consents, Entry, Given, Withdrawn


@dataclass(frozen=True, slots=True)
class Merged:
    """Another registration of this person was merged. `trail` holds its consents."""

    at: datetime
    away: RegistrationId
    trail: frozenset["Fact"]


Fact = Entry | Merged


@dataclass(slots=True)
class Trail:
    """The ledger of one registration before the ledgers are combined."""

    source: RegistrationId
    parent: RegistrationId | None  # the registration that it repeats or was merged into
    merged_at: datetime | None  # None: a repeat matched by rule; its entries belong to its parent
    facts: list["Fact"] = field(default_factory=list)


def gather(trails: Mapping[RegistrationId, Trail]) -> None:
    """Add every trail to its parent. Start with the innermost, so that each is complete when it is added."""
    depths = {source: _depth(trails, trail) for source, trail in trails.items()}
    for source in sorted(trails, key=lambda one: depths[one], reverse=True):
        trail = trails[source]
        if trail.parent is None:
            continue
        if trail.merged_at is None:
            trails[trail.parent].facts.extend(trail.facts)
        else:
            trails[trail.parent].facts.append(Merged(trail.merged_at, source, frozenset(trail.facts)))


def _depth(trails: Mapping[RegistrationId, Trail], trail: Trail) -> int:
    return 0 if trail.parent is None else 1 + _depth(trails, trails[trail.parent])


def fold(facts: Collection[Fact]) -> Consents:
    if not any(isinstance(fact, Merged) for fact in facts):
        return consent.fold([fact for fact in facts if not isinstance(fact, Merged)])
    ended = _ended(facts)
    held = _held(facts, Consents((), ended))
    return Consents(tuple(sorted(held, key=_age)), ended)


def entries(facts: Iterable[Fact]) -> Iterator[Entry]:
    """Yield the entries of all trails."""
    for fact in facts:
        if isinstance(fact, Merged):
            yield from entries(fact.trail)
        else:
            yield fact


def consent_sources(facts: Collection[Fact], staff: Collection[RegistrationId]) -> list[RegistrationId]:
    """Return the registrations with a consent to contact: those by staff, in force and newest come first.

    Their guardian is the one to call: a call about a child is a call to the guardian who consented last.
    """
    state = fold(facts)
    given = [
        one
        for one in entries(facts)
        if isinstance(one, Given) and one.terms.purpose is Purpose.CONTACT and one.sealed_for
    ]
    given.sort(key=lambda one: (one.sealed_for in staff, state.stands(one), _age(one)), reverse=True)
    return [one.sealed_for for one in given if one.sealed_for]


def _ended(facts: Iterable[Fact]) -> dict[Purpose, datetime]:
    """Return the last withdrawal of each purpose. It ends all earlier consents in every trail."""
    ended: dict[Purpose, datetime] = {}
    for entry in entries(facts):
        if isinstance(entry, Withdrawn):
            ended[entry.purpose] = max(entry.at, ended.get(entry.purpose, entry.at))
    return ended


def _held(facts: Collection[Fact], withdrawals: Consents) -> set[Given]:
    held = {fact for fact in facts if isinstance(fact, Given) and withdrawals.stands(fact)}
    spoke = _first(fact for fact in facts if not isinstance(fact, Merged))
    merges = {fact for fact in facts if isinstance(fact, Merged)}
    for merge in sorted(merges, key=lambda merge: (merge.at, merge.away)):
        theirs = _held(merge.trail, withdrawals)
        since = _first(merge.trail)
        held = _joined(
            held, theirs, merge.at, one_spoke=_by(spoke, merge.at), other_spoke=_by(since, merge.at)
        )
        spoke = min((at for at in (spoke, since) if at is not None), default=None)
    return held


def _first(facts: Iterable[Fact]) -> datetime | None:
    """Return the time of the earliest entry."""
    moments = (entry.terms.at if isinstance(entry, Given) else entry.at for entry in entries(facts))
    return min(moments, default=None)


def _by(moment: datetime | None, at: datetime) -> bool:
    return moment is not None and moment <= at


def _joined(
    one: set[Given], other: set[Given], at: datetime, *, one_spoke: bool, other_spoke: bool
) -> set[Given]:
    """Keep every consent given after the merge. Of earlier ones keep what both registrations allow."""
    before_one = {given for given in one if given.terms.at <= at}
    before_other = {given for given in other if given.terms.at <= at}
    after = (one - before_one) | (other - before_other)
    if one_spoke and other_spoke:
        return after | stricter(before_one, before_other)
    return after | before_one | before_other


def stricter(one: Iterable[Given], other: Iterable[Given]) -> set[Given]:
    """Return what both allow. Each part is documented by the later of its two consents."""
    others = list(other)
    pairs = [(_both(a, b), a, b) for a in one for b in others]
    found = [(both, a, b) for both, a, b in pairs if both is not None]
    kept: list[tuple[Given, Given, Given]] = []
    for part in sorted(found, key=lambda part: _breadth(part[0]), reverse=True):
        if not any(_covers(wider, part[0]) for wider, _, _ in kept):
            kept.append(part)
    uses = Counter(both.consent_id for both, _, _ in kept)
    return {both if uses[both.consent_id] == 1 else _of_its_own(both, a, b) for both, a, b in kept}


def _both(one: Given, other: Given) -> Given | None:
    """Return what both consents allow, or None."""
    if one.terms.purpose is not other.terms.purpose:
        return None
    later = max(one, other, key=_age)
    channels = tuple(c for c in one.terms.channels if c in other.terms.channels)
    if later.terms.purpose is Purpose.CONTACT and not channels:
        return None
    authorities = _common(one.terms.authorities, other.terms.authorities)
    expires_at = min(one.terms.expires_at, other.terms.expires_at)
    if authorities is None or expires_at <= later.terms.at:
        return None
    terms = replace(later.terms, channels=channels, authorities=authorities, expires_at=expires_at)
    return replace(later, terms=terms)


def _common(one: tuple[AuthorityId, ...], other: tuple[AuthorityId, ...]) -> tuple[AuthorityId, ...] | None:
    """Return the authorities that both allow. None: no such authority. Empty: any responsible authority."""
    if not one or not other:
        return one or other
    return tuple(sorted(set(one) & set(other))) or None


def _covers(wider: Given, given: Given) -> bool:
    a, b = wider.terms, given.terms
    whom = not a.authorities or (bool(b.authorities) and set(b.authorities) <= set(a.authorities))
    what = a.purpose is b.purpose and set(b.channels) <= set(a.channels)
    return what and whom and b.expires_at <= a.expires_at


def _of_its_own(both: Given, one: Given, other: Given) -> Given:
    """Give a part its own id where two parts come from one consent."""
    first, second = sorted((one.consent_id, other.consent_id))
    return Given(ConsentId(uuid5(NAMESPACE_OID, f"{first}/{second}")), both.terms)


def _age(given: Given) -> tuple[datetime, ConsentId]:
    return given.terms.at, given.consent_id


def _breadth(given: Given) -> tuple[datetime, int, bool, int, datetime, ConsentId]:
    terms: ConsentDetails = given.terms
    whom = (not terms.authorities, len(terms.authorities))
    return terms.expires_at, len(terms.channels), *whom, *_age(given)
