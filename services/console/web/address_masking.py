"""Where somebody lives is shown once routing has said that it may be (CPR-loven § 28), and not before."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from services.console.clients.service_client import Ok, ServiceResponse
from services.console.web.dependencies import Dependencies

MASKED: Final = "masked"  # in place of the address; the pages have words for it


def masked(held: Mapping[str, Any], explanation: ServiceResponse) -> dict[str, Any]:
    """Give what is held without where the person lives, unless the explanation says that it may be shown."""
    shown = isinstance(explanation, Ok) and explanation.json["address_masked"] is False
    if shown or not held.get("addresses"):
        return dict(held)
    return {**held, "addresses": [{"line": MASKED}]}


async def masked_all(deps: Dependencies, people: list[dict[str, Any]], actor: str) -> list[dict[str, Any]]:
    explanations = await asyncio.gather(
        *(
            deps.services.get("routing", f"/registrations/{one['registration_id']}/explanation", actor=actor)
            for one in people
        )
    )
    return [masked(one, explanation) for one, explanation in zip(people, explanations, strict=True)]
