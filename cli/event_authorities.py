"""Check that an incident's authorities exist. Registration has no table of authorities; routing has."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from typing import Final
from zoneinfo import ZoneInfo

from cli.http_client import try_call
from cli.output import exit_with_error, print_note

_LOCAL_ZONE: Final = ZoneInfo("Europe/Copenhagen")
_MAX_SUGGESTIONS, _SIMILARITY_CUTOFF, _CODE_LENGTH = 6, 0.7, 4


def check_event_authorities(codes: Sequence[str], started: datetime) -> None:
    """Print the names of the authorities. End the command where a code does not exist on that date."""
    on = started.astimezone(_LOCAL_ZONE).date()
    rows = try_call("routing", f"/authorities?on={on.isoformat()}")
    if rows is None:
        print_note(
            f"Routing does not answer, so these codes were not checked: {', '.join(codes)}. Check them later"
            " with `folgeskab routing authorities list`. If one is wrong, correct the incident."
        )
        return
    names = {row["id"]: row["name"] for row in rows}
    unknown = [code for code in codes if code not in names]
    if unknown:
        exit_with_error(
            "\n".join(_unknown_code_text(code, names, on) for code in unknown) + "\nNothing was changed."
        )
    print_note("Event authority: " + ", ".join(f"{code} {names[code]}" for code in codes))


def _unknown_code_text(code: str, names: Mapping[str, str], on: date) -> str:
    matches = similar_codes(code, names)
    suggestion = (
        f" Did you mean {', '.join(f'{match} {names[match]}' for match in matches)}?" if matches else ""
    )
    return (
        f"No authority has the code {code} on {on.isoformat()}.{suggestion}"
        " `folgeskab routing authorities list` shows all codes."
    )


def similar_codes(code: str, names: Mapping[str, str]) -> list[str]:
    """Return codes the user may have meant: swapped digits, a missing zero, a name, one wrong digit."""
    lowered = code.casefold()
    turned = [known for known in names if sorted(known) == sorted(code.zfill(_CODE_LENGTH))]
    named = [known for known, name in names.items() if not code.isdigit() and lowered in name.casefold()]
    close = get_close_matches(code, names, n=_MAX_SUGGESTIONS, cutoff=_SIMILARITY_CUTOFF)
    return list(dict.fromkeys([*turned, *named, *close]))[:_MAX_SUGGESTIONS]
