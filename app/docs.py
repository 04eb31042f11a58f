"""``/docs``: Swagger UI from local files, under the same policy as every page."""

from pathlib import Path

import fastapi_offline
from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse

from app.folders import page_folder

_ASSETS = Path(fastapi_offline.__file__).parent / "static"
_ASSET_NAMES = ("swagger-ui-bundle.js", "swagger-ui.css")


def add_docs(app: FastAPI) -> None:
    """Serve the documentation of an application's API."""
    environment = Environment(
        loader=FileSystemLoader(page_folder("templates")),
        autoescape=True,
        undefined=StrictUndefined,
    )
    template = environment.get_template("docs.html")

    async def docs(request: Request) -> HTMLResponse:
        markup = template.render(title=app.title, url_for=request.url_for)
        return HTMLResponse(markup, headers={"Cache-Control": "no-cache"})

    app.add_route("/docs", docs, methods=["GET"], name="docs", include_in_schema=False)
    for name in _ASSET_NAMES:
        _add_asset(app, name)


def _add_asset(app: FastAPI, name: str) -> None:
    async def asset(_request: Request) -> FileResponse:
        return FileResponse(_ASSETS / name, headers={"Cache-Control": "public, max-age=86400"})

    app.add_route(f"/docs/{name}", asset, methods=["GET"], name=name, include_in_schema=False)
