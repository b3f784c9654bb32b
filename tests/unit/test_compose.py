"""docker-compose.yml names only what the code has.

There is no Docker engine here, so this is what can be known.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from pydantic_settings import BaseSettings

from cli.http_client import Addresses
from cli.keys import _ROLES
from cli.runtime import ProvisionSettings, ServiceName
from deploy.local.assets import ROOT
from kit.runtime.settings import ServiceSettings
from simulators.settings import PORTS
from simulators.settings import Settings as Simulated

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "folgeskab"]


def settings_of(service: str) -> type[ServiceSettings]:
    module = __import__(f"services.{service}.settings", fromlist=["x"])
    found = [c for c in vars(module).values() if isinstance(c, type) and issubclass(c, ServiceSettings)]
    return max(found, key=lambda c: len(c.__mro__))


def test_the_file_fits_the_published_compose_schema() -> None:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        "docker-compose.yml",
    ]

    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert checked.returncode == 0, checked.stdout


def test_every_service_of_the_code_is_there() -> None:
    steps = {"provision", "secrets"}
    assert set(OURS) - steps == {service.value for service in ServiceName}


@pytest.mark.parametrize("name", [service.value for service in ServiceName])
def test_a_service_runs_a_command_and_waits_for_the_steps_before_it(name: str) -> None:
    service = SERVICES[name]

    assert service["command"] == ["serve", name]
    assert service["depends_on"] == {"provision": {"condition": "service_completed_successfully"}}
    assert "/health/ready" in service["healthcheck"]["test"][-1]
    assert f":{service['environment']['FOLGESKAB_HTTP_PORT']}/" in service["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", [service.value for service in ServiceName])
def test_every_variable_is_a_setting_and_every_needed_setting_is_given(name: str) -> None:
    fields = settings_of(name).model_fields
    given = {key.removeprefix("FOLGESKAB_").lower() for key in SERVICES[name]["environment"]}
    addresses = {f"{service.value}_url" for service in ServiceName}

    assert given - fields.keys() - addresses == set()
    assert {field for field, info in fields.items() if info.is_required()} - given == set()


def filled(text: str) -> str:
    """What compose makes of a variable: what must be said is said here, what may be left out is."""
    must = re.sub(r"\$\{\w+:\?[^}]*}", "said", text)
    return re.sub(r"\$\{\w+:-([^}]*)}", r"\1", must)


@pytest.mark.parametrize("name", [service.value for service in ServiceName])
def test_a_service_starts_with_only_what_must_be_said_and_takes_the_rest_as_absent(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for variable, text in SERVICES[name]["environment"].items():
        monkeypatch.setenv(variable, filled(text))
    (tmp_path / "password").write_text("p/w:@?#% ø\n")
    monkeypatch.setenv("FOLGESKAB_DATABASE_PASSWORD_FILE", str(tmp_path / "password"))

    settings = settings_of(name)()

    for url in (settings.database_url, settings.keyring_url):
        assert (urlsplit(url).username, urlsplit(url).hostname) == (name, "postgres")
        assert unquote(urlsplit(url).password or "") == "p/w:@?#% ø"

    for field, info in settings_of(name).model_fields.items():
        if info.default is None:  # an installation may need it, so it can be given
            assert f"FOLGESKAB_{field.upper()}" in SERVICES[name]["environment"]
            assert getattr(settings, field) is None or field == "database_password_file"


@pytest.mark.parametrize("field", ["sender_cvr", "sender_name", "email_from"])
def test_who_writes_to_people_must_be_said(field: str) -> None:
    variable = f"FOLGESKAB_{field.upper()}"

    assert SERVICES["notify"]["environment"][variable] == f"${{{variable}:?see docs/running.md}}"


def test_the_documentation_names_every_setting_and_no_other() -> None:
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \|", (ROOT / "docs" / "running.md").read_text(), re.MULTILINE)
    told = {name.strip("`") for row in rows for name in row.split(", ")}

    read: list[type[BaseSettings]] = [ProvisionSettings, Addresses]
    read += [settings_of(service.value) for service in ServiceName]
    assert told == {field.upper() for settings in read for field in settings.model_fields}


def test_provisioning_gets_what_it_needs() -> None:
    given = set(SERVICES["provision"]["environment"])

    needed = {
        f"FOLGESKAB_{field.upper()}"
        for field, info in ProvisionSettings.model_fields.items()
        if info.is_required()
    }
    assert needed <= given


def test_secrets_are_made_before_anybody_needs_them_and_only_the_services_read_them() -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    user = re.search(r"useradd .*--uid (\d+)", dockerfile)
    assert user
    folder = "/run/secrets"

    assert SERVICES["secrets"]["command"] == ["keys", "prepare", folder, "--owner", user[1]]
    assert SERVICES["secrets"]["volumes"] == [f"secrets:{folder}"]
    assert SERVICES["postgres"]["depends_on"]["secrets"] == {"condition": "service_completed_successfully"}
    for name in (*(service.value for service in ServiceName), "provision", "postgres"):
        assert f"secrets:{folder}:ro" in SERVICES[name]["volumes"]
    text = (ROOT / "docker-compose.yml").read_text()
    assert "_PASSWORD:" not in text.replace("_PASSWORD_FILE:", "")
    assert set(re.findall(rf"{folder}/([\w.]+)", text)) == {"master.key", *_ROLES}


def test_every_path_named_exists() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            if volume.startswith("./"):
                assert (ROOT / volume.split(":")[0]).exists(), volume
    assert (ROOT / COMPOSE["x-service"]["build"]["dockerfile"]).exists()


def test_everything_the_image_copies_exists() -> None:
    lines = (ROOT / "deploy" / "Dockerfile").read_text().splitlines()
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), line


def test_what_the_image_leaves_out_is_needed_by_nothing_it_runs() -> None:
    last = (ROOT / "deploy" / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    copied = {line.split()[1] for line in last.splitlines() if line[:5] == "COPY "}
    left_out = {"deploy", "simulators", "tests"} - copied
    block = f"import sys; sys.modules.update(dict.fromkeys({sorted(left_out)}))"
    loads = ["import cli.main", *(f"import services.{service.value}.app" for service in ServiceName)]

    loaded = subprocess.run(
        [sys.executable, "-c", "\n".join([block, *loads])],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert loaded.returncode == 0, loaded.stderr


def test_every_port_is_published_on_loopback_only() -> None:
    for service in SERVICES.values():
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", []))


def test_alerts_go_to_the_alertmanager_and_each_severity_to_somebody() -> None:
    prometheus = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    routes = yaml.safe_load((ROOT / "deploy/alertmanager/alertmanager.yml").read_text())

    assert prometheus["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] == ["alertmanager:9093"]
    assert "alertmanager" in SERVICES
    named = {routes["route"]["receiver"], *(route["receiver"] for route in routes["route"]["routes"])}
    assert named == {receiver["name"] for receiver in routes["receivers"]}


def test_prometheus_asks_every_process_of_every_service() -> None:
    scraped = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    [asked] = scraped["scrape_configs"][0]["dns_sd_configs"]
    assert (asked["names"], asked["port"]) == ([service.value for service in ServiceName], 8000)
    assert all(name in SERVICES for name in asked["names"])


def test_kafka_writes_onto_its_volume() -> None:
    kafka = SERVICES["kafka"]
    [volume] = kafka["volumes"]

    assert volume == f"kafka:{kafka['environment']['KAFKA_LOG_DIRS']}"
    assert "kafka" in COMPOSE["volumes"]


def exercise() -> dict[str, str]:
    lines = (ROOT / "deploy" / "exercise.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_an_exercise_needs_no_address_outside() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    given, simulated = exercise(), SERVICES["simulators"]["environment"]
    ports = {simulated[f"SIMULATORS_{name.upper()}_PORT"] for name in PORTS}

    assert SERVICES["simulators"]["profiles"] == ["exercise"]
    assert set(re.findall(r"\$\{(\w+):\?", text)) <= given.keys()
    for name in ("CPR", "DIGITAL_POST", "SMS"):
        address = urlsplit(given[f"FOLGESKAB_{name}_URL"])
        assert (address.hostname, str(address.port)) == ("simulators", simulated[f"SIMULATORS_{name}_PORT"])
    assert (given["FOLGESKAB_SMTP_HOST"], given["FOLGESKAB_SMTP_PORT"]) == (
        "simulators",
        simulated["SIMULATORS_SMTP_PORT"],
    )
    assert given["FOLGESKAB_PROVIDERS_REAL"] == "false"
    assert len(ports) == len(PORTS)
    assert simulated["SIMULATORS_RECEIPTS_URL"] == "http://notify:8000/receipts"
    assert Simulated.from_environment(simulated).host == "0.0.0.0"


def test_grafana_is_seen_in_an_exercise_and_asks_who_looks_otherwise() -> None:
    [variable] = SERVICES["grafana"]["environment"].values()

    assert exercise()["GRAFANA_ANONYMOUS"] == "true"
    assert filled(variable) == "false"
    assert "profiles" not in SERVICES["grafana"]
