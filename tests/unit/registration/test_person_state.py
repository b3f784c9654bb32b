"""The state of a person in an event: of each restriction, whether it stands."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from contracts.events.ids import RegistrationId
from contracts.wire.sealed import Sealed
from services.registration.domain.consent import Consents
from services.registration.events import person_state
from services.registration.store.person_states import StatedPerson

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def restricted(times: list[datetime], lifted: list[datetime | None]) -> StatedPerson:
    return StatedPerson(
        id=RegistrationId(UUID(int=1)), revision=1, merged_into=None, role="victim", place="epc",
        registered_at=NOON, language="da", age_band="adult", channels=[], preferred_channel=None,
        identity=None, contact=Sealed(b""), circumstances=None, forgotten_at=None,
        reasons=["do_not_contact"] * len(times), restricted_at=times, lifted_at=lifted,
    )  # fmt: skip


@pytest.mark.parametrize("lifted", [[None, LATER], [LATER, None], [None, None]])
def test_a_restriction_stands_though_a_later_one_of_its_reason_was_lifted(
    lifted: list[datetime | None],
) -> None:
    (restriction,) = person_state(restricted([NOON, LATER], lifted), Consents(), []).restrictions

    assert restriction.lifted_at is None


def test_of_lifted_restrictions_the_last_one_is_stated() -> None:
    (restriction,) = person_state(restricted([NOON, LATER], [NOON, LATER]), Consents(), []).restrictions

    assert (restriction.since, restriction.lifted_at) == (LATER, LATER)
