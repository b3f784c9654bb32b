"""The snapshot that the second person approves: consistent figures and one hash of all content."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.events.ids import AuthorityId
from contracts.events.vocabulary import WithheldReason
from kit.runtime.ids import new_id
from services.outreach.domain.eligibility import ProjectedPerson, decide
from services.outreach.domain.snapshot import Member, Scope, SnapshotBuilder, build_member
from services.outreach.plans.files import from_text, load
from tests.unit.outreach.cases import NOW
from tests.unit.outreach.test_eligibility import PEOPLE

TEXT = load()["exercise"]
PLAN = from_text(TEXT)


def frozen(*chunks: Sequence[Member]) -> SnapshotBuilder:
    freezing = SnapshotBuilder(PLAN, TEXT, Scope())
    for chunk in chunks:
        freezing.add(list(chunk))
    return freezing


@given(st.lists(PEOPLE, max_size=6), st.integers(0, 6))
def test_everybody_is_counted_once_whatever_the_chunks(people: list[ProjectedPerson], cut: int) -> None:
    members = [build_member(new_id(), decide(person, PLAN, NOW)) for person in people]

    whole, parts = frozen(members), frozen(members[:cut], members[cut:])

    assert whole.people == whole.planned + whole.excluded.total() == len(people)
    assert whole.planned <= whole.contacts.total() <= whole.planned * len(PLAN.steps)
    assert whole.digest() == parts.digest()


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "municipality": st.sampled_from(["0751", "0461"]),
        "acting": st.sampled_from([None, "1082"]),
        "again": st.booleans(),
        "channels": st.sampled_from([("sms", "call"), ("sms,email", "call"), ("sms,email", "")]),
        "reasons": st.sampled_from([("first_choice",) * 2, ("next_possible", "first_choice")]),
    },
)
PLANNED = Member(new_id(), AuthorityId("0751"), None, ("sms", "call"), ("first_choice", "first_choice"))
EXCLUDED = Member(new_id(), None, WithheldReason.NO_CONSENT, (), ())


@given(FIELDS)
def test_another_decision_about_one_person_is_another_hash(fields: dict[str, Any]) -> None:
    changed = replace(PLANNED, **fields)

    assert (frozen([PLANNED, EXCLUDED]).digest() == frozen([changed, EXCLUDED]).digest()) == (
        changed == PLANNED
    )


def test_one_person_more_or_another_reason_is_another_hash() -> None:
    other = replace(EXCLUDED, excluded=WithheldReason.FORGOTTEN)

    digests = {frozen(chunk).digest() for chunk in ([PLANNED], [PLANNED, EXCLUDED], [PLANNED, other])}

    assert len(digests) == 3
