"""What the second person approves: figures that add up, and one hash of everybody and everything."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from kit.ids import new_id
from services.outreach.domain.choosing import Person, decide
from services.outreach.domain.frozen import Freezing, Member, member
from services.outreach.plans.files import from_text, load
from tests.unit.outreach.cases import NOW
from tests.unit.outreach.test_choosing import PEOPLE

TEXT = load()["exercise"]
PLAN = from_text(TEXT)


def frozen(*chunks: Sequence[Member]) -> Freezing:
    freezing = Freezing(PLAN, TEXT)
    for chunk in chunks:
        freezing.add(list(chunk))
    return freezing


@given(st.lists(PEOPLE, max_size=6), st.integers(0, 6))
def test_everybody_is_counted_once_and_chunks_leave_no_trace(people: list[Person], cut: int) -> None:
    members = [member(new_id(), decide(person, PLAN, NOW)) for person in people]

    whole, parts = frozen(members), frozen(members[:cut], members[cut:])

    assert whole.people == whole.planned + whole.excluded.total() == len(people)
    assert whole.planned <= whole.contacts.total() <= whole.planned * len(PLAN.steps)
    assert whole.digest() == parts.digest()


@given(st.lists(PEOPLE, min_size=1, max_size=4), PEOPLE, st.data())
def test_another_decision_about_one_person_is_another_hash(
    people: list[Person], other: Person, data: st.DataObject
) -> None:
    members = [member(new_id(), decide(person, PLAN, NOW)) for person in people]
    at = data.draw(st.integers(0, len(people) - 1))
    changed = [*members]
    changed[at] = member(members[at].registration_id, decide(other, PLAN, NOW))

    assert (frozen(members).digest() == frozen(changed).digest()) == (changed == members)
    assert frozen(members[:-1]).digest() != frozen(members).digest()
