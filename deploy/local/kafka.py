"""Apache Kafka (KRaft) on loopback: one node or three, each broker and controller in one. Needs java and mvn.

`python -m deploy.local.kafka` fetches the jars.
"""

import asyncio
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from deploy.local.ports import free_ports
from deploy.local.process import Process, StartError, tcp_open

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "deploy" / "kafka"
LIBS = ROOT / "var" / "kafka" / "libs"
COPY_JARS = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
CLUSTER_ID = "Zm9sZ2Vza2FiLWxvY2FsLQ"  # base64 of sixteen bytes, one for all nodes
FULL = 3  # replicas, where there are that many nodes


class KafkaMissingError(RuntimeError):
    """A tool that Apache Kafka needs is missing. The text is one line for the user."""


class Kafka:
    """A cluster with nodes numbered from 1. A stopped or killed node keeps its data for the next start."""

    idempotence = True

    def __init__(
        self,
        home: Path,
        *,
        nodes: int = 1,
        ports: Sequence[int] | None = None,
    ) -> None:
        """`ports`: the client port of each node, then the controller ports; by default free ports."""
        self.nodes = range(1, nodes + 1)
        self.replication = min(nodes, FULL)
        self.min_insync = 2 if nodes >= FULL else 1
        self._home = home
        self._ports = list(ports or free_ports(2 * nodes))
        self.bootstrap = ",".join(f"127.0.0.1:{self._ports[node - 1]}" for node in self.nodes)
        self.processes = {node: self._process(node) for node in self.nodes}

    def members(self) -> list[Process]:
        return list(self.processes.values())

    async def start(self, node: int | None = None) -> None:
        """Start one node or all and wait until the cluster knows them. The first start fetches the jars."""
        jars()
        chosen = self._chosen(node)
        for number in chosen:
            self._format(number)
        for number in chosen:
            self.processes[number].spawn()
        for number in chosen:
            await self.processes[number].wait_ready()

    async def stop(self, node: int | None = None) -> None:
        """Stop one node or all. A node without a quorum is killed after a time limit."""
        await asyncio.gather(*(self.processes[number].stop(within=8) for number in self._chosen(node)))

    def kill(self, node: int | None = None) -> None:
        for number in self._chosen(node):
            self.processes[number].kill()

    def _chosen(self, node: int | None) -> list[int]:
        return list(self.nodes) if node is None else [node]

    def _port(self, node: int) -> int:
        return self._ports[node - 1]

    def _controller_port(self, node: int) -> int:
        return self._ports[len(self.nodes) + node - 1]

    def _folder(self, node: int) -> Path:
        return self._home / f"kafka-{node}"

    def _process(self, node: int) -> Process:
        folder = self._folder(node)
        return Process(
            f"kafka-{node}",
            _java("-Xms128m", "-Xmx512m", "kafka.Kafka", str(folder / "server.properties")),
            log=folder / "log",
            ready=lambda: self._knows(node),
            ready_within=90,
        )

    async def _knows(self, node: int) -> bool:
        """Return whether the node answers as part of the cluster."""
        port = self._port(node)
        if not await tcp_open(port)():
            return False
        client = AIOKafkaClient(bootstrap_servers=f"127.0.0.1:{port}", request_timeout_ms=5000)
        try:
            await client.bootstrap()
            return node in {broker.nodeId for broker in client.cluster.brokers()}
        except (KafkaError, OSError):
            return False
        finally:
            await client.close()

    def _format(self, node: int) -> None:
        folder = self._folder(node)
        folder.mkdir(parents=True, exist_ok=True)
        settings = folder / "server.properties"
        settings.write_text(self._settings(node), "utf-8")
        if (folder / "data" / "meta.properties").exists():
            return
        command = _java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(settings))
        result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
        if result.returncode:
            raise StartError(f"kafka-{node} could not format its storage: {result.stderr.strip()[-2000:]}")

    def _settings(self, node: int) -> str:
        voters = ",".join(f"{other}@127.0.0.1:{self._controller_port(other)}" for other in self.nodes)
        own = f"PLAINTEXT://127.0.0.1:{self._port(node)}"
        values = {
            "process.roles": "broker,controller",
            "node.id": node,
            "controller.quorum.voters": voters,
            "listeners": f"{own},CONTROLLER://127.0.0.1:{self._controller_port(node)}",
            "advertised.listeners": own,
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": self._folder(node) / "data",
            "auto.create.topics.enable": "false",
            "default.replication.factor": self.replication,
            "min.insync.replicas": self.min_insync,
            "offsets.topic.replication.factor": self.replication,
            "transaction.state.log.replication.factor": self.replication,
            "transaction.state.log.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "broker.session.timeout.ms": 3000,  # until a killed node can rejoin or is replaced
            "broker.heartbeat.interval.ms": 500,
        }
        return "".join(f"{name}={value}\n" for name, value in values.items())


def _java(*arguments: str) -> list[str]:
    logging = f"-Dlog4j2.configurationFile={RECIPE / 'log4j2.properties'}"
    return ["java", "-cp", f"{LIBS}/*", logging, *arguments]


def require_tools() -> None:
    for tool, package in (("java", "a Java runtime, 17 or newer"), ("mvn", "Apache Maven")):
        if shutil.which(tool) is None:
            raise KafkaMissingError(
                f"Apache Kafka needs `{tool}`, which is not on this machine: install {package}"
            )


def jars() -> Path:
    """Return the folder of jars. Maven fetches them if they do not match the current pom.xml."""
    require_tools()
    wanted = hashlib.sha256((RECIPE / "pom.xml").read_bytes()).hexdigest()
    mark = LIBS / ".pom"
    if mark.exists() and mark.read_text("ascii") == wanted:
        return LIBS
    shutil.rmtree(LIBS, ignore_errors=True)
    sys.stderr.write("kafka: fetching the jars by Maven\n")
    arguments = [COPY_JARS, "-DincludeScope=runtime", f"-DoutputDirectory={LIBS}"]
    result = subprocess.run(  # noqa: S603 - our own arguments
        ["mvn", "-q", "-B", "-f", str(RECIPE / "pom.xml"), *arguments],  # noqa: S607 - the machine's Maven
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        lines = result.stdout.strip().splitlines() or ["no word of why"]
        raise KafkaMissingError(f"Maven could not fetch the jars: {lines[0]}")
    mark.write_text(wanted, "ascii")
    return LIBS


def main() -> None:
    try:
        jars()
    except KafkaMissingError as error:
        sys.exit(f"kafka: {error}")


if __name__ == "__main__":
    main()
