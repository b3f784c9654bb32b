"""Personal data through every entry point, with a separate canary in each field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from deploy.local.driving import APPROVER, AUTHOR, Driver
from deploy.local.stack import Stack
from kit.runtime.ids import new_id
from tests.canaries import Canaries
from tests.data_at_rest import Resting
from tests.journeys.spoken_fields import AT, HEADER, as_csv, cells, consents, person, table
from tests.pdf_text import text
from tests.routes_that_open import route_of
from tests.stacks import until
from tests.workbooks import workbook

LIVE = 90  # seconds for what the services do on their own


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

    async def read(self, service: str, path: str) -> None:
        """Ask for a PDF, and note what can be read in it."""
        async with httpx.AsyncClient() as client:
            answer = await client.get(self.stack.url(service) + path, headers={"X-Actor": AUTHOR})
        assert answer.content.startswith(b"%PDF"), answer.text
        route = route_of(service, "GET", path)
        self.answers.append(Resting(f"{service} {route}", text(answer.content).encode()))

    async def post(self, path: str, body: Mapping[str, Any], actor: str = AUTHOR) -> Any:
        return await self.call("registration", "POST", path, json=body, actor=actor)


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
    assert [one["outcome"] for one in told] == ["registered", "bad"], told


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

        async def known() -> bool:
            return (await browser.get(f"/incidents/{scene.incident}/imports")).status_code == 200

        await until(known, within=LIVE, what="the console has heard of the incident")
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
                "guardian_cpr": canaries.cpr(f"{way} guardian_cpr"),
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


async def mistaken(scene: Scene) -> str:
    """A person is registered with another's number, fills that person's gaps, and is split off again."""
    canaries = scene.canaries
    first = await registered(scene, "first of the number", phone=None, email=None, concerns=None)
    said = person(canaries, "mistaken", place="hotline")
    said["identifiers"][0] = {"value": canaries.placed["first of the number cpr"]}
    path = f"/incidents/{scene.incident}/registrations"
    answer = await scene.call(
        "registration", "POST", path, json=said, headers={"Idempotency-Key": str(new_id())}
    )
    assert answer["registration_id"] == first

    async def lent() -> str | None:
        shown = await scene.call("registration", "GET", f"/registrations/{first}")
        return next((str(one["registration_id"]) for one in shown["repeats"] if shown["phone"]), None)

    second = await until(lent, within=LIVE, what="the telephone is lent")
    await scene.post(f"/registrations/{second}/split", {"why": canaries.text("mistaken why")})
    return second


async def corrected(scene: Scene) -> str:
    """Everything that happens to one person at registration."""
    canaries = scene.canaries
    one, other = await registered(scene, "child"), await registered(scene, "mother")
    path = f"/registrations/{one}"
    await scene.post(f"{path}/links", {"kind": "child", "to": other})
    new = person(canaries, "correction", why=canaries.text("correction why"))
    left = {"identifiers", "consents", "place"}
    await scene.post(f"{path}/corrections", {name: new[name] for name in new.keys() - left})
    await scene.post(
        f"{path}/contact-restrictions", {"reason": "restricted", "why": canaries.text("bar why")}
    )
    await scene.post(f"{path}/contact-restrictions/restricted/lift", {"why": canaries.text("lift why")})
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
        await scene.read("routing", f"/handovers/{offer}/record.pdf")
        if home == "0751":
            why = {"reason": "other", "why": canaries.text("handover refused")}
            await scene.call("routing", "POST", f"/handovers/{offer}/refuse", json=why)
    for asked in ("decisions", "explanation", "handovers", "subject-data"):
        await scene.call("routing", "GET", f"/registrations/{case}/{asked}")


async def protected(scene: Scene) -> None:
    """Somebody whose name and address the register protects, and who has told where they live."""
    canaries = scene.canaries
    told = await registered_in_the_register(scene, "protected")

    async def offered() -> dict[str, Any] | None:
        rows = await scene.call("routing", "GET", f"/incidents/{scene.incident}/handovers")
        return next((row for row in rows if row["registration_id"] == told and row["handover_id"]), None)

    offer = await until(offered, within=LIVE, what="the protected person's case is offered")
    record = await scene.call("routing", "GET", f"/handovers/{offer['handover_id']}/record")
    assert (record["person"]["protected"], record["person"]["addresses"]) == (True, [])
    assert canaries.placed["protected name"].title() in record["person"]["name"]
    await scene.read("routing", f"/handovers/{offer['handover_id']}/record.pdf")


async def registered_in_the_register(scene: Scene, way: str) -> str:
    body, canaries = person(scene.canaries, way), scene.canaries
    entry = {
        "cpr": body["identifiers"][0]["value"], "name": body["name"], "birth_date": "1858-01-03",
        "status": "1", "municipality": "0751", "street": canaries.word(f"{way} street in the register"),
        "house_number": "1", "postcode": "8000", "city": "Aarhus C", "protected": True,
        "digital_post": False, "nemsms": False,
    }  # fmt: skip
    await scene.call("control", "POST", "/cpr/people", json=[entry])
    answer = await scene.call(
        "registration", "POST", f"/incidents/{scene.incident}/registrations", json=body,
        headers={"Idempotency-Key": str(new_id())},
    )  # fmt: skip
    return str(answer["registration_id"])
