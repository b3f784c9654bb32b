"""Measure open messages when the metrics are scraped."""

from kit.database.database import Session
from kit.runtime.metrics import exercise
from services.notify import metrics
from services.notify.domain.transition import MessageState
from services.notify.store import messages, receipts

AGES = (metrics.OLDEST_DUE, metrics.OLDEST_IN_DOUBT)
COUNTS = (metrics.OPEN, metrics.UNMATCHED)


async def measure(session: Session) -> None:
    rows = await messages.measure_open(session)
    unmatched = await receipts.count_unmatched(session)
    metrics.UNMATCHED.set(unmatched)
    found = {(row.state, row.channel, row.exercise): row for row in rows}
    for channel in metrics.CHANNELS:
        for is_exercise in (False, True):
            labels = channel, exercise(is_exercise)
            oldest = dict.fromkeys(metrics.OPEN_STATES, 0.0)
            for state in metrics.OPEN_STATES:
                row = found.get((state, channel, is_exercise))
                metrics.OPEN.labels(state, *labels).set(row.messages if row else 0)
                oldest[state] = row.oldest if row else 0.0
            due = max(oldest[MessageState.WAITING], oldest[MessageState.SENDING])
            metrics.OLDEST_DUE.labels(*labels).set(due)
            metrics.OLDEST_IN_DOUBT.labels(*labels).set(oldest[MessageState.IN_DOUBT])
