"""Store the visitor's name in a cookie."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from services.console.web.renderer import go
from services.console.web.session import NAME_LENGTH, WithVisitor, keep_name


def routes() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.post("/who")
    async def store_name(
        _visitor: WithVisitor,
        name: Annotated[str, Form(max_length=NAME_LENGTH)] = "",
        back: Annotated[str, Form(max_length=300, pattern=r"^/([^/\\].*)?$")] = "/",
    ) -> Response:
        response = go(back)
        keep_name(response, name)
        return response

    return router
