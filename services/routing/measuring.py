"""How many cases are open, for operations to see."""

from kit.database import Database
from services.routing import metrics, store


class Measuring:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def round(self) -> bool:
        async with self._database.transaction() as session:
            waiting = await store.waiting(session)
            in_triage = await store.in_triage(session)
        for bucket in ("waiting", "register_away"):
            metrics.CASES_OPEN.labels(bucket).set(waiting.get(bucket, 0))
        metrics.CASES_OPEN.labels("triage").set(in_triage)
        return False
