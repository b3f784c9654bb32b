"""The broker a test runs against: Apache Kafka where BROKER=kafka, else the embedded one.

`make test-kafka` runs this folder, the journeys and the faults: what is used elsewhere is left out there.
"""

from pathlib import Path

from deploy.local.broker import Broker
from deploy.local.kafka import Kafka
from deploy.local.ports import free_port
from deploy.local.tansu import Tansu
from tests.stacks import on_kafka


def chosen(home: Path) -> Broker:
    return Kafka(home / "kafka") if on_kafka() else Tansu(home, port=free_port())
