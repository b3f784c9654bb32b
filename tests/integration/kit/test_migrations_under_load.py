"""A column is added while the service runs: every request is answered, and no batch is parked."""

import re

import httpx
import pytest
from fastapi import Request

from kit.database.database import Database, is_transient
from kit.http.web import make_app
from tests.conftest import ROOT, Databases


async def test_a_request_with_a_stale_statement_is_retried(empty_kit: Database, databases: Databases) -> None:
    """Each connection of the pool has prepared it; both a read and a write with a body are answered."""
    database = Database(databases.url("outreach"), name="test", pool_size=2)
    app = make_app("test")

    @app.get("/noted")
    async def noted() -> int:
        async with database.transaction() as session:
            return len(await session.fetch("select * from noted"))

    @app.post("/noted")
    async def note(request: Request) -> str:
        body = await request.json()
        async with database.transaction() as session:
            await session.fetch("select * from noted")
        return str(body["word"])

    async def prepare_everywhere() -> None:
        async with database.transaction() as one, database.transaction() as other:
            await one.fetch("select * from noted")
            await other.fetch("select * from noted")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        answers = []
        for number, asked in enumerate(("get", "post")):
            await prepare_everywhere()
            connection = await empty_kit.connect()
            await connection.execute(f"alter table noted add column added_{number} text")
            await connection.close()
            body = {"json": {"word": "hej"}} if asked == "post" else {}
            answers += [await http.request(asked, "/noted", **body) for _ in range(2)]
    await database.close()

    assert [answer.status_code for answer in answers] == [200] * 4
    assert answers[-1].json() == "hej"


async def test_a_stale_statement_counts_as_transient(empty_kit: Database) -> None:
    """Otherwise a batch would be parked, message by message, when a column is added."""
    statement = "select * from noted"
    database = Database(empty_kit.url, name="test", pool_size=1)
    async with database.transaction() as session:
        await session.fetch(statement)
    connection = await empty_kit.connect()
    await connection.execute("alter table noted add column another text")
    await connection.close()

    with pytest.raises(Exception) as raised:  # noqa: PT011 - which it is, is asked next
        async with database.transaction() as session:
            await session.fetch(statement)
    async with database.transaction() as session:
        await session.fetch(statement)
    await database.close()

    assert is_transient(raised.value)


_OF_ITS_OWN_SHAPE = {
    "unnest",
    "found",
    "asked",
    "checked",
    "moved",
}  # functions, and queries named in the statement


def test_no_statement_takes_whatever_columns_a_table_has() -> None:
    """With a migration, `select *` of a table gives another result: what was prepared before it fails."""
    found = []
    for folder in ("services", "kit", "cli"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text()
            for star in re.finditer(r"(?:select (?:\w+\.)?|, \w+\.)\*[ ,\n]", text):
                source = re.search(r"\bfrom\s+(\w+)", text[star.end() :])
                if source is None or source[1] not in _OF_ITS_OWN_SHAPE:
                    line = text.count("\n", 0, star.start()) + 1
                    found.append(f"{path.relative_to(ROOT)}:{line}")

    assert found == []
