"""Who may decide a merge, and what the one that stays takes over and gives back."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.personal import Address, Circumstances, ContactDetails, Identifier, Identity
from contracts.events.vocabulary import AgeBand, Channel, Presence, Role
from services.registration.domain.contact_details import possible_channels
from services.registration.domain.duplicate_review import (
    DecisionStep,
    DecisionVerdict,
    DuplicateState,
    grown,
    judge,
    lacking,
    shrunk,
)
from services.registration.domain.person import Particulars

ON = date(2026, 11, 25)
CPRS = st.sampled_from([Identifier("cpr", "0101585018"), Identifier("passport", "AB12345", "SE")])
BORN = st.sampled_from([None, "1858-01-01", "2015-03-02"])
TEXT = st.sampled_from([None, "stod ved spor 3", "kan ikke sove"])


@st.composite
def people(draw: st.DrawFn) -> Particulars:
    identity = Identity(tuple(draw(st.lists(CPRS, unique=True, max_size=2))), draw(BORN))
    contact = ContactDetails(
        draw(st.sampled_from(["Kirsten Holm", "K. Holm"])),
        draw(st.sampled_from([None, "+4520123456", "+4520123457"])),
        draw(st.sampled_from([None, "k@example.dk"])),
        draw(st.sampled_from([(), (Address("Ågade 1", "8000"),)])),
    )
    circumstances = Circumstances(draw(TEXT), draw(TEXT))
    return Particulars(
        role=Role.VICTIM,
        presence=Presence.STATED,
        language="da",
        interpreter=False,
        age_band=draw(st.sampled_from(AgeBand)),
        channels=possible_channels(contact, identity),
        identity=identity if identity != Identity() else None,
        contact=contact,
        note=None,
        circumstances=circumstances if circumstances != Circumstances() else None,
    )


@given(people(), people())
def test_what_a_merge_gives_its_undoing_takes_and_no_more(own: Particulars, other: Particulars) -> None:
    gained = lacking(own, other, ON)

    assert shrunk(grown(own, gained), gained) == own


@given(people(), people())
def test_the_one_that_stays_keeps_what_it_has_and_then_lacks_nothing(
    own: Particulars, other: Particulars
) -> None:
    both = grown(own, lacking(own, other, ON))

    assert both.contact.phone == (own.contact.phone or other.contact.phone)
    assert both.contact.email == (own.contact.email or other.contact.email)
    assert both.contact.name == own.contact.name
    held = both.identity.identifiers if both.identity else ()
    for one in (own, other):
        assert set(one.identity.identifiers if one.identity else ()) <= set(held)
    assert set(own.channels) <= set(both.channels)
    assert grown(both, lacking(both, other, ON)) == both


def test_what_was_corrected_since_the_merge_is_not_taken_back() -> None:
    own = Particulars(
        role=Role.VICTIM, presence=Presence.STATED, language="da", interpreter=False,
        age_band=AgeBand.UNKNOWN, channels=(), identity=None,
        contact=ContactDetails("Kirsten Holm"), note=None,
    )  # fmt: skip
    contact = ContactDetails("Kirsten Holm", "+4520123456", "k@example.dk")
    gained = lacking(own, Particulars(**{**_fields(own), "contact": contact}), ON)
    corrected = ContactDetails("Kirsten Holm", "+4588888888", "k@example.dk")

    after = shrunk(Particulars(**{**_fields(own), "contact": corrected}), gained)

    assert (after.contact.phone, after.contact.email) == ("+4588888888", None)
    assert after.channels == (Channel.CALL, Channel.SMS)


def _fields(person: Particulars) -> dict[str, object]:
    return {name: getattr(person, name) for name in Particulars.__dataclass_fields__}


VERDICTS = {
    "a first person suggests": (DecisionStep.SUGGEST, DuplicateState.OPEN, None, "A", DecisionVerdict.GO),
    "the same suggestion again": (
        DecisionStep.SUGGEST,
        DuplicateState.SUGGESTED,
        "A",
        "A",
        DecisionVerdict.DONE,
    ),
    "another's suggestion again": (
        DecisionStep.SUGGEST,
        DuplicateState.SUGGESTED,
        "A",
        "B",
        DecisionVerdict.NOT_NOW,
    ),
    "a dismissed pair is thought over": (
        DecisionStep.SUGGEST,
        DuplicateState.DISMISSED,
        None,
        "A",
        DecisionVerdict.GO,
    ),
    "a second person confirms": (DecisionStep.MERGE, DuplicateState.SUGGESTED, "A", "B", DecisionVerdict.GO),
    "the first person confirms": (
        DecisionStep.MERGE,
        DuplicateState.SUGGESTED,
        "A",
        " a",
        DecisionVerdict.OWN_SUGGESTION,
    ),
    "nobody has suggested": (DecisionStep.MERGE, DuplicateState.OPEN, None, "B", DecisionVerdict.NOT_NOW),
    "the same confirmation again": (
        DecisionStep.MERGE,
        DuplicateState.MERGED,
        "A",
        "B",
        DecisionVerdict.DONE,
    ),
    "a merged pair is not dismissed but undone": (
        DecisionStep.DISMISS,
        DuplicateState.MERGED,
        "A",
        "B",
        DecisionVerdict.NOT_NOW,
    ),
    "whoever sees it undoes it": (DecisionStep.UNDO, DuplicateState.MERGED, "A", "A", DecisionVerdict.GO),
    "there is nothing to undo": (
        DecisionStep.UNDO,
        DuplicateState.SUGGESTED,
        "A",
        "A",
        DecisionVerdict.NOT_NOW,
    ),
}


@pytest.mark.parametrize(("step", "state", "suggested_by", "by", "verdict"), VERDICTS.values(), ids=VERDICTS)
def test_each_step_is_taken_once_and_by_who_may(
    step: DecisionStep, state: DuplicateState, suggested_by: str | None, by: str, verdict: DecisionVerdict
) -> None:
    assert judge(step, state, suggested_by, by) is verdict
