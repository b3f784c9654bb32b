"""A mail server. The key of a message is the part of its Message-ID before the @."""

import asyncio
import re
from email import message_from_bytes
from email.policy import SMTP as POLICY
from typing import Final, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from simulators.faults import Do, Faults, Plan
from simulators.journal import Journal, hashed
from simulators.settings import LOOPBACK

_KEY: Final = re.compile(r"<([^@<>]+)@[^<>]+>")
_FINAL: Final = 500  # a status from here on is final
_GARBAGE: Final = "garbage"  # an answer without a status


class MailServer:
    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.faults = Faults()
        self._server: asyncio.Server | None = None

    async def start(self, port: int, host: str = LOOPBACK) -> int:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="mail.simulated", loop=loop, timeout=300), host, port, backlog=512
        )
        chosen: int = self._server.sockets[0].getsockname()[1]
        return chosen

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        recipient = envelope.rcpt_tos[0]
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        found = _KEY.search(str(message_from_bytes(content, policy=POLICY)["Message-ID"] or ""))
        key = found.group(1) if found else ""
        plan = self.faults.plan(recipient)
        fields = {"key": key, "recipient": hashed(recipient)}
        if slow := plan.get(Do.SLOW):
            await asyncio.sleep(slow.seconds)
        if Do.DROP_BEFORE in plan:
            await self.journal.append("request", **fields, effect=False, answer="dropped")
            return await _hang_up(server)
        if (refusal := _refusal(plan)) is not None:
            status, text = refusal
            await self.journal.append("request", **fields, effect=False, answer=status)
            return text if status == _GARBAGE else f"{status} {text}"
        await self.journal.append("request", **fields, effect=True, answer=_answered(plan))
        return await _after(server, plan)


def _refusal(plan: Plan) -> tuple[int | str, str] | None:
    """Return status and text of an answer without effect."""
    if Do.LIMIT in plan:
        return 451, "Too many messages, come back later"
    if Do.FAIL in plan:
        return 550, "No such mailbox"
    if status := plan.get(Do.STATUS):
        return (554, "Not taken") if status.status >= _FINAL else (451, "Not now")
    return (_GARBAGE, "Velkommen") if Do.GARBAGE in plan else None


def _answered(plan: Plan) -> int | str:
    if Do.ACCEPT_THEN_TIMEOUT in plan:
        return "none"
    if Do.ACCEPT_THEN_DROP in plan:
        return "dropped"
    return 451 if Do.STATUS_AFTER in plan else 250


async def _after(server: SMTP, plan: Plan) -> str:
    if Do.ACCEPT_THEN_TIMEOUT in plan:
        await asyncio.Event().wait()  # cancelled when the client disconnects
    if Do.ACCEPT_THEN_DROP in plan:
        return await _hang_up(server)
    if Do.STATUS_AFTER in plan:
        return "451 Not now"
    return "250 Taken"


async def _hang_up(server: SMTP) -> str:
    # No isinstance: uvloop's transports are not subclasses of asyncio's.
    if server.transport is not None:
        cast("asyncio.Transport", server.transport).abort()
    await asyncio.Event().wait()
    return ""
