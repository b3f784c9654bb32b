"""Build the document of a Digital Post message: a self-contained HTML page from plain text.

Markup: "# " begins a heading, "- " a list item, an empty line ends a paragraph. Line breaks are kept.
"""

from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import Final

_FORBIDDEN: Final = {
    ord(sign): None
    for sign in '<>:"/\\|?*\r\n\u00a0\u2028\u205f\u2060\u3000' + "".join(map(chr, range(0x2000, 0x200B)))
}
_RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ps", "ur"})


def to_html(subject: str, body: str, language: str) -> bytes:
    direction = "rtl" if language[:2] in _RIGHT_TO_LEFT else "ltr"
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}" dir="{direction}">\n'
        '<head>\n<meta charset="utf-8"/>\n'
        f"<title>{escape(subject)}</title>\n</head>\n<body>\n"
        + "\n".join(_blocks(body))
        + "\n</body>\n</html>\n"
    ).encode()


def file_name(subject: str) -> str:
    """Return a file name that the platform accepts. Since September 2025 it refuses some characters."""
    kept = " ".join(subject.translate(_FORBIDDEN).split()).strip(". ")
    return f"{kept[:100] or 'besked'}.html"


def _blocks(body: str) -> Iterator[str]:
    for kind, group in groupby(body.strip().splitlines(), key=_kind):
        lines = [escape(line.strip()) for line in group]
        match kind:
            case "heading":
                yield from (f"<h2>{line[2:]}</h2>" for line in lines)
            case "point":
                yield "<ul>\n" + "\n".join(f"<li>{line[2:]}</li>" for line in lines) + "\n</ul>"
            case "text":
                yield "<p>" + "<br/>\n".join(lines) + "</p>"


def _kind(line: str) -> str:
    if not line.strip():
        return "empty"
    if line.startswith("# "):
        return "heading"
    return "point" if line.startswith("- ") else "text"
