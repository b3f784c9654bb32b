"""Read the text of a PDF of kit/documents/pdf.py through its embedded fonts."""

import re
import zlib
from collections.abc import Iterator
from itertools import groupby

_STREAM = re.compile(rb"<<(?:(?!endobj).)*?>>\s*stream\n(.*?)\nendstream", re.DOTALL)
_MAPPED = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")
_SHOWN = re.compile(
    rb"/F(?P<font>\d+) [\d.]+ Tf|(?P<y>-?[\d.]+) (?:(?P<start>Td)|Tm)|\((?P<text>(?:\\.|[^\\()])*)\)",
    re.DOTALL,
)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def lines(pdf: bytes) -> list[str]:
    """Return the lines as displayed, each from left to right: Arabic is reversed."""
    shown = list(_pieces(pdf))
    return ["".join(text for _, text, _ in run).strip() for _, run in groupby(shown, key=lambda one: one[0])]


def text(pdf: bytes) -> str:
    """Return the text with a space between lines."""
    return re.sub(r"\s+", " ", " ".join(lines(pdf)))


def glyphs(pdf: bytes, character: str) -> int:
    """Return how many shapes one character has on the pages."""
    return len({code for _, shown, code in _pieces(pdf) if shown == character})


def _pieces(pdf: bytes) -> Iterator[tuple[tuple[int, bytes], str, bytes]]:
    """Return each glyph: its page and height, the character it stands for, its number in its font."""
    streams = [_inflated(found[1]) for found in _STREAM.finditer(pdf)]
    maps = [_unicode(one) for one in streams if b"beginbfchar" in one]
    for page, content in enumerate(one for one in streams if b"BT" in one and b"begincmap" not in one):
        font, y = 1, b""
        for found in _SHOWN.finditer(content):
            font = int(found["font"] or font)
            y = found["y"] or y
            if found["start"]:
                yield (page, y), " ", b""
            codes = re.sub(
                rb"\\(.)", lambda e: _ESCAPED.get(e[1], e[1]), found["text"] or b"", flags=re.DOTALL
            )
            for at in range(0, len(codes), 2):
                code = codes[at : at + 2]
                yield (page, y), maps[font - 1][code], code


def _inflated(stream: bytes) -> bytes:
    return zlib.decompress(stream) if stream[:1] == b"x" else stream


def _unicode(stream: bytes) -> dict[bytes, str]:
    return {
        bytes.fromhex(found[1].decode()): bytes.fromhex(found[2].decode()).decode("utf-16-be")
        for found in _MAPPED.finditer(stream)
    }
