"""Counts what the structure of the code is measured by, and prints a line for each count. `make structure`.

Only the source is read: nothing is imported or run. A count has its target where one is set.
"""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PRODUCT: Final = ("cli", "contracts", "kit", "services")
# registration's modules that find, decide, link and unlink duplicates, and publish what the links make
MERGING: Final = (
    "use_cases/link_person.py",
    "use_cases/publish_person.py",
    "use_cases/split_person.py",
    "use_cases/review_duplicate.py",
    "workers/duplicate_matcher.py",
    "workers/golden_record.py",
    "domain/duplicate_review.py",
    "domain/golden_record.py",
    "domain/combined_consents.py",
    "store/person_links.py",
)
FUNCTION_LIMIT: Final = 46  # lines
FILE_LIMIT: Final = 350
_PAIR: Final = re.compile(r"""\bt\(\s*(["'])(?:(?!\1).)*\1\s*,\s*(["'])""")
_GERUND: Final = re.compile(r"^[a-z]{3,}ing$")
_NOUNS: Final = frozenset({"keyring", "parking", "routing", "sealing", "tracing"})  # the field's


def python_files() -> Iterator[Path]:
    """Yield the product's Python files, without migrations."""
    for package in PRODUCT:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def templates() -> Iterator[Path]:
    for pattern in ("*.html", "*.j2"):
        yield from sorted((ROOT / "services").rglob(pattern))


def main() -> None:
    text = {path: path.read_text(encoding="utf-8") for path in python_files()}
    trees = {path: ast.parse(source) for path, source in text.items()}
    print(f"product lines without migrations: {sum(map(lines, text.values())):,} (target: under 34,000)")
    sizes = Counter[str]()
    for path, source in text.items():
        first, second, *_ = path.relative_to(ROOT).parts
        sizes[f"{first}/{second}" if first == "services" else first] += lines(source)
    print("    " + ", ".join(f"{package} {size:,}" for package, size in sizes.most_common() if size))
    merging = [ROOT / "services" / "registration" / name for name in MERGING]
    linking = sum(lines(text.get(path, "")) for path in merging)
    print(f"registration's merging, lines: {linking:,} (target: under 600)")
    outside = {path: source for path, source in text.items() if "store" not in path.parts}
    records = sum(source.count("asyncpg.Record") for source in outside.values())
    print(f"asyncpg.Record outside store/: {records} (target: 0)")
    pairs = [len(_PAIR.findall(path.read_text(encoding="utf-8"))) for path in templates()]
    pairs += [len(_PAIR.findall(source)) for source in text.values()]
    print(f"texts written twice in the code, Danish and English: {sum(pairs)} (target: 0)")
    access = sum("await load_subject_data(" in source for source in text.values())
    print(f"subject-access routers: {access} (target: 1)")
    _print_all("class names that stand for two things", _doubled(trees))
    _print_all("modules named by a lone gerund", _gerunds(list(text)))
    _print_all(f"files over {FILE_LIMIT} lines", _long_files(text))
    _print_all(f"functions over {FUNCTION_LIMIT} lines", _long_functions(trees))


def lines(source: str) -> int:
    return source.count("\n")


def _print_all(title: str, found: list[str]) -> None:
    print(f"{title}: {len(found)} (target: 0)")
    for one in found:
        print(f"    {one}")


def _doubled(trees: dict[Path, ast.Module]) -> list[str]:
    """Return class names with more than one definition. Each service has its Settings and Dependencies."""
    places: dict[str, list[Path]] = defaultdict(list)
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name not in {"Settings", "Dependencies"}:
                places[node.name].append(path)
    return [
        f"{name}: {', '.join(str(path.relative_to(ROOT)) for path in paths)}"
        for name, paths in sorted(places.items())
        if len(paths) > 1
    ]


def _gerunds(paths: list[Path]) -> list[str]:
    return [
        str(path.relative_to(ROOT)) for path in paths if _GERUND.match(path.stem) and path.stem not in _NOUNS
    ]


def _long_files(text: dict[Path, str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}: {count}"
        for path, count in ((path, lines(source)) for path, source in text.items())
        if count > FILE_LIMIT and path.name != "tables.py"  # a schema is a list
    ]


def _long_functions(trees: dict[Path, ast.Module]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}: {node.name} ({node.end_lineno - node.lineno + 1})"
        for path, tree in trees.items()
        if path.name != "tables.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > FUNCTION_LIMIT
    ]


if __name__ == "__main__":
    main()
