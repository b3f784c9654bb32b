"""Whether the authorities an incident names exist: registration knows of none, so routing is asked first."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from typing import Final
from zoneinfo import ZoneInfo

from cli.http_client import glance
from cli.output import note, refuse

_HOME: Final = ZoneInfo("Europe/Copenhagen")
_MOST, _ALIKE_ENOUGH, _LENGTH = 6, 0.7, 4


def check(codes: Sequence[str], started: datetime) -> None:
    """Show the names of the authorities that are about to be used, or refuse what is none on that day."""
    on = started.astimezone(_HOME).date()
    rows = glance("routing", f"/authorities?on={on.isoformat()}")
    if rows is None:
        note(
            f"Routing does not answer: nobody checked {', '.join(codes)}. Look it up with"
            " `folgeskab routing authorities list` once it does, and correct the incident if it is wrong."
        )
        return
    names = {row["id"]: row["name"] for row in rows}
    unknown = [code for code in codes if code not in names]
    if unknown:
        refuse("\n".join(_unknown(code, names, on) for code in unknown) + "\nNothing was changed.")
    note("Event authority: " + ", ".join(f"{code} {names[code]}" for code in codes))


def _unknown(code: str, names: Mapping[str, str], on: date) -> str:
    found = alike(code, names)
    meant = f" Did you mean {', '.join(f'{one} {names[one]}' for one in found)}?" if found else ""
    return (
        f"No authority has the code {code} on {on.isoformat()}.{meant}"
        " `folgeskab routing authorities list` shows them all."
    )


def alike(code: str, names: Mapping[str, str]) -> list[str]:
    """Give the codes that may be meant: digits turned round or a zero left out, a name, one digit wrong."""
    said = code.casefold()
    turned = [one for one in names if sorted(one) == sorted(code.zfill(_LENGTH))]
    named = [one for one, name in names.items() if not code.isdigit() and said in name.casefold()]
    close = get_close_matches(code, names, n=_MOST, cutoff=_ALIKE_ENOUGH)
    return list(dict.fromkeys([*turned, *named, *close]))[:_MOST]
