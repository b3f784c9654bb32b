"""Tables on a narrow screen or in a pipe: ids and words are not broken."""

import io

import pytest
from rich.console import Console

from cli.output import format_minute, make_listing
from kit.runtime.ids import new_id


def shown(*, width: int, ids: list[str]) -> str:
    table = make_listing("Handover", "Registration", "Authority", "State", ids={"Handover", "Registration"})
    table.add_row(*ids, "0751 Aarhus Kommune", "accepted")
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(table)
    return out.getvalue()


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_list_shows_ids_and_words_whole_on_any_screen(width: int) -> None:
    ids = [str(new_id()), str(new_id())]

    text = shown(width=width, ids=ids)

    assert all(one in text for one in (*ids, "Aarhus Kommune", "accepted"))
    assert max(map(len, text.splitlines())) <= width
    assert ("│" in text) is (width == 200)


def test_a_time_in_a_table_is_short_and_keeps_its_zone() -> None:
    assert format_minute("2026-11-25T13:05:01.123456+00:00") == "2026-11-25T13:05+00:00"
    assert format_minute(None) == ""
