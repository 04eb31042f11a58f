"""The pages, and the files that they are made of: styles, scripts, messages, Plotly's bundle."""

import gzip
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.errors import ProblemError
from app.folders import page_folder
from app.i18n import Language, choose_language, load_languages
from app.store import CaptureRecord, Store
from app.styles import joined_sheet

# The map library inside the bundle guards its style element by a digest as id.
_INJECTED_STYLE = re.compile(rb'document\.getElementById\("([0-9a-f]{64})"\)')
# A static import as prettier writes it; those in comments of types start with another sign.
_IMPORT = re.compile(r'^(?:import|export|\}).*?from "(\.[^"]+)"', re.MULTILINE)

# As in static/js/lib/captures/selection.js.
_KINDS = ("cross", "self", "decoder", "encoder", "text", "vision")

# As in static/js/lib/captures/words.js: words of longer sequences come as they are needed.
_MOST_WORDS = 4096

IMMUTABLE = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class LanguageLink:
    """A switch to one language of the page."""

    code: str
    name: str
    href: str
    is_current: bool


@dataclass(frozen=True)
class Page:
    """All that the template of the workbench may use, and what every page has.

    Attributes:
        language: Code of the language that the page is in.
        languages: The switches, in a fixed order.
        url: Makes the path of a file under ``static/``.
        home_url: The workbench, in the same language.
        captures_url: Where the pages of captures live.
        api_url: Where version 1 of the API lives.
        docs_url: The API's own documentation.
        plotly_url: Plotly's bundle.
        messages_url: The page's messages in its language, as JSON.
        injected_style_ids: Names of the style elements that Plotly's bundle would inject unless
            an element of that id is there.
        modules: Every script module of the page, to be fetched before it is asked for.
    """

    language: str
    languages: list[LanguageLink]
    url: Callable[[str], str]
    home_url: str
    captures_url: str
    api_url: str
    docs_url: str
    plotly_url: str
    messages_url: str
    injected_style_ids: list[str]
    modules: list[str]


@dataclass(frozen=True)
class ExplorerPage(Page):
    """All that the template of the explorer may use.

    Attributes:
        capture: Id of the capture that is looked at; the page's script asks for it.
        words: ``whole`` where the capture comes with its words, ``later`` where it is too long to,
            and empty where nobody knows yet.
        first: What the script will ask of the API before it draws, to be fetched meanwhile.
    """

    capture: str
    words: str
    first: list[str]


@dataclass(frozen=True)
class Asset:
    """A file kept in memory under a name that changes with its content."""

    path: str
    media_type: str
    body: bytes
    compressed: bytes

    def respond(self, request: Request) -> Response:
        """Serve the file, compressed where the client takes it."""
        # Weak, for it stands for both forms; the path changes with the content.
        tag = f'W/"{self.path}"'
        headers = {"Cache-Control": IMMUTABLE, "Vary": "Accept-Encoding", "ETag": tag}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(self.body, media_type=self.media_type, headers=headers)
        headers["Content-Encoding"] = "gzip"
        return Response(self.compressed, media_type=self.media_type, headers=headers)


class Pages:
    """Everything the pages need, read once at start-up."""

    def __init__(self) -> None:
        self.static_folder = page_folder("static")
        self.static_path = f"/static/{_digest_of_folder(self.static_folder)}"
        self.modules = {
            entry: _modules_of(self.static_folder, f"js/{entry}.js")
            for entry in ("main", "explorer")
        }
        # A page asks for more than a hundred of them at once; from memory they come soonest.
        self.files = {file.path: file for file in _files_of(self.static_folder, self.static_path)}
        self.languages = load_languages()
        bundle = _plotly_bundle()
        self.plotly = _asset("plotly", "min.js", "text/javascript", bundle)
        self.injected_style_ids = sorted(
            match.decode() for match in set(_INJECTED_STYLE.findall(bundle))
        )
        self.messages = {
            code: _asset(f"messages-{code}", "json", "application/json", _messages_body(language))
            for code, language in self.languages.items()
        }
        self._environments = {
            code: _environment(language) for code, language in self.languages.items()
        }

    def workbench(self, request: Request) -> HTMLResponse:
        """Render the workbench in the language that the request asks for."""
        page = Page(**self._shared(request, "main"))
        return self._rendered("workbench.html", page)

    def explorer(self, request: Request, record: CaptureRecord | None) -> HTMLResponse:
        """Render the page of one capture. Whether there is such a one, its script finds out."""
        shared, capture = self._shared(request, "explorer"), request.path_params["capture"]
        path, words = f"captures/{quote(capture, safe='')}", _words_of(record)
        asked = [path if words == "whole" else f"{path}?tokens=false", "mechanisms"]
        if record is not None and words:
            kind = _first_kind(request.query_params.get("kind"), list(record.facts.kinds))
            asked.append(f"{path}/grid?kind={kind}&cell=32")
        first = [f"{shared['api_url']}/{each}" for each in asked]
        page = ExplorerPage(**shared, capture=capture, words=words, first=first)
        return self._rendered("explorer.html", page)

    def file(self, request: Request) -> Response:
        """Serve a file that a page is made of.

        Raises:
            HTTPException: 404 where there is none.
        """
        asset = self.files.get(f"{self.static_path}/{request.path_params['path']}")
        if asset is None:
            raise HTTPException(404)
        return asset.respond(request)

    def _rendered(self, template: str, page: Page) -> HTMLResponse:
        code = page.language
        markup = self._environments[code].get_template(template).render(page=page)
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language", "Content-Language": code}
        return HTMLResponse(markup, headers=headers)

    def _shared(self, request: Request, entry: str) -> dict[str, Any]:
        """Gather what every page has, for a request."""
        root = request.scope.get("root_path", "")
        code = choose_language(
            request.query_params.get("lang"),
            request.headers.get("accept-language"),
            self.languages,
        )
        return {
            "language": code,
            "languages": [
                LanguageLink(each.code, each.name, f"?lang={each.code}", each.code == code)
                for each in self.languages.values()
            ],
            "url": lambda path: f"{root}{self.static_path}/{path}",
            "home_url": f"{root}/?lang={code}",
            "captures_url": f"{root}/captures",
            "api_url": f"{root}/api/v1",
            "docs_url": f"{root}/docs",
            "plotly_url": root + self.plotly.path,
            "messages_url": root + self.messages[code].path,
            "injected_style_ids": self.injected_style_ids,
            "modules": self.modules[entry],
        }


def add_pages(app: FastAPI, store: Store) -> None:
    """Serve the pages and their files from an application."""
    pages = Pages()

    async def explorer(request: Request) -> Response:
        record = None
        with suppress(ProblemError):  # The script tells it, with the way out.
            record = await store.run(store.reading.get, request.path_params["capture"])
        return pages.explorer(request, record)

    app.add_route("/", pages.workbench, methods=["GET"], name="workbench", include_in_schema=False)
    app.add_route(
        "/captures/{capture}",
        explorer,
        methods=["GET"],
        name="explorer",
        include_in_schema=False,
    )
    for asset in (pages.plotly, *pages.messages.values()):
        app.add_route(asset.path, asset.respond, methods=["GET"], include_in_schema=False)
    static = f"{pages.static_path}/{{path:path}}"
    app.add_route(static, pages.file, methods=["GET"], name="static", include_in_schema=False)


def _first_kind(asked: str | None, kinds: list[str]) -> str:
    """Choose the kind that the page begins with, as its script does (``selection.js``)."""
    if asked is not None and asked in kinds:
        return asked
    return next((kind for kind in _KINDS if kind in kinds), kinds[0])


def _words_of(record: CaptureRecord | None) -> str:
    """Tell whether a capture comes with its words. All patches of an image are shown at once."""
    if record is None or record.state != "ready":
        return ""
    sizes = ("n_queries", "n_keys")
    longest = max(kind[name] or 0 for kind in record.facts.kinds.values() for name in sizes)
    return "later" if longest > _MOST_WORDS and not record.facts.has_image else "whole"


def _modules_of(folder: Path, entry: str) -> list[str]:
    """List a script module and all that it imports, itself or through others."""
    found: set[str] = set()
    waiting = [(folder / entry).resolve()]
    while waiting:
        path = waiting.pop()
        name = path.relative_to(folder.resolve()).as_posix()
        if name in found:
            continue
        found.add(name)
        imports = _IMPORT.findall(path.read_text("utf-8"))
        waiting += [(path.parent / each).resolve() for each in imports]
    return sorted(found)


def _files_of(folder: Path, path: str) -> Iterator[Asset]:
    """Read every static file; the style sheet that imports the others holds them all."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            name = file.relative_to(folder).as_posix()
            body = joined_sheet(file) if name == "css/main.css" else file.read_bytes()
            media_type = guess_type(name)[0] or "application/octet-stream"
            yield _compressed(f"{path}/{name}", media_type, body)


def _digest_of_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _plotly_bundle() -> bytes:
    # Importing plotly itself would cost start-up time for nothing but its folder.
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise RuntimeError("the plotly package must be installed: it carries the chart library.")
    return (Path(spec.origin).parent / "package_data" / "plotly.min.js").read_bytes()


def _asset(name: str, suffix: str, media_type: str, body: bytes) -> Asset:
    digest = hashlib.sha256(body).hexdigest()[:12]
    return _compressed(f"/assets/{name}-{digest}.{suffix}", media_type, body)


def _compressed(path: str, media_type: str, body: bytes) -> Asset:
    return Asset(path, media_type, body, gzip.compress(body, compresslevel=6, mtime=0))


def _messages_body(language: Language) -> bytes:
    return orjson.dumps({"language": language.code, "messages": dict(language.messages)})


def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(page_folder("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    install: Any = environment
    install.install_gettext_callables(language.text, language.plural, newstyle=False)
    return environment
