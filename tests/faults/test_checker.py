"""The checker itself: for each rule a world in which it is broken, and one line that says so."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.faults.checker import Attempt, Effect, Evidence, Message, violations

ANNA, BO, CAI = (UUID(int=n) for n in (1, 2, 3))
LETTER, NOTE = UUID(int=11), UUID(int=12)
AT = datetime(2026, 11, 25, 12, tzinfo=UTC)


def world() -> Evidence:
    """Anna's message is delivered, Bo did not consent, Cai withdrew before hers was sent."""
    return Evidence(
        expected=3,
        registrations=frozenset({ANNA, BO, CAI}),
        routed=Counter([ANNA, BO, CAI]),
        members=Counter([ANNA, BO, CAI]),
        excluded=frozenset({BO}),
        only_called=frozenset(),
        messages=[
            Message(LETTER, ANNA, "delivered", "delivered", "delivered", "sms"),
            Message(NOTE, CAI, "withheld", "withheld", "withheld", "sms"),
        ],
        attempts=[Attempt("key-1", LETTER, "delivered", AT)],
        effects=[Effect("key-1", "hash-anna", AT, "202")],
        requested=frozenset({"key-1"}),
        consenting=frozenset({ANNA, CAI}),
        addresses={ANNA: frozenset({"hash-anna"}), BO: frozenset({"hash-bo"}), CAI: frozenset({"hash-cai"})},
        withdrawals={CAI: AT - timedelta(seconds=10)},
        console_people=3,
    )


def effect(key: str, recipient: str) -> Effect:
    return Effect(key, recipient, AT, "202")


def in_doubt(found: Evidence, answer: str) -> Evidence:
    return replace(
        found,
        messages=[Message(LETTER, ANNA, "in_doubt", "in_doubt", "in_doubt", "sms"), found.messages[1]],
        attempts=[Attempt("key-1", LETTER, "in_doubt", AT)],
        effects=[Effect("key-1", "hash-anna", AT, answer)],
    )


def never_called(found: Evidence) -> Evidence:
    """Return the world after a cut of the database in which a message was claimed, and nobody called."""
    cut = AT + timedelta(seconds=3)
    return replace(in_doubt(found, "none"), effects=[], requested=frozenset(), outages=[cut])


def test_a_consistent_world_passes_the_checker() -> None:
    died = AT + timedelta(seconds=3)
    assert violations(replace(never_called(world()), kills=[died])) == []
    assert violations(world()) == []
    assert violations(in_doubt(world(), "none")) == []
    assert violations(replace(in_doubt(world(), "202"), outages=[AT + timedelta(seconds=3)])) == []


BROKEN = {
    "people came in": replace(world(), expected=4, console_people=4),
    "decided cases": replace(world(), routed=Counter([ANNA, BO])),
    "times in the wave": replace(world(), members=Counter([ANNA, BO, CAI, CAI])),
    "is in 0 buckets": replace(world(), excluded=frozenset()),
    "is in 2 buckets": replace(world(), excluded=frozenset({BO, CAI})),
    "the console counts": replace(world(), console_people=2),
    "delivered, handed_over, delivered": replace(
        world(),
        messages=[Message(LETTER, ANNA, "delivered", "handed_over", "delivered"), world().messages[1]],
    ),
    "which is no end": replace(
        world(),
        messages=[*world().messages[:1], Message(NOTE, CAI, "requested", "requested", "requested")],
    ),
    "notify knows nothing": replace(
        world(), messages=[*world().messages[:1], Message(NOTE, CAI, "failed", None, "failed")]
    ),
    "took effect 2 times": replace(world(), effects=[*world().effects, *world().effects]),
    "no attempt was written": replace(world(), effects=[*world().effects, effect("key-2", "hash-anna")]),
    "delivered with 0 effects": replace(world(), effects=[]),
    "withheld with 1 effects": replace(
        world(),
        attempts=[*world().attempts, Attempt("key-2", NOTE, "withheld", AT)],
        effects=[*world().effects, effect("key-2", "hash-else")],
    ),
    "no answer was lost": in_doubt(world(), "202"),
    "no provider was asked": never_called(world()),
    "never consented": replace(
        world(),
        attempts=[*world().attempts, Attempt("key-2", UUID(int=13), "delivered", AT)],
        effects=[*world().effects, effect("key-2", "hash-bo")],
    ),
    "10.0 s after the withdrawal": replace(
        world(),
        attempts=[*world().attempts, Attempt("key-2", UUID(int=13), "delivered", AT)],
        effects=[*world().effects, effect("key-2", "hash-cai")],
    ),
    "messages are parked": replace(world(), parked=1),
}


@pytest.mark.parametrize("said", BROKEN)
def test_the_checker_names_the_broken_rule(said: str) -> None:
    told = violations(BROKEN[said])

    assert [line for line in told if said in line] != []
