"""Hide a person's address until routing has said that it may be shown (CPR-loven § 28)."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from services.console.clients.service_client import Ok, ServiceResponse
from services.console.web.dependencies import Dependencies

MASKED: Final = "masked"  # replaces the address; the pages translate it


def mask_address(person: Mapping[str, Any], explanation: ServiceResponse) -> dict[str, Any]:
    """Return the person without an address, unless the explanation says that it may be shown."""
    shown = isinstance(explanation, Ok) and explanation.json["address_masked"] is False
    if shown or not person.get("addresses"):
        return dict(person)
    return {**person, "addresses": [{"line": MASKED}]}


async def mask_addresses(
    deps: Dependencies, people: list[dict[str, Any]], actor: str
) -> list[dict[str, Any]]:
    explanations = await asyncio.gather(
        *(
            deps.services.get(
                "routing", f"/registrations/{person['registration_id']}/explanation", actor=actor
            )
            for person in people
        )
    )
    return [
        mask_address(person, explanation) for person, explanation in zip(people, explanations, strict=True)
    ]
