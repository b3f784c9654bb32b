"""What is said otherwise of an incident, and how two people of it are linked."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.ids import AuthorityId, IncidentId, RegistrationId
from contracts.events.vocabulary import IncidentKind
from contracts.wire.errors import FieldError
from kit.runtime.ids import new_id
from services.registration.domain.incident import Incident, corrected, differences
from services.registration.domain.relation import ONESELF, Pair, RelationInput, RelationWord, pair, word
from tests.unit.registration.moments import NOW

AARHUS, SKANDERBORG, RANDERS = AuthorityId("0751"), AuthorityId("0746"), AuthorityId("0730")
INCIDENT = Incident(
    id=IncidentId(new_id()),
    name="Togulykke",
    kind=IncidentKind.TRANSPORT,
    place="Aarhus H",
    started_at=NOW - timedelta(hours=2),
    event_authority=AARHUS,
    event_authorities=(AARHUS, SKANDERBORG),
    hotline=None,
    web_page=None,
    exercise=False,
    long_running=False,
    opened_at=NOW,
)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"event_authority": RANDERS}, (RANDERS, SKANDERBORG)),
        ({"event_authority": SKANDERBORG}, (SKANDERBORG,)),
        ({"event_authorities": (RANDERS,)}, (AARHUS, RANDERS)),
        ({"event_authorities": ()}, (AARHUS,)),
        ({"name": "Togulykken"}, (AARHUS, SKANDERBORG)),
    ],
)
def test_the_first_event_authority_is_always_among_them(
    said: dict[str, object], expected: tuple[str, ...]
) -> None:
    after = corrected(INCIDENT, said)

    assert isinstance(after, Incident)
    assert after.event_authorities == expected
    assert after.event_authority == expected[0]


def test_an_exercise_is_never_made_an_incident_nor_an_incident_an_exercise() -> None:
    assert isinstance(corrected(INCIDENT, {"exercise": True}), FieldError)
    assert differences(INCIDENT, corrected_to(exercise=False)) == ()


def corrected_to(**said: object) -> Incident:
    after = corrected(INCIDENT, said)
    assert isinstance(after, Incident)
    return after


IDS = st.uuids().map(RegistrationId)


@given(IDS, IDS, st.sampled_from(RelationWord))
def test_a_link_reads_from_each_side_as_it_was_said(
    of: RegistrationId, to: RegistrationId, said: RelationWord
) -> None:
    found = pair(of, RelationInput(said, to))

    if of == to:
        assert found == ONESELF
        return
    assert isinstance(found, Pair)
    assert word(found.kind, is_one=found.one == of) is said
    from_the_other = word(found.kind, is_one=found.one == to)
    assert pair(to, RelationInput(from_the_other, of)) == found
