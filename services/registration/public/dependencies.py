"""What the endpoints of the public page depend on."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from kit.runtime.clock import Clock
from services.registration.public.pages import PublicPages
from services.registration.public.rate_limit import RateLimiter
from services.registration.resources import Resources


@dataclass(frozen=True, slots=True)
class Dependencies:
    resources: Resources
    clock: Clock
    limiter: RateLimiter
    pages: PublicPages


async def _get_dependencies(request: Request) -> Dependencies:
    deps: Dependencies = request.state.public_dependencies
    return deps


WithDependencies = Annotated[Dependencies, Depends(_get_dependencies)]
