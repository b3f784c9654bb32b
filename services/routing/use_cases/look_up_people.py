"""Look up the people of a batch in the register: each number once, until no further number is needed."""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import assert_never

from contracts.events import personal
from contracts.events.vocabulary import AgeBand
from kit.runtime import logs
from services.routing import metrics
from services.routing.domain.register_entry import LookUpFailed, NotFound, RegisterAnswer
from services.routing.domain.resolution import required_look_ups
from services.routing.register.lookup import LookUpResult, PersonRegister

log = logging.getLogger(__name__)

_MOST_ROUNDS = 8  # rounds: a changed number, custody holders, their changed numbers


class RegisterLookUps:
    """The register's answers for one batch. They are discarded with the batch."""

    def __init__(self, register: PersonRegister, on: date) -> None:
        self.answers: dict[str, RegisterAnswer | NotFound] = {}
        self._register = register
        self._on = on

    async def look_up(self, people: Sequence[tuple[personal.Identity | None, AgeBand]]) -> None:
        """Look up numbers until none is missing, or the register fails for those that are."""
        failed: set[str] = set()
        for _ in range(_MOST_ROUNDS):
            wants = [required_look_ups(identity, self.answers, self._on, band) for identity, band in people]
            people = [person for person, wanted in zip(people, wants, strict=True) if wanted]
            asked = {cpr for wanted in wants for cpr in wanted} - failed
            if not asked:
                return
            started = time.monotonic()
            found = await self._register.look_up(sorted(asked))
            _log_rate(len(found), time.monotonic() - started)
            failed |= {cpr for cpr, answer in found.items() if isinstance(answer, LookUpFailed)}
            self.answers |= {
                cpr: answer for cpr, answer in found.items() if not isinstance(answer, LookUpFailed)
            }
            _count(found.values())


def _log_rate(numbers: int, seconds: float) -> None:
    rate = numbers / max(seconds, 0.001)
    logs.log_event(
        log, "register looked up", numbers=numbers, seconds=round(seconds, 3), a_second=round(rate)
    )


def _count(answers: Iterable[LookUpResult]) -> None:
    for name, number in Counter(_name(answer) for answer in answers).items():
        metrics.REGISTER_ANSWERS.labels(name).inc(number)


def _name(answer: LookUpResult) -> str:
    match answer:
        case RegisterAnswer():
            return "found"
        case NotFound():
            return "not_found"
        case LookUpFailed(reason):
            return reason
        case _:
            assert_never(answer)
