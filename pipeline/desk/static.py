"""What the desk's pages are dressed with, and what tells programs of the desk."""

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from pipeline.desk.gate import VIEWERS
from pipeline.desk.page import FOLDER

router = APIRouter()


@router.get(
    "/static/{name}",
    dependencies=[VIEWERS],
    response_class=FileResponse,
    responses={200: {"content": {"text/css": {}, "text/javascript": {}}}},
)
def show_static(name: Literal["desk.css", "desk.js"]) -> Response:
    """Give the style sheet or the script of the desk."""
    return FileResponse(FOLDER / name)


@router.get("/openapi.json", include_in_schema=False, dependencies=[VIEWERS])
def show_schema(request: Request) -> dict[str, Any]:
    """Give the description of the desk's addresses."""
    schema: dict[str, Any] = request.app.openapi()
    return schema
