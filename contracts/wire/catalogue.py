"""Every event and every topic: publishing service, consuming services, retention."""

from dataclasses import dataclass

from contracts.events import audit, notify, outreach, registration, routing
from contracts.wire.event import Event, by_type

EVENTS: dict[str, type[Event]] = by_type(
    (
        registration.IncidentOpened,
        registration.IncidentCorrected,
        registration.IncidentClosed,
        registration.IncidentReopened,
        registration.PersonRegistered,
        registration.PersonCorrected,
        registration.PersonMerged,
        registration.PersonUnmerged,
        registration.ConsentGiven,
        registration.ConsentWithdrawn,
        registration.ConsentsRestated,
        registration.ContactBarred,
        registration.ContactBarLifted,
        registration.RelationsTold,
        registration.PersonForgotten,
        routing.HomeAuthorityResolved,
        routing.HomeAuthorityUnresolved,
        routing.CurrentNumberLearned,
        routing.TriageOverdue,
        routing.HandoverOffered,
        routing.HandoverAccepted,
        routing.HandoverRefused,
        routing.FirstContactMade,
        routing.HandoverEscalated,
        routing.RelativeDied,
        routing.RelativeDeathUndone,
        routing.HandoverCalledOff,
        outreach.WaveDrafted,
        outreach.WaveLaunched,
        outreach.WavePaused,
        outreach.WaveResumed,
        outreach.WaveCancelled,
        outreach.WaveCompleted,
        outreach.ContactRequested,
        outreach.CallListed,
        outreach.CallConcluded,
        outreach.ContactWithheld,
        notify.ContactHandedOver,
        notify.ContactDelivered,
        notify.ContactFellBack,
        notify.ContactFailed,
        notify.ContactInDoubt,
        notify.MessageWithheld,
        audit.PersonalDataSeen,
        audit.PeopleSearched,
        audit.BadRowsSeen,
        audit.IncidentWordsSeen,
        audit.PersonalDataPassedOn,
    ),
)


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    publisher: str
    consumers: tuple[str, ...]
    partitions: int = 12
    retention_days: int = 14  # longer than the worst outage; the outboxes keep events as long


TOPICS: tuple[Topic, ...] = (
    Topic(registration.TOPIC, "registration", ("routing", "outreach", "notify", "console")),
    Topic(routing.TOPIC, "routing", ("registration", "outreach", "console")),
    Topic(outreach.TOPIC, "outreach", ("registration", "routing", "notify", "console")),
    Topic(notify.TOPIC, "notify", ("outreach", "console")),
    Topic(audit.TOPIC, "every service", (), retention_days=400),
)


def published_by(service: str) -> tuple[str, ...]:
    return tuple(topic.name for topic in TOPICS if topic.publisher in {service, "every service"})


def consumed_by(service: str) -> tuple[str, ...]:
    return tuple(topic.name for topic in TOPICS if service in topic.consumers)
