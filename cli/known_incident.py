"""Check that an incident exists before showing an empty list: its id may be mistyped."""

from uuid import UUID

import httpx

from cli.http_client import try_fetch
from cli.output import exit_with_error


def require_known_incident(incident_id: UUID) -> None:
    """End the command if the incident does not exist. Continue if registration does not answer."""
    answer = try_fetch("registration", f"/incidents/{incident_id}")
    if answer is not None and answer.status_code == httpx.codes.NOT_FOUND:
        exit_with_error(
            f"There is no incident with the id {incident_id}. `folgeskab incident list` shows the ids."
        )
