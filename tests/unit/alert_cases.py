"""For each alert: series with which it fires, and series with which it does not, of one and two processes.

A value holds for 20 minutes. Several processes of a service give each series once.
"""

from dataclasses import dataclass, field

_ALL_ALONG = "x80"  # in promtool's notation: a value each 15 seconds


@dataclass(frozen=True, slots=True)
class Case:
    """`processes`: for each, its series (with their labels, without instance) and their values."""

    alert: str
    fires: bool
    processes: tuple[dict[str, str], ...]
    labels: dict[str, str] = field(default_factory=dict)  # of the alert, beside its name and severity


def _fires(alert: str, series: str, *values: str, **labels: str) -> Case:
    return Case(alert, fires=True, processes=_given(series, *values), labels=labels)


def _quiet(alert: str, series: str, *values: str) -> Case:
    return Case(alert, fires=False, processes=_given(series, *values))


def _given(series: str, *values: str) -> tuple[dict[str, str], ...]:
    return tuple({series: value + _ALL_ALONG} for value in values)


def _usual(alert: str, series: str, *, bad: str, good: str, **labels: str) -> list[Case]:
    """Return the usual four: one process that is bad is enough."""
    return [
        _fires(alert, series, bad, **labels),
        _fires(alert, series, bad, good, **labels),
        _quiet(alert, series, good),
        _quiet(alert, series, good, good),
    ]


def _of_service(alert: str, metric: str, *, bad: str, good: str, **others: str) -> list[Case]:
    """Return the usual four of a metric that tells the service and `others`."""
    labels = {"service": "routing", **others}
    return _usual(alert, f"{metric}{{{_text(labels)}}}", bad=bad, good=good, **labels)


def _of_people(alert: str, metric: str, *, bad: str, good: str, **others: str) -> list[Case]:
    """Return the usual four of a metric that tells exercises apart, and a quiet one of an exercise."""
    labels = others | {"exercise": "no"}
    return [
        *_usual(alert, f"{metric}{{{_text(labels)}}}", bad=bad, good=good, **labels),
        _quiet(alert, f"{metric}{{{_text(others | {'exercise': 'yes'})}}}", bad),
    ]


def _text(labels: dict[str, str]) -> str:
    return ", ".join(f'{name}="{value}"' for name, value in labels.items())


def _up(alert: str, *values: str, **labels: str) -> Case:
    """`values`: of each process of routing; the other services are well. With labels it fires."""
    others = {f'up{{service="{name}"}}': "1" + _ALL_ALONG for name in _OTHERS}
    first, *more = _given('up{service="routing"}', *values) or ({},)
    return Case(alert, fires=bool(labels), processes=(first | others, *more), labels=labels)


_OTHERS = ("registration", "outreach", "notify", "console")
_AT_THE_END = 19 * 60  # when the alerts are looked at
_CLOCK = 'folgeskab_clock_drift_seconds{service="routing"}'
_LEADER = 'folgeskab_relay_leader{service="routing"}'
_COUNTED = 'folgeskab_console_reconciled_seconds_ago{service="console"}'
_DOUBT = 'folgeskab_notify_open_messages{channel="sms", exercise="no", state="in_doubt"}'
_CIRCUIT = 'folgeskab_circuit_open{service="notify", target="sms-gateway"}'

CASES: list[Case] = [
    _up("ServiceIsDown", "0", service="routing"),
    _up("ServiceIsDown", "0", "0", service="routing"),
    _up("ServiceIsDown", service="routing"),  # nobody answers under the name any more
    _up("ServiceIsDown", "1"),
    _up("ServiceIsDown", "0", "1"),
    _up("ProcessIsDown", "0", job="folgeskab", service="routing", instance="a"),
    _up("ProcessIsDown", "1", "0", job="folgeskab", service="routing", instance="b"),
    _up("ProcessIsDown", "1"),
    _up("ProcessIsDown", "1", "1"),
    *_of_service("LoopFails", "folgeskab_loop_failing_seconds", bad="121", good="119", loop="cases"),
    *_of_service("LoopStandsStill", "folgeskab_loop_late_seconds", bad="121", good="119", loop="cases"),
    _fires("ClockIsOff", _CLOCK, "-5.1", service="routing", instance="a"),
    _fires("ClockIsOff", _CLOCK, "4.9", "31", service="routing", instance="b"),
    _quiet("ClockIsOff", _CLOCK, "4.9"),
    _quiet("ClockIsOff", _CLOCK, "-4.9", "4.9"),
    *_of_service(
        "GaugesCannotBeMeasured",
        "folgeskab_measurement_failing_seconds",
        bad="61",
        good="59",
        source="outbox",
    ),
    *_of_service("RequestsAreRefused", "folgeskab_requests_refused_total", bad="0+1", good="5"),
    *_of_service("ConsumerFails", "folgeskab_consumer_failing_seconds", bad="61", good="59"),
    *_of_service("ConsumerStandsStill", "folgeskab_behind_seconds", bad="121", good="119"),
    *_of_service("EventsWait", "folgeskab_oldest_unprocessed_seconds", bad="61", good="59"),
    *_of_service("MessagesSkipped", "folgeskab_skipped_messages", bad="1", good="0", topic="routing.v1"),
    *_of_service("RepublishNeeded", "folgeskab_republish_needed", bad="1", good="0", topic="routing.v1"),
    *_of_service("BrakeIsOn", "folgeskab_braked", bad="1", good="0"),
    *_of_service("MessagesParked", "folgeskab_parked_messages", bad="1", good="0"),
    *_of_service("RelayStandsStill", "folgeskab_relay_oldest_unsent_seconds", bad="61", good="59"),
    *_of_service(
        "RelayIsHeld",
        "folgeskab_relay_held_since_timestamp_seconds",
        bad=str(_AT_THE_END - 31),
        good=str(_AT_THE_END - 29),
        pid="7",
        application="psql",
        database="folgeskab",
    ),
    _fires("NobodyRelays", _LEADER, "0", service="routing"),
    _fires("NobodyRelays", _LEADER, "0", "0", service="routing"),
    _quiet("NobodyRelays", _LEADER, "1"),
    _quiet("NobodyRelays", _LEADER, "1", "0"),
    *_usual("TransactionHeldOpen", "folgeskab_oldest_transaction_seconds{}", bad="121", good="119"),
    *_of_service(
        "RowsInDefaultPartition", "folgeskab_default_partition_rows", bad="1", good="0", table="outbox"
    ),
    *_of_people("PeopleAreUnaccountedFor", "folgeskab_console_unaccounted_people", bad="-1", good="0"),
    _fires("PeopleAreNotCounted", _COUNTED, "601"),
    _fires("PeopleAreNotCounted", _COUNTED, "601", "601"),
    _quiet("PeopleAreNotCounted", _COUNTED, "599"),
    _quiet("PeopleAreNotCounted", _COUNTED, "601", "100"),  # one of the two counts
    *_of_people("ContactsAreDue", "folgeskab_outreach_oldest_due_seconds", bad="901", good="899"),
    *_of_people(
        "MessagesAreDue", "folgeskab_notify_oldest_due_seconds", bad="901", good="899", channel="sms"
    ),
    *_usual("MessagesInDoubt", _DOUBT, bad="1", good="0", channel="sms", exercise="no"),
    _quiet("MessagesInDoubt", _DOUBT.replace("in_doubt", "sending"), "5"),
    *_of_people(
        "MessagesLongInDoubt",
        "folgeskab_notify_oldest_in_doubt_seconds",
        bad="86401",
        good="86399",
        channel="sms",
    ),
    *_usual("ProviderIsLeftAlone", _CIRCUIT, bad="1", good="0", service="notify", target="sms-gateway"),
    *_of_service("RegisterIsLeftAlone", "folgeskab_circuit_open", bad="1", good="0", target="cpr-register"),
    *_of_people("CasesWait", "folgeskab_routing_oldest_waiting_case_seconds", bad="901", good="899"),
    *_of_people(
        "HandoversAreLate", "folgeskab_routing_overdue_handovers", bad="1", good="0", step="acceptance"
    ),
    *_of_people("TriageIsLate", "folgeskab_routing_overdue_triage_cases", bad="1", good="0", queue="address"),
    *_of_people(
        "AuthoritiesAreUnknown",
        "folgeskab_routing_unknown_authorities",
        bad="1",
        good="0",
        named_by="incident",
    ),
]
