"""Another table of authorities from three files: the difference first, then the import."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, UploadFile
from pydantic import AfterValidator

from contracts.rules.plain_text import refuse_numbers
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.http.web import Problem, WithCaller
from services.routing.api.dependencies import Dependencies, WithDependencies
from services.routing.authorities.files import FILE_NAMES, parse_table
from services.routing.domain.authority import Table
from services.routing.domain.authority_table import UnusableAuthorities
from services.routing.domain.table_difference import Difference
from services.routing.store import authorities as store
from services.routing.use_cases import import_authorities
from services.routing.use_cases.import_authorities import AuthoritiesChanged, ImportPlan

router = APIRouter(prefix="/authorities", tags=["authorities"])
_LARGEST = 5_000_000  # bytes of one file; ours are under 100,000
_LONGEST_WHY, _SHORTEST_WHY = 500, 3
CsvFile = Annotated[UploadFile, File()]


@router.post("/imports")
async def import_table(
    deps: WithDependencies,
    caller: WithCaller,
    authorities: CsvFile,
    memberships: CsvFile,
    postcodes: CsvFile,
    why: Annotated[str, AfterValidator(refuse_numbers), Form(max_length=_LONGEST_WHY)] = "",
    dry_run: Annotated[bool, Query()] = True,  # noqa: FBT002 - a query parameter
) -> dict[str, Any]:
    """Show what would change; import with `dry_run=false`. An inconsistent table is rejected as a whole."""
    found = await _plan(deps, await _table(authorities, memberships, postcodes))
    cases = await import_authorities.count_cases(deps.database, found.affected)
    later = [
        {"on": day, "authorities": homes, "cases": await import_authorities.count_cases(deps.database, homes)}
        for day, homes in found.later
    ]
    version = found.before.version
    if not dry_run and found.differences:
        version = await _import(deps, found, (caller.name, _reason(why)))
    return {
        "dry_run": dry_run,
        "version_before": found.before.version,
        "version": version,
        "differences": [_difference_as_json(one) for one in found.differences],
        "authorities_touched": found.affected,
        "cases_decided_again": cases,
        "later": later,
    }


@router.get("/versions")
async def versions(deps: WithDependencies) -> list[store.TableVersion]:
    """List every version of the table. Read one by passing its number as `version`."""
    async with deps.database.transaction() as session:
        return await store.list_versions(session)


async def _import(deps: Dependencies, found: ImportPlan, said: tuple[str, str]) -> int:
    by, why = said
    try:
        version = await import_authorities.import_table(
            deps.database, found, deps.today(), (deps.clock.now(), by, why)
        )
    except AuthoritiesChanged:
        raise Problem(
            409,
            "The authorities were changed by another import. Check the differences again, then import.",
            code="authorities-changed",
        ) from None
    await deps.directory.reread()
    return version


async def _plan(deps: Dependencies, table: Table) -> ImportPlan:
    try:
        return await import_authorities.plan_import(deps.directory, table, deps.today())
    except UnusableAuthorities as unusable:
        raise _unusable(unusable) from None


async def _table(*files: UploadFile) -> Table:
    try:
        return parse_table(*[await _text(file, name) for file, name in zip(files, FILE_NAMES, strict=True)])
    except UnusableAuthorities as unusable:
        raise _unusable(unusable) from None


async def _text(file: UploadFile, name: str) -> str:
    content = await file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise UnusableAuthorities((f"{name}: larger than {_LARGEST // 1_000_000} MB",))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnusableAuthorities((f"{name}: not UTF-8 text: save it as CSV UTF-8",)) from None


def _reason(why: str) -> str:
    if len(why.strip()) < _SHORTEST_WHY:
        raise Problem(
            422,
            "Nothing was changed. Give the reason for the change.",
            errors=[FieldError("why", ErrorCode.MISSING)],
            code="no-reason",
        )
    return why.strip()


def _unusable(unusable: UnusableAuthorities) -> Problem:
    return Problem(
        422,
        "The table is inconsistent. Nothing was changed. Correct the files and send them again.",
        errors=[("table", problem) for problem in unusable.problems],
        code="unusable-authorities",
    )


def _difference_as_json(one: Difference) -> dict[str, Any]:
    return {
        "what": one.kind,
        "of": one.of,
        "field": one.field,
        "on": one.on,
        "before": one.before,
        "after": one.after,
    }
