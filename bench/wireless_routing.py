"""routing as in production, with an in-memory register that answers at once."""

import os
from collections.abc import Sequence

from deploy.local.people import invent
from services.routing import app
from services.routing.domain.register_entry import CprStatus, NotFound, RegisterAnswer
from services.routing.register.lookup import LookUpResult


class Memory:
    def __init__(self, people: int) -> None:
        self._municipality = {person.cpr: person.municipality for person in invent(people)}

    async def look_up(self, cprs: Sequence[str]) -> dict[str, LookUpResult]:
        return {cpr: self._answer(cpr) for cpr in cprs}

    def _answer(self, cpr: str) -> LookUpResult:
        municipality = self._municipality.get(cpr)
        if municipality is None:
            return NotFound()
        return RegisterAnswer(
            cpr=cpr, status=CprStatus.RESIDENT, municipality=municipality, digital_post=True, nemsms=False
        )


if __name__ == "__main__":
    app.build(Memory(int(os.environ["BENCH_PEOPLE"]))).run()
