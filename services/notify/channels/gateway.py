"""The gateway in front of each provider. Every call of a provider goes through it."""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from contracts.events.vocabulary import Channel
from kit.runtime.circuit_breaker import CircuitBreaker
from kit.runtime.logs import log_problem
from services.notify.channels.provider import DeliveryProvider
from services.notify.channels.token_bucket import TokenBucket
from services.notify.domain.message import Composed, OutgoingMessage
from services.notify.domain.outcome import (
    Enquiry,
    EnquiryFailed,
    Fault,
    GuardReason,
    GuardRefused,
    Outcome,
    ProviderUnavailable,
    Rejected,
    provider_failed,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GatewayLimits:
    """Limits of one gateway, times in seconds.

    `patience` bounds the whole wait for a free slot and for the rate. So a call starts soon after the last
    check of the consent.
    """

    rate: float = 100  # calls a second
    burst: int = 20
    at_once: int = 20
    patience: float = 1
    breaker_after: int = 10  # failures in a row
    breaker_pause: float = 30


@dataclass(frozen=True, slots=True)
class GatewayStatus:
    provider: str
    channel: Channel
    real: bool
    rate: float
    at_once: int
    busy: int
    next_try_in: float | None  # seconds; None while the circuit is closed


class Gateway:
    """Guard one provider: exercises, circuit breaker, concurrent calls, rate.

    A real provider never gets a message of an exercise.
    """

    def __init__(
        self, provider: DeliveryProvider, limits: GatewayLimits, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._provider = provider
        self._limits = limits
        self._breaker = CircuitBreaker(
            provider.name, after=limits.breaker_after, pause=limits.breaker_pause, now=now
        )
        self._bucket = TokenBucket(rate=limits.rate, burst=limits.burst, now=now)
        self._places = asyncio.Semaphore(limits.at_once)
        self._busy = 0

    @property
    def channel(self) -> Channel:
        return self._provider.channel

    @property
    def provider(self) -> str:
        return self._provider.name

    @property
    def at_once(self) -> int:
        return self._limits.at_once

    @property
    def promises_idempotency(self) -> bool:
        return self._provider.promises_idempotency

    @property
    def enquiry_after(self) -> timedelta | None:
        return self._provider.enquiry_after

    def compose(self, message: OutgoingMessage) -> Composed | Rejected:
        """Build the bytes. A failure here is final: nothing was sent, and a retry would fail again."""
        try:
            return self._provider.compose(message)
        except Exception as error:  # noqa: BLE001 - the content of one message must not stop the others
            log_problem(log, "a message cannot be composed", error, channel=self.channel)
            return Rejected("not-composed")

    async def send(self, composed: Composed, *, start_by: float = math.inf) -> Outcome:
        """Call the provider, but not after `start_by` (time.monotonic, which runs on in a frozen process)."""
        if composed.message.exercise and self._provider.real:
            return GuardRefused(GuardReason.EXERCISE)
        trouble = await self._enter()
        if trouble is not None:
            return trouble
        if time.monotonic() > start_by:
            self._leave()
            return ProviderUnavailable(Fault.TOO_LATE, 0)
        try:
            outcome = await self._provider.send(composed)
        finally:
            self._leave()
        self._note(outcome)
        return outcome

    async def enquire(self, idempotency_key: UUID) -> Enquiry:
        """Ask for the outcome of a call. This is allowed while the circuit is open and uses up no try."""
        if self._provider.enquiry_after is None:
            return EnquiryFailed(Fault.CANNOT_BE_ASKED)
        trouble = await self._enter(asking=True)
        if trouble is not None:
            return EnquiryFailed(trouble.why)
        try:
            return await self._provider.enquire(idempotency_key)
        finally:
            self._leave()

    async def close(self) -> None:
        await self._provider.close()

    def status(self) -> GatewayStatus:
        return GatewayStatus(
            provider=self._provider.name,
            channel=self._provider.channel,
            real=self._provider.real,
            rate=self._limits.rate,
            at_once=self._limits.at_once,
            busy=self._busy,
            next_try_in=self._breaker.opens_in(),
        )

    async def _enter(self, *, asking: bool = False) -> ProviderUnavailable | None:
        """Wait for a slot and for the rate, then ask the breaker last: it may have opened meanwhile."""
        started = time.monotonic()
        if not await self._place():
            return ProviderUnavailable(Fault.TOO_FAST, self._limits.patience)
        self._busy += 1
        trouble: ProviderUnavailable | None = ProviderUnavailable(Fault.TOO_FAST)
        try:
            trouble = await self._at_rate(self._limits.patience - (time.monotonic() - started), asking=asking)
        finally:
            if trouble is not None:
                self._leave()
        return trouble

    async def _place(self) -> bool:
        if not self._places.locked():
            return await self._places.acquire()
        try:
            async with asyncio.timeout(self._limits.patience):
                return await self._places.acquire()
        except TimeoutError:
            return False

    async def _at_rate(self, patience: float, *, asking: bool) -> ProviderUnavailable | None:
        wait = self._bucket.wait()
        if wait > patience:
            return ProviderUnavailable(Fault.TOO_FAST, wait)
        if not asking and not self._breaker.admits():
            return ProviderUnavailable(Fault.CIRCUIT_OPEN, self._breaker.opens_in())
        self._bucket.take()
        if wait:
            await asyncio.sleep(wait)
        return None

    def _leave(self) -> None:
        self._busy -= 1
        self._places.release()

    def _note(self, outcome: Outcome) -> None:
        if provider_failed(outcome):
            self._breaker.failed(outcome.retry_after if isinstance(outcome, ProviderUnavailable) else None)
        else:
            self._breaker.succeeded()
