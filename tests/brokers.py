"""The broker a test runs against: Apache Kafka where BROKER=kafka, else the embedded one."""

import os
from pathlib import Path

from deploy.local.broker import Broker
from deploy.local.kafka import Kafka
from deploy.local.ports import free_port
from deploy.local.tansu import Tansu

ON_KAFKA = os.environ.get("BROKER") == "kafka"


def chosen(home: Path) -> Broker:
    return Kafka(home / "kafka") if ON_KAFKA else Tansu(home, port=free_port())
