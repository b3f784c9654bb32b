"""Any content of a file gets a clear answer: every row is counted once and no valid row is lost."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Databases
from tests.integration.registration.api_client import RegistrationOffice, opened
from tests.workbooks import workbook

COLUMNS = (
    "reference", "name", "role", "place", "cpr", "phone", "birth_date", "municipality",
    "registration_consent", "consented_at",
)  # fmt: skip
FUZZED = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")

NAIVE = st.datetimes(datetime(1900, 1, 2), datetime(2100, 1, 1))  # noqa: DTZ001 - as spreadsheets have them
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NO_CONTROL = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12
)
WORDS = st.sampled_from(
    ["victim", "epc", "ja", "0104909989", "20123456", "#N/A", '"', ";", "-", "31-12-1980"]
)
CELL = st.one_of(
    st.none(), NO_CONTROL, WORDS, st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(), NAIVE, NAIVE.map(lambda moment: moment.time()), st.timedeltas(timedelta(0), timedelta(9)),
)  # fmt: skip


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


def told(answer: httpx.Response) -> dict[str, Any]:
    """Give the report; a file that cannot be read at all says why."""
    assert answer.status_code in {200, 422}, answer.text
    report: dict[str, Any] = answer.json()
    if answer.status_code == 422:
        assert report["errors"]
        return {}
    assert report["rows"] == report["registered"] + report["already_there"] + report["bad_rows"]
    assert len({bad["line"] for bad in report["bad"]}) == report["bad_rows"] == report["bad_rows_kept"]
    return report


async def agrees(office: RegistrationOffice, incident: str, content: bytes) -> dict[str, Any]:
    """Rehearse and import; both must say the same, and so must the database."""
    path = f"/incidents/{incident}/imports"
    rehearsed = told(await office.http.post(path, params={"dry_run": True}, content=content))
    report = told(await office.http.post(path, content=content))
    for figure in ("rows", "registered", "already_there", "bad_rows", "bad"):
        assert rehearsed.get(figure) == report.get(figure)
    assert (await office.counts(incident))["registered"] == report.get("registered", 0)
    return report


@FUZZED
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"name;role;place\n", b"navn,rolle,sted,note\r\n", b"\xff\xfe"]),
)
async def test_any_bytes_as_csv(office: RegistrationOffice, rubbish: bytes, header: bytes) -> None:
    await agrees(office, await office.open_incident(), header + rubbish)


@FUZZED
@given(st.binary(max_size=300))
async def test_any_bytes_as_a_workbook(office: RegistrationOffice, rubbish: bytes) -> None:
    await agrees(office, await office.open_incident(), b"PK\x03\x04" + rubbish)


def _good(number: int) -> tuple[str, ...]:
    return (f"G{number}", f"God {number}", "victim", "epc", "", "", "", "", "", "")


WORKBOOK = workbook([COLUMNS, *(_good(number) for number in range(3))])  # its bytes tell when it was made


@FUZZED
@given(st.data())
async def test_a_workbook_with_any_byte_changed(office: RegistrationOffice, data: st.DataObject) -> None:
    content = bytearray(WORKBOOK)
    for place in data.draw(st.lists(st.integers(4, len(content) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))

    await agrees(office, await office.open_incident(), bytes(content))


ROWS = st.lists(st.one_of(st.just(None), st.lists(CELL, max_size=len(COLUMNS) + 2)), min_size=1, max_size=12)


@FUZZED
@given(ROWS)
async def test_any_cells_of_a_workbook_and_no_good_row_among_them_is_lost(
    office: RegistrationOffice, rows: list[list[object] | None]
) -> None:
    sheet = [_good(at) if row is None else row for at, row in enumerate(rows)]

    report = await agrees(office, await office.open_incident(), workbook([COLUMNS, *sheet]))

    good = {at + 2 for at, row in enumerate(rows) if row is None}  # the header is the first row
    assert not good & {bad["line"] for bad in report["bad"]}
    assert report["registered"] + report["already_there"] >= len(good)


LINE = st.one_of(st.just(None), st.lists(st.one_of(TEXT, WORDS), max_size=len(COLUMNS) + 1).map(";".join))


@FUZZED
@given(st.lists(LINE, min_size=1, max_size=12), st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]))
async def test_any_lines_of_csv_and_no_good_row_among_them_is_lost(
    office: RegistrationOffice, lines: list[str | None], encoding: str
) -> None:
    told_lines = [
        ";".join(_good(at)) if line is None else line.replace('"', "") for at, line in enumerate(lines)
    ]
    text = "\n".join([";".join(COLUMNS), *told_lines])

    report = await agrees(office, await office.open_incident(), text.encode(encoding, "replace"))

    good = sum(line is None for line in lines)
    bad = {error["line"] for error in report["bad"]}
    breaks = any("\n" in line for line in told_lines)
    assert breaks or not bad & {at + 2 for at, line in enumerate(lines) if line is None}
    assert report["registered"] + report["already_there"] >= good
