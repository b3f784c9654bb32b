"""View models of a wave."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.events.vocabulary import Role, WithheldReason

MOVES: Mapping[str, tuple[str, ...]] = {
    "draft": ("preview", "cancel"),
    "previewed": ("approve", "preview", "cancel"),
    "approved": ("launch", "preview", "cancel"),
    "launching": ("cancel",),
    "running": ("pause", "cancel"),
    "paused": ("resume", "cancel"),
    "cancelled": (),
    "completed": (),
}


@dataclass(frozen=True, slots=True)
class WaveForm:
    """The form of a new wave."""

    plan: str = ""
    roles: tuple[Role, ...] = ()
    municipalities: str = ""  # codes, with spaces or commas
    registrations: str = ""  # ids, with spaces or commas
    repeat: bool = False

    def body(self) -> dict[str, Any]:
        selection = {
            "roles": list(self.roles),
            "municipalities": self.municipalities.replace(",", " ").split(),
            "registrations": self.registrations.replace(",", " ").split(),
        }
        return {"plan": self.plan, "selection": selection, "repeat": self.repeat}


NO_FORM: Final = WaveForm()


@dataclass(frozen=True, slots=True)
class ContactLine:
    kind: str
    channel: str
    contacts: int


@dataclass(frozen=True, slots=True)
class PlaceShare:
    name: str
    messages: int
    calls: int


@dataclass(frozen=True, slots=True)
class OmittedLine:
    """A step omitted for people who get another step of the wave."""

    kind: str
    reason: str
    contacts: int


@dataclass(frozen=True, slots=True)
class LanguageLine:
    """Messages in another language than the reader's, or with an unreviewed translation."""

    language: str
    read_instead: str | None  # None: the text exists in the reader's language
    reviewed: bool
    contacts: int


@dataclass(frozen=True, slots=True)
class WaveView:
    wave_id: str
    state: str
    exercise: bool
    plan: str
    plan_version: int
    roles: tuple[str, ...]
    municipalities: tuple[str, ...]  # names
    named: int  # number of selected people; 0: everybody in the selection
    repeat: bool
    again: int  # planned people who already had a step of the plan
    redeciding: int  # planned people whose case routing is deciding again
    created_by: str
    created_at: str | None
    previewed_by: str | None
    previewed_at: str | None
    approved_by: str | None
    approved_at: str | None
    launched_by: str | None
    launched_at: str | None
    ended_at: str | None
    frozen_hash: str | None
    people: int | None  # None: not previewed
    planned: int
    contacts: tuple[ContactLine, ...]
    places: tuple[PlaceShare, ...]
    excluded: tuple[tuple[str, int], ...]
    omitted: tuple[OmittedLine, ...]
    moves: tuple[str, ...]
    languages: tuple[LanguageLine, ...] | None = ()  # None: notify does not answer

    @property
    def left_out(self) -> int:
        return (self.people or 0) - self.planned

    @property
    def being_decided(self) -> int:
        """Count the people whom routing had not finished with at the preview."""
        return dict(self.excluded).get(WithheldReason.BEING_DECIDED, 0)


def wave(
    data: Mapping[str, Any], names: Mapping[str, str], templates: Sequence[Mapping[str, Any]] | None = ()
) -> WaveView:
    """`templates`: from notify; None if it does not answer."""
    shares = data["contacts"] or []
    return WaveView(
        wave_id=str(data["wave_id"]),
        state=data["state"],
        exercise=data["exercise"],
        plan=data["plan"],
        plan_version=data["plan_version"],
        roles=tuple(data["selection"]["roles"]),
        municipalities=tuple([names.get(code, code) for code in data["selection"]["municipalities"]]),
        named=len(data["selection"]["registrations"]),
        repeat=data["repeat"],
        again=data["again"],
        redeciding=data["redeciding"],
        created_by=data["created_by"],
        created_at=data["created_at"],
        previewed_by=data["previewed_by"],
        previewed_at=data["previewed_at"],
        approved_by=data["approved_by"],
        approved_at=data["approved_at"],
        launched_by=data["launched_by"],
        launched_at=data["launched_at"],
        ended_at=data["ended_at"],
        frozen_hash=data["frozen_hash"],
        people=data["people"],
        planned=data["planned"] or 0,
        contacts=_contacts(shares),
        places=_places(shares, names),
        excluded=tuple(sorted((data["excluded"] or {}).items(), key=lambda item: -item[1])),
        omitted=tuple([OmittedLine(o["kind"], o["reason"], o["contacts"]) for o in data["omitted"]]),
        moves=MOVES.get(data["state"], ()),
        languages=None if templates is None else languages(data["languages"], templates),
    )


def languages(
    planned: Sequence[Mapping[str, Any]], templates: Sequence[Mapping[str, Any]]
) -> tuple[LanguageLine, ...]:
    """Return the messages that fall back to another language, and those with unreviewed texts."""
    by_name = {template["template"]: template for template in templates}
    counted: Counter[tuple[str, str | None, bool]] = Counter()
    for share in planned:
        if (template := by_name.get(share["template"])) is None:
            continue
        there = {one["language"]: one["reviewed"] for one in template["channels"].get(share["channel"], ())}
        own = share["language"]
        instead = template["read_instead"].get(own, template["otherwise"])
        read = next((each for each in (own, instead, template["otherwise"]) if each in there), None)
        if read is not None and (read != own or not there[read]):
            counted[own, None if read == own else read, there[read]] += share["contacts"]
    ordered = sorted(counted.items(), key=lambda item: (item[0][1] is None, -item[1], item[0][0]))
    return tuple([LanguageLine(*which, number) for which, number in ordered])


def _contacts(shares: list[dict[str, Any]]) -> tuple[ContactLine, ...]:
    counted: Counter[tuple[str, str]] = Counter()
    for share in shares:
        counted[share["kind"], share["channel"]] += share["contacts"]
    ordered = sorted(counted.items(), key=lambda item: (item[0][0] == "call", -item[1]))
    return tuple([ContactLine(kind, channel, n) for (kind, channel), n in ordered])


def _places(shares: list[dict[str, Any]], names: Mapping[str, str]) -> tuple[PlaceShare, ...]:
    counted: dict[str, Counter[str]] = {}
    for share in shares:
        counted.setdefault(share.get("authority", share["municipality"]), Counter())[share["kind"]] += share[
            "contacts"
        ]
    places = [PlaceShare(names.get(code, code), c["message"], c["call"]) for code, c in counted.items()]
    return tuple(sorted(places, key=lambda place: (-place.messages - place.calls, place.name)))
