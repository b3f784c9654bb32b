from kit.runtime.circuit_breaker import CircuitBreaker
from kit.runtime.metrics import REGISTRY


class Watch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def broken(watch: Watch) -> CircuitBreaker:
    breaker = CircuitBreaker("sms-gateway", after=2, pause=10, now=watch)
    breaker.failed()
    breaker.failed()
    return breaker


def test_opens_after_enough_failures_in_a_row() -> None:
    breaker = CircuitBreaker("sms-gateway", after=2, pause=10, now=Watch())

    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.admits()

    breaker.failed()
    assert not breaker.admits()
    assert breaker.is_open


def test_lets_one_try_after_the_pause_while_the_others_wait() -> None:
    watch = Watch()
    breaker = broken(watch)

    watch.seconds = 10

    assert [breaker.admits(), breaker.admits()] == [True, False]


def test_closes_when_the_try_succeeds_and_waits_again_when_it_fails() -> None:
    watch = Watch()
    breaker = broken(watch)
    watch.seconds = 10
    assert breaker.admits()

    breaker.failed()
    assert not breaker.admits()

    watch.seconds = 20
    assert breaker.admits()
    breaker.succeeded()
    assert [breaker.admits(), breaker.admits()] == [True, True]


def test_a_try_that_never_came_back_does_not_keep_it_open_for_ever() -> None:
    watch = Watch()
    breaker = broken(watch)
    watch.seconds = 10
    assert breaker.admits()

    watch.seconds = 20

    assert breaker.admits()


def test_stays_open_for_as_long_as_the_other_side_asks_for_no_calls() -> None:
    watch = Watch()
    breaker = CircuitBreaker("sms-gateway", after=2, pause=10, now=watch)

    breaker.failed(pause=60)
    watch.seconds = 59

    assert breaker.opens_in() == 1
    assert not breaker.admits()
    watch.seconds = 60
    assert breaker.admits()


def test_an_open_circuit_is_reported_with_its_target() -> None:
    breaker = broken(Watch())

    opened = REGISTRY.get_sample_value("folgeskab_circuit_open", {"target": "sms-gateway"})
    breaker.succeeded()
    closed = REGISTRY.get_sample_value("folgeskab_circuit_open", {"target": "sms-gateway"})

    assert (opened, closed) == (1, 0)
