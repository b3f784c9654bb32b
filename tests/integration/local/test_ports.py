import socket

import pytest

from deploy.local.ports import HIGHEST, HOST, LOWEST, PortTakenError, claim, free_ports
from deploy.local.stack import PORTS, choose_ports


@pytest.fixture
def taken() -> int:
    return free_ports(1)[0]


def test_free_ports_differ_and_lie_below_those_of_outgoing_connections() -> None:
    ports = free_ports(20)

    assert len(set(ports)) == 20
    assert all(LOWEST <= port <= HIGHEST for port in ports)


def test_a_taken_port_asked_for_by_name_is_told_in_one_line(taken: int) -> None:
    with socket.create_server((HOST, taken)), pytest.raises(PortTakenError) as refused:
        claim(taken, "console")

    assert str(refused.value).startswith(f"port {taken} for console is taken")
    assert "\n" not in str(refused.value)


def test_the_stack_takes_the_ports_asked_for_and_finds_the_rest(taken: int) -> None:
    ports = choose_ports({"console": taken})

    assert ports["console"] == taken
    assert set(ports) == set(PORTS)
    assert len(set(ports.values())) == len(PORTS)


def test_the_stack_refuses_a_port_for_something_that_it_has_not() -> None:
    with pytest.raises(ValueError, match="no such port: konsol"):
        choose_ports({"konsol": 1})
