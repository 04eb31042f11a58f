"""When a page has drawn what it is there for, seen from inside the page, and what it fetched."""

from collections.abc import Mapping
from typing import NamedTuple

from playwright.sync_api import Browser, Response

OURS = {
    "heads": "document.querySelector('#grid-canvas')?.getBoundingClientRect().width",
    "matrix": "document.querySelector('#map .heatmaplayer image')?.getBoundingClientRect().width",
}
"""The canvas of all heads, and the matrix of one, are on our page."""

_WATCH = """
  window.drawn = {};
  const looks = {LOOKS};
  const look = () => {
    for (const [name, isThere] of Object.entries(looks)) {
      if (!(name in window.drawn) && isThere()) {
        window.drawn[name] = performance.now() / 1000;
      }
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
"""
"""Asks before each frame, so that a time is never earlier than what it is the time of."""


class Seen(NamedTuple):
    """What one visit saw.

    Attributes:
        drawn_s: By name, seconds from the navigation to the first frame that has it.
        data_bytes: Of all answers of the API, as the page reads them.
    """

    drawn_s: dict[str, float]
    data_bytes: int


def watching(looks: Mapping[str, str]) -> str:
    """Write the script that notes when each of some expressions is first true."""
    functions = ", ".join(f"{name}: () => {look}" for name, look in looks.items())
    return _WATCH.replace("LOOKS", functions)


def first_picture(browser: Browser, address: str) -> Seen:
    """Look at a page of ours with a browser that has seen nothing, until all is drawn."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(watching(OURS))
    answers: list[Response] = []
    page.on("response", lambda found: answers.append(found) if "/api/" in found.url else None)
    page.goto(address)
    page.wait_for_function("() => 'heads' in drawn && 'matrix' in drawn")
    drawn_s: dict[str, float] = page.evaluate("drawn")
    data_bytes = sum(len(answer.body()) for answer in answers)
    page.close()
    return Seen(drawn_s, data_bytes)
