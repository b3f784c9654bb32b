"""An empty list may be that of a mistyped incident: the commands ask registration before they show one."""

from uuid import UUID

import httpx

from cli.http_client import answer_of
from cli.output import refuse


def refuse_unknown(incident_id: UUID) -> None:
    """End the command if registration knows no such incident. Go on where registration does not answer."""
    answer = answer_of("registration", f"/incidents/{incident_id}")
    if answer is not None and answer.status_code == httpx.codes.NOT_FOUND:
        refuse(f"There is no incident with the id {incident_id}. `folgeskab incident list` shows the ids.")
