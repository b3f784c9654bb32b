"""Everything that can be said of a person, by every way in, each field with a canary of its own."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from deploy.local.driving import APPROVER, AUTHOR, Driver
from deploy.local.stack import Stack
from kit.ids import new_id
from tests.canaries import Canaries
from tests.resting import Resting
from tests.stacks import until
from tests.workbooks import workbook

LIVE = 90  # seconds for what the services do on their own
AT = "2026-11-24T12:00:00+01:00"
HEADER = (
    "reference", "name", "role", "place", "cpr", "identity", "identity_system", "identity_scope", "phone",
    "email", "street", "postcode", "city", "note", "circumstances", "concerns", "registration_consent",
    "wording", "consent_language", "obtained_by", "consented_at", "consent_by", "witness", "guardian",
)  # fmt: skip


@dataclass
class Scene:
    stack: Stack
    driver: Driver
    canaries: Canaries
    incident: str
    case: str = ""  # who was ruled on, handed over and refused
    urls: list[str] = field(default_factory=list)
    answers: list[Resting] = field(default_factory=list)  # to what was asked, by the route that answered

    async def call(self, service: str, method: str, path: str, **request: Any) -> Any:
        return await self.driver.call(service, method, path, **request)

    async def post(self, path: str, body: Mapping[str, Any], actor: str = AUTHOR) -> Any:
        return await self.call("registration", "POST", path, json=body, actor=actor)


def consents(canaries: Canaries, way: str, **more: Any) -> list[dict[str, Any]]:
    found = []
    for purpose, channels in (("registration", []), ("contact", ["call", "sms", "email"])):
        words = {name: canaries.name(f"{way} {purpose} {name}") for name in ("by", "witness", "guardian")}
        found.append(
            {"purpose": purpose, "channels": channels, "wording": "2026-1", "language": "da", "at": AT}
            | {"how": "oral_witnessed", **words, **more}
        )
    return found


def person(canaries: Canaries, way: str, **more: Any) -> dict[str, Any]:
    def named(what: str) -> str:
        return f"{way} {what}"

    address = {
        "line": canaries.text(named("street")), "city": canaries.word(named("city")), "postcode": "8000",
    }  # fmt: skip
    return {
        "name": canaries.name(named("name")), "role": "victim", "place": "epc",
        "identifiers": [
            {"value": canaries.cpr(named("cpr"))},
            {"system": "passport", "value": canaries.passport(named("passport")), "scope": "UA"},
        ],
        "phone": canaries.phone(named("phone")), "email": canaries.email(named("email")),
        "addresses": [address], "note": canaries.text(named("note")),
        "circumstances": canaries.text(named("circumstances")),
        "concerns": canaries.text(named("concerns")),
        "consents": consents(canaries, way), **more,
    }  # fmt: skip


async def registered(scene: Scene, way: str, **more: Any) -> str:
    answer = await scene.call(
        "registration", "POST", f"/incidents/{scene.incident}/registrations",
        json=person(scene.canaries, way, **more), headers={"Idempotency-Key": str(new_id())},
    )  # fmt: skip
    return str(answer["registration_id"])


async def sent_wrong(scene: Scene, base: str, header: Mapping[str, str], path: str, body: Any) -> None:
    """Send what is refused: neither the answer's way nor the log may quote it."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(base + path, json=body, headers=dict(header))
    assert answer.status_code == 422, answer.text


async def refused_bodies(scene: Scene) -> None:
    canaries, base = scene.canaries, scene.stack.url("registration")
    caller = {"X-Actor": "Hanne", "Idempotency-Key": canaries.word("refused Idempotency-Key")[1:]}
    path = f"/incidents/{scene.incident}/registrations"
    wrong = person(canaries, "refused")
    wrong["identifiers"] = [{"value": canaries.word("refused number")}]
    await sent_wrong(scene, base, caller, path, wrong)
    await sent_wrong(scene, base, caller, path, {**wrong, canaries.word("refused field name"): 1})
    await sent_wrong(scene, base, caller, path, [canaries.text("refused list")])


async def in_batch(scene: Scene) -> None:
    good = {"id": str(new_id()), "registered_at": AT, **person(scene.canaries, "batch")}
    bad = {"id": str(new_id()), **person(scene.canaries, "bad batch item"), "registered_at": "i går"}
    told = await scene.post(f"/incidents/{scene.incident}/batches", {"registrations": [good, bad]})
    assert [one["outcome"] for one in told] == ["registered", "bad"]


def cells(canaries: Canaries, way: str, **wrong: str) -> list[str]:
    said = person(canaries, way)
    address, consent = said["addresses"][0], said["consents"][0]
    values = {
        "reference": canaries.word(f"{way} reference"), "name": said["name"],
        "role": "victim", "place": "epc",
        "cpr": said["identifiers"][0]["value"], "identity": said["identifiers"][1]["value"],
        "identity_system": "passport", "identity_scope": "UA",
        "phone": said["phone"], "email": said["email"],
        "street": address["line"], "postcode": "8000", "city": address["city"], "note": said["note"],
        "circumstances": said["circumstances"], "concerns": said["concerns"], "registration_consent": "ja",
        "wording": "2026-1", "consent_language": "da", "obtained_by": "oral_witnessed", "consented_at": AT,
        "consent_by": consent["by"], "witness": consent["witness"], "guardian": consent["guardian"],
    }  # fmt: skip
    return [(values | wrong)[name] for name in HEADER]


def table(canaries: Canaries, way: str) -> list[Sequence[str]]:
    """Give a good row, and rows that are refused, each for another reason."""
    return [
        HEADER,
        cells(canaries, f"{way} good row"),
        cells(canaries, f"{way} wrong number", cpr=canaries.word(f"{way} no number")),
        cells(canaries, f"{way} wrong day", consented_at=canaries.word(f"{way} no day")),
        cells(canaries, f"{way} wrong word", role=canaries.word(f"{way} no role")),
        [*cells(canaries, f"{way} long row"), canaries.text(f"{way} one cell too many")],
    ]


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


async def imported(scene: Scene, way: str, content: bytes, *, dry_run: bool = False) -> dict[str, Any]:
    told: dict[str, Any] = await scene.call(
        "registration", "POST", f"/incidents/{scene.incident}/imports", params={"dry_run": dry_run},
        content=content,
    )  # fmt: skip
    assert (told["registered"], told["bad_rows"]) == (1, 4), told
    return told


async def files(scene: Scene) -> None:
    """CSV and a workbook, rehearsed and for good, with their bad rows fetched; a file without a header."""
    for way, content in (
        ("csv", as_csv(table(scene.canaries, "csv"))),
        ("xlsx", workbook(table(scene.canaries, "xlsx"))),
    ):
        await imported(scene, way, content, dry_run=True)
        told = await imported(scene, way, content)
        async with httpx.AsyncClient() as client:
            url = f"{scene.stack.url('registration')}/imports/{told['import_id']}/bad-rows.csv"
            rows = await client.get(url, headers={"X-Actor": AUTHOR})
        assert scene.canaries.placed[f"{way} wrong word name"] in rows.text.lower()
    headless = as_csv([cells(scene.canaries, "file without a header")])
    async with httpx.AsyncClient() as client:
        url = f"{scene.stack.url('registration')}/incidents/{scene.incident}/imports"
        answer = await client.post(url, content=headless, headers={"X-Actor": AUTHOR})
    assert answer.status_code == 422, answer.text


async def through_the_console(scene: Scene) -> None:
    """Upload as a browser does, under a file name that is a family's."""
    page, name = scene.stack.url("console"), scene.canaries.name("file name")
    async with httpx.AsyncClient(base_url=page, cookies={"folgeskab_who": "Sif"}) as browser:
        answer = await browser.post(
            f"/incidents/{scene.incident}/imports",
            data={"import_id": str(new_id())},
            files={"file": (f"{name}.csv", as_csv(table(scene.canaries, "console")))},
        )
        assert answer.status_code == 303, answer.text
        report = await browser.get(answer.headers["location"])
        assert name in report.text
        assert name in (await browser.get(f"/incidents/{scene.incident}/imports")).text
        await browser.get(f"{answer.headers['location']}/bad-rows.csv")


async def through_the_public_page(scene: Scene) -> None:
    url = (await scene.post(f"/incidents/{scene.incident}/public-form", {}))["url"]
    canaries = scene.canaries
    fields = ("name", "guardian", "address", "city", "circumstances", "concerns")
    async with httpx.AsyncClient() as street:
        for way, status in (("page", 303), ("refused page", 422)):
            typed = {one: canaries.text(f"{way} {one}") for one in fields} | {
                "cpr": canaries.cpr(f"{way} cpr"), "phone": canaries.phone(f"{way} phone"),
                "email": canaries.email(f"{way} email"), "postcode": "8000", "role": "victim",
                "registration": "yes", "contact": "yes", "channels": ["call", "email"], "wording": "2026-1",
            }  # fmt: skip
            wrong = {"birth_date": canaries.word("refused page day")} if status == 422 else {}
            answer = await street.post(url, data=typed | wrong)
            assert answer.status_code == status, answer.text
            assert not street.cookies


async def merged_and_parted(scene: Scene) -> tuple[str, str]:
    """Two are taken for one by two people, and parted again; another pair stays merged.

    Give one who was parted, and one of whom there are two.
    """
    canaries, parted = scene.canaries, ""
    for way in ("undone", "merged"):
        one, other = await registered(scene, f"{way} one"), await registered(scene, f"{way} other")
        said = {"one": one, "other": other, "why": canaries.text(f"{way} suggestion")}
        pair = (await scene.post(f"/incidents/{scene.incident}/duplicates", said))["id"]
        why = {"why": canaries.text(f"{way} confirmation")}
        await scene.post(f"/duplicates/{pair}/confirm", why, actor=APPROVER)
        await scene.call("registration", "GET", f"/duplicates/{pair}")
        if way == "undone":
            await scene.post(f"/duplicates/{pair}/undo", {"why": canaries.text("undoing")})
            parted = other
    return parted, one


async def corrected(scene: Scene) -> str:
    """Everything that happens to one person at registration."""
    canaries = scene.canaries
    one, other = await registered(scene, "child"), await registered(scene, "mother")
    path = f"/registrations/{one}"
    await scene.post(f"{path}/links", {"kind": "child", "to": other})
    new = person(canaries, "correction", why=canaries.text("correction why"))
    left = {"identifiers", "consents", "place"}
    await scene.post(f"{path}/corrections", {name: new[name] for name in new.keys() - left})
    await scene.post(f"{path}/bars", {"reason": "restricted", "why": canaries.text("bar why")})
    await scene.post(f"{path}/bars/restricted/lift", {"why": canaries.text("lift why")})
    (again, *_) = consents(canaries, "later consent")
    await scene.post(f"{path}/consents", again | {"at": "2026-11-24T13:00:00+01:00"})
    withdrawal = {"purpose": "contact", "how": "hotline", "told_by": "guardian"}
    await scene.post(f"{path}/withdrawals", withdrawal | {"teller": canaries.name("teller")})
    return one


async def refused_row_of(scene: Scene, way: str) -> None:
    """Send a row about somebody registered, as it stood in a list, that no import can take."""
    placed = scene.canaries.placed
    values = {
        "name": f"Kanarie {placed[f'{way} name'].title()}", "cpr": placed[f"{way} cpr"],
        "phone": placed[f"{way} phone"], "email": f"{placed[f'{way} email'][1:]}@example.dk",
        "street": placed[f"{way} street"], "concerns": placed[f"{way} concerns"], "role": "ukendt",
    }  # fmt: skip
    row = [values.get(name, "") for name in HEADER]
    path = f"/incidents/{scene.incident}/imports"
    told = await scene.call("registration", "POST", path, content=as_csv([HEADER, row]))
    assert told["bad_rows"] == 1, told


async def searched(scene: Scene) -> None:
    placed = scene.canaries.placed
    for by, value in (
        ("name", f"Kanarie {placed['child name'].title()}"), ("cpr", placed["mother cpr"]),
        ("phone", placed["mother phone"]), ("name", scene.canaries.name("sought in vain")),
        ("phone", scene.canaries.phone("number sought in vain")),
    ):  # fmt: skip
        asked = {"incident_id": scene.incident, "by": by, "value": value, "purpose": "hotline"}
        await scene.post("/searches", asked)


async def incident_words(scene: Scene) -> None:
    canaries, path = scene.canaries, f"/incidents/{scene.incident}"
    for step in ("close", "reopen", "close"):
        await scene.post(f"{path}/{step}", {"why": canaries.text(f"why {step} {len(canaries.placed)}")})
    said = {"hotline": "+4570123457", "why": canaries.text("why the incident is corrected")}
    await scene.call("registration", "PATCH", path, json=said)
    kept = {"keep_until": "2099-12-31", "why": canaries.text("why retention")}
    await scene.post(f"{path}/retention", kept)
    await scene.call("registration", "GET", f"{path}/history")


async def ruled_and_refused(scene: Scene) -> None:
    """A case is decided by a person, offered, refused in words, decided anew, and printed."""
    canaries = scene.canaries

    async def queued() -> str | None:
        rows = await scene.call("routing", "GET", f"/incidents/{scene.incident}/triage")
        return next((str(row["registration_id"]) for row in rows), None)

    case = scene.case = await until(queued, within=LIVE, what="somebody waits in triage")
    await scene.call("routing", "POST", f"/triage/{case}/assign", json={"to": "Kira"})

    async def offered() -> dict[str, Any] | None:
        rows = await scene.call("routing", "GET", f"/registrations/{case}/handovers")
        return next((row for row in rows if row["state"] == "offered"), None)

    for home in ("0751", "0461"):
        reason = canaries.text(f"ruling {home}")
        await scene.call(
            "routing", "POST", f"/triage/{case}/resolve", json={"municipality": home, "reason": reason}
        )
        offer = (await until(offered, within=LIVE, what="the case is offered"))["handover_id"]
        await scene.call("routing", "GET", f"/handovers/{offer}/record")
        async with httpx.AsyncClient() as client:
            url = f"{scene.stack.url('routing')}/handovers/{offer}/record.pdf"
            assert (await client.get(url, headers={"X-Actor": "Kira"})).content.startswith(b"%PDF")
        if home == "0751":
            why = {"reason": "other", "why": canaries.text("handover refused")}
            await scene.call("routing", "POST", f"/handovers/{offer}/refuse", json=why)
    for asked in ("decisions", "explanation", "handovers", "held"):
        await scene.call("routing", "GET", f"/registrations/{case}/{asked}")
