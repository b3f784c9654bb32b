"""The picture that docs/architecture.md begins with, drawn from the catalogue of topics.

`python -m contracts.testing.golden` writes it. Each topic is a line: its publisher's arrow ends on it, an
arrow to each reader starts from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Final

from contracts.wire.catalogue import TOPICS, Topic

_WIDTH, _HEIGHT = 1200, 742
_LEFT, _COLUMN, _BOX = 162, 206, 194  # x of the first service, distance of services, width of a box
_FIRST_TOPIC, _TOPIC = 82, 46  # y of the first topic, distance of topics
_BOXES, _BOX_HEIGHT = 330, 154  # y and height of the services
_STORES = 566


@dataclass(frozen=True, slots=True)
class _Service:
    name: str
    colour: str
    does: tuple[str, str]
    outside: tuple[str, str]
    stores: tuple[str, str]


_SERVICES: Final = (
    _Service(
        "registration", "#0b5c92",
        ("registers people and", "their consents"), ("hotline, public form,", "files, paper"),
        ("people, consents,", "duplicates, imports"),
    ),
    _Service(
        "routing", "#8a4600",
        ("finds home authorities,", "hands cases over"), ("CPR register,", "authorities"),
        ("cases, authorities,", "handovers"),
    ),
    _Service(
        "outreach", "#256b2b",
        ("plans waves, contacts", "and calls"), ("coordinators,", "nurses"),
        ("waves, contacts,", "calls"),
    ),
    _Service(
        "notify", "#7b2470",
        ("sends messages,", "takes receipts"), ("Digital Post, SMS,", "e-mail"),
        ("messages, attempts,", "receipts"),
    ),
    _Service(
        "console", "#444c55",
        ("shows and counts,", "sends commands"), ("staff", "with a browser"),
        ("one row per person,", "contact and wave"),
    ),
)  # fmt: skip
_COLOURS: Final = {service.name: service.colour for service in _SERVICES}
_STYLE: Final = """
text { font-family: "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; font-size: 15px; fill: #1a1a1a }
.name { font-size: 18px; font-weight: bold; fill: #fff }
.band { font-weight: bold; fill: #444 }
.note { fill: #444; font-style: italic }
.middle { text-anchor: middle }
.line { fill: none; stroke-width: 2.5 }
.gap { fill: none; stroke: #f3f4f6; stroke-width: 7 }
.store { fill: #fff; stroke: #444; stroke-width: 1.5 }
"""


def picture() -> str:
    """Return the SVG."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'role="img" aria-labelledby="t d">\n'
        '<title id="t">Services, topics and stores</title>\n'
        f'<desc id="d">{escape(" ".join(map(_sentence, TOPICS)))}</desc>\n<style>{_STYLE}</style>\n'
    )
    return head + "\n".join([*_backgrounds(), *_topics(), *_services(), *_stores()]) + "\n</svg>\n"


def _sentence(topic: Topic) -> str:
    readers = ", ".join(topic.consumers) or "no service"
    return f"{topic.name}: published by {topic.publisher}, read by {readers}."


def _backgrounds() -> Iterator[str]:
    markers = {*_COLOURS.values(), "#666"}
    yield "<defs>" + "".join(_marker(colour) for colour in sorted(markers)) + "</defs>"
    yield f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>'
    bottom = _FIRST_TOPIC + _TOPIC * (len(TOPICS) - 1) + 24
    yield f'<rect x="8" y="34" width="{_WIDTH - 16}" height="{bottom - 34}" rx="8" fill="#f3f4f6"/>'
    yield _text(8, 22, "Kafka: a topic of each service, and the audit trail", "band")
    yield _text(_WIDTH - 8, 22, "up: publishes · down: reads", "band", anchor="end")


def _marker(colour: str) -> str:
    return (
        f'<marker id="{_marker_id(colour)}" viewBox="0 0 10 10" refX="8" refY="5" '
        f'markerWidth="5" markerHeight="5" orient="auto"><path d="M0 0 10 5 0 10z" fill="{colour}"/></marker>'
    )


def _pointed(colour: str) -> str:
    return f'stroke="{colour}" marker-end="url(#{_marker_id(colour)})"'


def _marker_id(colour: str) -> str:
    return f"arrow-{colour[1:]}"


def _topics() -> Iterator[str]:
    """Yield the lines of the topics first, then the arrows over them."""
    heights = [_FIRST_TOPIC + _TOPIC * place for place in range(len(TOPICS))]
    for topic, y in zip(TOPICS, heights, strict=True):
        last = max(_place(name) for name in (*_publishers(topic), *topic.consumers))
        end = _x(last) + _offset(topic)
        yield f'<path class="line" stroke="{_colour(topic)}" d="M142 {y}H{end}"/>'
        yield _text(18, y + 5, topic.name)
    for topic, y in zip(TOPICS, heights, strict=True):
        for name in topic.consumers:
            yield from _arrow(topic, name, y, _BOXES - 3)
        for name in _publishers(topic):
            yield from _arrow(topic, name, _BOXES, y + 3)


def _publishers(topic: Topic) -> tuple[str, ...]:
    return (topic.publisher,) if topic.publisher in _COLOURS else tuple(_COLOURS)


def _colour(topic: Topic) -> str:
    return _COLOURS.get(topic.publisher, "#666")


def _arrow(topic: Topic, service: str, start: int, end: int) -> Iterator[str]:
    x = _x(_place(service)) + _offset(topic)
    colour = _colour(topic)
    over = f"M{x} {min(start, end) + 8}V{max(start, end)}"
    yield f'<path class="gap" d="{over}"/>'
    yield (f'<path class="line" {_pointed(colour)} d="M{x} {start}V{end}"/>')


def _place(service: str) -> int:
    return list(_COLOURS).index(service)


def _x(place: int) -> int:
    return _LEFT + _COLUMN * place


def _offset(topic: Topic) -> int:
    return 27 + 34 * TOPICS.index(topic)


def _services() -> Iterator[str]:
    for place, service in enumerate(_SERVICES):
        x, middle = _x(place), _x(place) + _BOX // 2
        size = f'x="{x}" y="{_BOXES}" width="{_BOX}" height="{_BOX_HEIGHT}" rx="8"'
        yield f'<rect {size} fill="#fff" stroke="{service.colour}" stroke-width="2.5"/>'
        yield f'<path fill="{service.colour}" d="M{x} {_BOXES + 8}q0-8 8-8h{_BOX - 16}q8 0 8 8v26h-{_BOX}z"/>'
        yield _text(middle, _BOXES + 24, service.name, "name middle")
        for number, line in enumerate(service.does):
            yield _text(middle, _BOXES + 58 + 20 * number, line, "middle")
        for number, line in enumerate(service.outside):
            yield _text(middle, _BOXES + 112 + 20 * number, line, "note middle")
    yield _text(18, _BOXES + 112, "from and to")
    yield _text(18, _BOXES + 132, "outside")
    yield from _commands()


def _commands() -> Iterator[str]:
    """Yield the console's commands: a broken line below the services, with an arrow up to each."""
    first, console = _x(0) + 30, _x(_place("console")) + 30
    bottom = _BOXES + _BOX_HEIGHT
    y, colour = bottom + 34, _COLOURS["console"]
    line = f'stroke="{colour}" stroke-dasharray="6 4"'
    yield f'<path class="line" {line} d="M{console} {bottom}V{y}H{first}"/>'
    for place in range(len(_SERVICES) - 1):
        x = _x(place) + 30
        yield f'<path class="line" {_pointed(colour)} d="M{x} {y}v-30"/>'
    yield _text(18, y + 5, "HTTP: commands")


def _stores() -> Iterator[str]:
    yield _text(18, _STORES + 38, "PostgreSQL")
    yield _text(18, _STORES + 58, "a schema each,")
    yield _text(18, _STORES + 78, "outbox, inbox")
    for place, service in enumerate(_SERVICES):
        middle = _x(place) + _BOX // 2
        yield from _line_to_store(middle)
        yield _cylinder(_x(place), _STORES, _BOX, 84)
        for number, line in enumerate(service.stores):
            yield _text(middle, _STORES + 46 + 20 * number, line, "middle")
    end = _x(len(_SERVICES) - 1) + _BOX
    yield _cylinder(_LEFT, _STORES + 108, end - _LEFT, 56)
    yield _text(18, _STORES + 148, "keyring database")
    yield _text(
        (_LEFT + end) // 2, _STORES + 148,
        "one key per person: registration issues and deletes keys, the others read them", "middle",
    )  # fmt: skip


def _line_to_store(x: int) -> Iterator[str]:
    yield f'<path d="M{x} {_BOXES + _BOX_HEIGHT + 8}V{_STORES}" fill="none" stroke="#fff" stroke-width="7"/>'
    yield f'<path class="line" stroke="#444" d="M{x} {_BOXES + _BOX_HEIGHT}V{_STORES}"/>'


def _cylinder(x: int, y: int, width: int, height: int) -> str:
    half = width / 2
    return (
        f'<path class="store" d="M{x} {y + 10}v{height - 20}a{half} 10 0 0 0 {width} 0v-{height - 20}'
        f'a{half} 10 0 0 0 -{width} 0a{half} 10 0 0 0 {width} 0"/>'
    )


def _text(x: float, y: float, words: str, kind: str = "", *, anchor: str = "start") -> str:
    of_kind = f' class="{kind}"' if kind else ""
    at = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:g}" y="{y:g}"{of_kind}{at}>{escape(words)}</text>'
