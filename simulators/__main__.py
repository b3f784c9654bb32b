"""`python -m simulators`: run all simulators in one process until SIGTERM or SIGINT."""

import asyncio
import os
import signal
import sys

import uvloop
from starlette.applications import Starlette

from simulators.control import Control, Simulator
from simulators.cpr import CprRegister
from simulators.digital_post import DigitalPost
from simulators.journal import Journal
from simulators.receipts import Receipts
from simulators.settings import Settings
from simulators.sms import SmsGateway
from simulators.smtp import MailServer
from simulators.web import Listener


class Simulators:
    """All simulators. Create it inside a running event loop. `start` returns the port of each."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        journals = {name: Journal(settings.journal_dir / f"{name}.jsonl") for name in _NAMES}
        url = settings.receipts_url
        self._receipts = [
            Receipts(url, "application/xml", journals["digital_post"]),
            Receipts(f"{url}/sms" if url else None, "application/json", journals["sms"]),
        ]
        self.cpr = CprRegister(journals["cpr"])
        self.digital_post = DigitalPost(journals["digital_post"], self._receipts[0])
        self.sms = SmsGateway(journals["sms"], self._receipts[1])
        self.smtp = MailServer(journals["smtp"])
        self.by_name: dict[str, Simulator] = {
            "cpr": self.cpr,
            "digital_post": self.digital_post,
            "sms": self.sms,
            "smtp": self.smtp,
        }
        self._journals = journals
        apps = {
            "cpr": Starlette(routes=self.cpr.routes),
            "digital_post": Starlette(routes=self.digital_post.routes),
            "sms": Starlette(routes=self.sms.routes),
            "control": Control(self.by_name, self.cpr).app,
        }
        self._listeners = {name: Listener(app) for name, app in apps.items()}

    async def start(self) -> dict[str, int]:
        for receipts in self._receipts:
            receipts.start()
        chosen = {}
        for name, listener in self._listeners.items():
            if (port := self._settings.port(name)) is not None:
                chosen[name] = await listener.start(port, self._settings.host)
        if (port := self._settings.port("smtp")) is not None:
            chosen["smtp"] = await self.smtp.start(port, self._settings.host)
        return chosen

    async def stop(self) -> None:
        await asyncio.gather(*(listener.stop() for listener in self._listeners.values()))
        await self.smtp.stop()
        for receipts in self._receipts:
            await receipts.stop()
        for journal in self._journals.values():
            await journal.close()


_NAMES = ("cpr", "digital_post", "sms", "smtp")


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    simulators = Simulators(settings)
    for name, port in (await simulators.start()).items():
        sys.stderr.write(f"simulators: {name} listens on port {port}\n")
    await stop.wait()
    await simulators.stop()


def main() -> None:
    try:
        settings = Settings.from_environment(os.environ)
    except (KeyError, ValueError) as error:
        sys.exit(f"simulators: the settings cannot be read: {error}")
    uvloop.run(_run(settings))


if __name__ == "__main__":
    main()
