"""A Prometheus server that scrapes a stack, to ask which alerts hold: without their waiting time (`for`)."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import yaml

from deploy.local.ports import free_port
from deploy.local.process import Process, http_ok
from deploy.local.prometheus import ensure
from deploy.local.stack import ROOT, Stack
from tests.stacks import until

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
SCRAPE_EVERY = "1s"


class Alerts:
    """`await alerts.start()`; afterwards every process of the stack, by its own name, is an instance."""

    def __init__(self, stack: Stack, home: Path) -> None:
        self._expressions = _expressions()
        self._port = free_port()
        self._stack = stack
        home.mkdir()
        self._targets = home / "targets.json"
        found = {"files": [str(self._targets)], "refresh_interval": SCRAPE_EVERY}
        jobs = [{"job_name": "folgeskab", "file_sd_configs": [found]}]
        config = {"global": {"scrape_interval": SCRAPE_EVERY}, "scrape_configs": jobs}
        (home / "prometheus.yml").write_text(yaml.safe_dump(config))
        self._process = Process(
            "prometheus",
            [
                str(ensure("prometheus")),
                f"--config.file={home / 'prometheus.yml'}",
                f"--storage.tsdb.path={home / 'data'}",
                f"--web.listen-address=127.0.0.1:{self._port}",
                "--log.level=warn",
            ],
            log=home / "prometheus.log",
            ready=http_ok(self._port, "/-/ready"),
        )

    async def start(self) -> None:
        self._write_targets()
        await self._process.start()
        for name in self._stack.services:
            await self._scraped(name)

    async def watch(self, name: str) -> None:
        """Scrape one more process of the stack, which started since."""
        self._write_targets()
        await self._scraped(name)

    async def _scraped(self, name: str) -> None:
        await until(lambda: self.value("up", instance=name), within=20, what=f"{name} is scraped")

    def _write_targets(self) -> None:
        targets = [
            {
                "targets": [f"127.0.0.1:{self._stack.ports[name]}"],
                "labels": {"instance": name, "service": name.partition("-")[0]},
            }
            for name in self._stack.services
        ]
        self._targets.write_text(json.dumps(targets))

    async def stop(self) -> None:
        await self._process.stop(within=5)

    async def fires(
        self, alert: str, *, after: int | None = None, within: float = 60, **labels: str
    ) -> dict[str, str]:
        """Wait until the alert's expression holds with these labels; return all of its labels.

        `after`: seconds in place of the rule's own threshold, so that a test need not wait that long. Raise
        TimeoutError, and KeyError for an alert that does not exist.
        """
        expression = self._expressions[alert]
        if after is not None:
            expression = re.sub(r"> \d+$", f"> {after}", expression.strip())

        async def met() -> dict[str, str] | None:
            rows = [row["metric"] for row in await self._query(expression)]
            return next((row for row in rows if labels.items() <= row.items()), None)

        found = await until(met, within=within, what=f"the alert {alert} holds for {labels}")
        assert found is not None
        return found

    async def value(self, metric: str, **labels: str) -> float | None:
        """Return the newest sample of one series; None while there is none."""
        wanted = ",".join(f'{name}="{value}"' for name, value in labels.items())
        rows = await self._query(f"{metric}{{{wanted}}}")
        return float(rows[0]["value"][1]) if rows else None

    async def _query(self, expression: str) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(timeout=10) as client:
            url = f"http://127.0.0.1:{self._port}/api/v1/query"
            answer = await client.post(url, data={"query": expression})
        answer.raise_for_status()
        rows: list[dict[str, Any]] = answer.json()["data"]["result"]
        return rows


def _expressions() -> dict[str, str]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"] if "alert" in rule}
