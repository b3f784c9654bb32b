"""What each route and command opens of anybody's personal data, and so must put on record before it answers.

A new one without a line here fails `tests/unit/test_routes_that_open.py`; whether a line is true is shown on
the running system by `tests/journeys/test_sealing_of_every_way_in.py`.
"""

import re
from enum import Enum
from typing import Final


class Opens(Enum):
    """What a route shows to whoever calls it. The value: the event that says so."""

    PERSON = "PersonalDataSeen"
    SEARCH = "PeopleSearched"
    ROWS = "BadRowsSeen"  # of files: nobody's registration yet
    WORDS = "IncidentWordsSeen"  # why something was done with an incident: it may name somebody
    FILE_NAME = "names who calls"  # under which the rows refused are found again
    ON_BEHALF = "as the services do"  # what a service opens for the one who is named to it
    TYPED = "what was just typed"  # shown again to whoever typed it
    NOTHING = ""


_P, _S, _R, _W = Opens.PERSON, Opens.SEARCH, Opens.ROWS, Opens.WORDS
_F, _B, _T, _0 = Opens.FILE_NAME, Opens.ON_BEHALF, Opens.TYPED, Opens.NOTHING

EVERYWHERE: Final = {
    "GET /metrics": _0,
    "GET /openapi.json": _0,
    "GET /operations/parked": _0,
    "GET /operations/parked/about/{key}": _0,  # sealed, as it came
    "POST /operations/parked/{parked_id}/replay": _0,
    "POST /operations/parked/{parked_id}/discard": _0,
    "POST /operations/brake/release": _0,
    "POST /operations/republish": _0,
}
ROUTES: Final = {
    "registration": {
        "GET /incidents": _0,
        "POST /incidents": _0,
        "GET /incidents/{incident_id}": _0,
        "PATCH /incidents/{incident_id}": _0,
        "GET /incidents/{incident_id}/counts": _0,
        "POST /incidents/{incident_id}/close": _0,
        "POST /incidents/{incident_id}/reopen": _0,
        "GET /incidents/{incident_id}/history": _W,
        "GET /incidents/{incident_id}/retention": _W,
        "POST /incidents/{incident_id}/retention": _W,
        "POST /incidents/{incident_id}/registrations": _0,
        "POST /incidents/{incident_id}/batches": _0,
        "GET /incidents/{incident_id}/imports": _F,
        "POST /incidents/{incident_id}/imports": _F,
        "GET /imports/{import_id}": _F,
        "POST /imports/{import_id}/good-rows": _F,
        "GET /imports/{import_id}/bad-rows.csv": _R,
        "GET /incidents/{incident_id}/duplicates": _0,
        "POST /incidents/{incident_id}/duplicates": _0,
        "GET /duplicates/{duplicate_id}": _P,
        "POST /duplicates/{duplicate_id}/suggest": _0,
        "POST /duplicates/{duplicate_id}/confirm": _0,
        "POST /duplicates/{duplicate_id}/dismiss": _0,
        "POST /duplicates/{duplicate_id}/undo": _0,
        "GET /incidents/{incident_id}/form.pdf": _0,
        "POST /incidents/{incident_id}/public-form": _0,
        "POST /incidents/{incident_id}/public-form/close": _0,
        "GET /registrations/{registration_id}": _P,
        "GET /registrations/{registration_id}/held": _P,
        "GET /registrations/{registration_id}/versions": _P,
        "POST /registrations/{registration_id}/corrections": _0,
        "GET /registrations/{registration_id}/links": _0,
        "POST /registrations/{registration_id}/links": _0,
        "POST /registrations/{registration_id}/links/{link_id}/end": _0,
        "GET /registrations/{registration_id}/bars": _P,
        "POST /registrations/{registration_id}/bars": _0,
        "POST /registrations/{registration_id}/bars/{reason}/lift": _0,
        "POST /registrations/{registration_id}/consents": _0,
        "GET /registrations/{registration_id}/consents/{consent_id}/receipt.pdf": _P,
        "POST /registrations/{registration_id}/withdrawals": _0,
        "POST /registrations/{registration_id}/forget": _0,
        "GET /registrations/{registration_id}/mentions": _0,
        "POST /registrations/{registration_id}/part": _0,
        "POST /searches": _S,
        "GET /wordings": _0,
        "GET /wordings/{version}": _0,
        "GET /tilmeld/{slug}": _0,
        "POST /tilmeld/{slug}": _T,
        "GET /tilmeld/{slug}/tak": _0,
    },
    "routing": {
        "GET /authorities": _0,
        "POST /authorities/imports": _0,
        "GET /authorities/versions": _0,
        "GET /authorities/{authority_id}/contact-points": _0,
        "PUT /authorities/{authority_id}/contact-points": _0,
        "GET /incidents/{incident_id}/buckets": _0,
        "GET /incidents/{incident_id}/triage": _0,
        "GET /incidents/{incident_id}/triage/counts": _0,
        "POST /triage/{registration_id}/assign": _0,
        "POST /triage/{registration_id}/resolve": _0,
        "GET /incidents/{incident_id}/handovers": _0,
        "GET /incidents/{incident_id}/handovers/counts": _0,
        "POST /incidents/{incident_id}/handovers/accept": _0,
        "POST /handovers/{handover_id}/accept": _0,
        "POST /handovers/{handover_id}/refuse": _0,
        "POST /handovers/{handover_id}/first-contact": _0,
        "GET /handovers/{handover_id}/record": _P,
        "GET /handovers/{handover_id}/record.pdf": _P,
        "GET /registrations/{registration_id}/decisions": _P,
        "GET /registrations/{registration_id}/explanation": _P,
        "GET /registrations/{registration_id}/handovers": _P,
        "GET /registrations/{registration_id}/held": _P,
        "GET /registrations/{registration_id}/responsible": _0,
        "GET /reresolution/preview": _0,
        "POST /reresolution": _0,
        "GET /reresolution/{reopening_id}": _0,
    },
    "outreach": {
        "GET /incidents/{incident_id}/waves": _0,
        "POST /incidents/{incident_id}/waves": _0,
        "GET /incidents/{incident_id}/buckets": _0,
        "GET /waves/{wave_id}": _0,
        "GET /waves/{wave_id}/members": _0,
        "GET /waves/{wave_id}/undecided": _0,
        "POST /waves/{wave_id}/preview": _0,
        "POST /waves/{wave_id}/approve": _0,
        "POST /waves/{wave_id}/launch": _0,
        "POST /waves/{wave_id}/pause": _0,
        "POST /waves/{wave_id}/resume": _0,
        "POST /waves/{wave_id}/cancel": _0,
        "GET /authorities/{authority}/calls": _0,
        "GET /authorities/{authority}/follow-ups": _0,
        "GET /follow-ups": _0,
        "POST /follow-ups/{follow_up_id}/open": _P,
        "POST /follow-ups/{follow_up_id}/close": _0,
        "POST /calls/{contact_id}/claim": _P,
        "POST /calls/{contact_id}/outcome": _0,
        "POST /calls/{contact_id}/release": _0,
        "GET /registrations/{registration_id}/held": _P,
    },
    "notify": {
        "GET /templates": _0,
        "POST /receipts": _0,
        "POST /receipts/sms": _0,
        "GET /incidents/{incident_id}/buckets": _0,
        "GET /incidents/{incident_id}/doubts": _0,
        "POST /attempts/{attempt_id}/resend": _0,
        "GET /providers": _0,
        "GET /registrations/{registration_id}/held": _P,
    },
    "console": {
        "GET /": _0,
        "POST /who": _0,
        "GET /api/incidents/{incident_id}/funnel": _0,
        "GET /incidents/{incident_id}": _0,
        "GET /incidents/{incident_id}/live": _0,
        "GET /incidents/{incident_id}/waves": _0,
        "POST /incidents/{incident_id}/waves": _0,
        "GET /incidents/{incident_id}/waves/{wave_id}": _0,
        "POST /incidents/{incident_id}/waves/{wave_id}/{move}": _0,
        "GET /incidents/{incident_id}/doubts": _0,
        "POST /incidents/{incident_id}/doubts/{attempt_id}/resend": _T,
        "GET /incidents/{incident_id}/triage": _0,
        "POST /incidents/{incident_id}/triage/{registration_id}/open": _B,
        "POST /incidents/{incident_id}/triage/{registration_id}/assign": _0,
        "POST /incidents/{incident_id}/triage/{registration_id}/resolve": _0,
        "GET /incidents/{incident_id}/handovers": _0,
        "GET /incidents/{incident_id}/handovers/counts": _0,
        "GET /incidents/{incident_id}/handovers/{handover_id}/record.pdf": _B,
        "POST /incidents/{incident_id}/handovers/{handover_id}/{answer}": _0,
        "GET /incidents/{incident_id}/handovers/of/{authority}/accept": _0,
        "POST /incidents/{incident_id}/handovers/of/{authority}/accept": _0,
        "GET /incidents/{incident_id}/imports": _B,
        "POST /incidents/{incident_id}/imports": _0,
        "GET /incidents/{incident_id}/imports/{import_id}": _B,
        "POST /incidents/{incident_id}/imports/{import_id}/good-rows": _0,
        "GET /incidents/{incident_id}/imports/{import_id}/progress": _B,
        "GET /incidents/{incident_id}/imports/{import_id}/bad-rows.csv": _B,
        "GET /incidents/{incident_id}/duplicates": _0,
        "GET /incidents/{incident_id}/duplicates/{duplicate_id}": _B,
        "POST /incidents/{incident_id}/duplicates/{duplicate_id}/{step}": _B,
        "GET /calls": _0,
        "GET /calls/{authority}": _0,
        "POST /calls/{authority}/follow-ups/{follow_up_id}/open": _B,
        "POST /calls/{authority}/follow-ups/{follow_up_id}/close": _T,
        "POST /calls/{authority}/{contact_id}/claim": _B,
        "POST /calls/{authority}/{contact_id}/outcome": _T,
        "POST /calls/{authority}/{contact_id}/release": _T,
        "GET /parked": _0,
        "POST /parked/{service}/{parked_id}/replay": _0,
        "POST /parked/{service}/{parked_id}/discard": _0,
        "POST /parked/{service}/release": _0,
    },
}
ON_RECORD: Final = (Opens.PERSON, Opens.SEARCH, Opens.ROWS, Opens.WORDS)
NAMED: Final = (*ON_RECORD, Opens.FILE_NAME)  # nobody sees it who has not said who they are

# What each command shows of anybody, and by which route it gets it; None: nothing.
HELD: Final = "every GET /registrations/{registration_id}/held"
COMMANDS: Final = {
    "demo": None,
    "duplicates confirm": None,
    "duplicates dismiss": None,
    "duplicates list": None,
    "duplicates part": None,
    "duplicates show": "registration GET /duplicates/{duplicate_id}",
    "duplicates suggest": None,
    "duplicates undo": None,
    "form close": None,
    "form open": None,
    "form print": None,
    "form receipt": "registration GET /registrations/{registration_id}/consents/{consent_id}/receipt.pdf",
    "handover accept": None,
    "handover accept-all": None,
    "handover first-contact": None,
    "handover list": None,
    "handover record": "routing GET /handovers/{handover_id}/record.pdf",
    "handover refuse": None,
    "import": "registration GET /imports/{import_id}/bad-rows.csv",
    "incident close": None,
    "incident correct": None,
    "incident history": "registration GET /incidents/{incident_id}/history",
    "incident keep-until": "registration POST /incidents/{incident_id}/retention",
    "incident list": None,
    "incident open": None,
    "incident reopen": None,
    "incident retention": "registration GET /incidents/{incident_id}/retention",
    "keys forget": "registration GET /registrations/{registration_id}",
    "keys new": None,
    "parked discard": None,
    "parked list": None,
    "parked release": None,
    "parked replay": None,
    "person export": HELD,
    "person forget": "registration GET /registrations/{registration_id}",
    "person forget-proof": HELD,
    "person restrict": None,
    "call close": None,
    "call follow-ups": None,
    "person search": "registration POST /searches",
    "person show": "registration GET /registrations/{registration_id}",
    "person unrestrict": None,
    "person withdraw": None,
    "provision": None,
    "republish": None,
    "routing authorities add-contact-point": None,
    "routing authorities contact-points": None,
    "routing authorities end-contact-point": None,
    "routing authorities import": None,
    "routing authorities list": None,
    "routing explain": "routing GET /registrations/{registration_id}/explanation",
    "routing preview": None,
    "routing reresolve": None,
    "serve": None,
    "status": None,
    "triage assign": None,
    "triage list": None,
    "triage resolve": None,
    "wave approve": None,
    "wave cancel": None,
    "wave create": None,
    "wave launch": None,
    "wave list": None,
    "wave pause": None,
    "wave preview": None,
    "wave resume": None,
    "wave show": None,
}


def route_of(service: str, method: str, path: str) -> str:
    """Name the route that a call was for."""
    known = EVERYWHERE | ROUTES[service]
    fit = [
        one
        for one in known
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one.replace(".", r"\.")), f"{method} {path}")
    ]
    return min(fit, key=lambda one: one.count("{"))
