"""What a reader does on the matrix that zooms like a map, and sees there, in the words of tests."""

import re
import time
from typing import Any

import httpx
from playwright.sync_api import CDPSession, Page, Route, expect

from tests.browser.explorer import capture
from tests.long import long_tensors

Rectangle = tuple[int, int, int, int]
"""First and last query, first and last key, counted from one."""


def capture_tokens(server: str, count: int, **spec: Any) -> str:
    """Capture tokens w0, w1, …; the address of the page."""
    tokens = [f"w{index}" for index in range(count)]
    return capture(server, {"kind": "tokens", "tokens": tokens, "spec": spec})


def capture_long(server: str, count: int) -> str:
    """Capture two heads of a long causal layer from tensors; the address of the page."""
    answer = httpx.post(
        f"{server}/api/v1/captures",
        params={"source": "tensors", "format": "safetensors"},
        content=long_tensors(count, 2),
        headers={"Content-Type": "application/octet-stream"},
        timeout=60,
    )
    path = answer.headers["location"]
    deadline = time.monotonic() + 60
    while httpx.get(f"{server}{path}", params={"tokens": "false"}).json()["state"] != "ready":
        assert time.monotonic() < deadline, f"{path} was not ready within 60 s."
        time.sleep(0.05)
    return f"/captures/{path.rsplit('/', 1)[1]}?lang=en"


def near(found: Rectangle, expected: Rectangle, slack: int) -> bool:
    """Tell whether each side lies where it is expected, give or take some tokens."""
    return all(abs(one - other) <= slack for one, other in zip(found, expected, strict=True))


def settle(page: Page) -> None:
    """Wait until the picture of what is looked at is there, and nothing moves."""
    expect(page.locator("#map")).to_have_attribute("aria-busy", "false")
    page.wait_for_function("() => !document.querySelector('#map .heatmaplayer').style.transform")


def rectangle(page: Page) -> Rectangle:
    """Read what the status line says is looked at."""
    text = page.locator("#where li").first.text_content() or ""
    numbers = [int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", text)]
    assert len(numbers) == 4, text
    return numbers[0], numbers[1], numbers[2], numbers[3]


def moved_from(page: Page, before: Rectangle) -> Rectangle:
    """Wait until something else is looked at, drawn and at rest; returns what."""
    page.wait_for_function(
        "before => document.querySelector('#where li').textContent !== before", arg=_text(before)
    )
    settle(page)
    found = rectangle(page)
    page.wait_for_timeout(150)  # A wheel that is still turning shows more than one picture.
    return found if rectangle(page) == found else moved_from(page, found)


def spot(page: Page, across: float, down: float) -> tuple[float, float]:
    """Find a place of the picture on the screen, by shares of its width and height."""
    area = page.locator("#map .nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box is not None
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press at one place of the picture and let go at another."""
    page.mouse.move(*spot(page, *start))
    page.mouse.down()
    page.mouse.move(*spot(page, *end), steps=5)
    page.mouse.up()


def turn_wheel(page: Page, across: float, down: float, *turns: int) -> None:
    """Turn the wheel over a place; less than zero comes nearer."""
    page.mouse.move(*spot(page, across, down))
    for turn in turns:
        page.mouse.wheel(0, turn)


def fingers(session: CDPSession, kind: str, *places: tuple[float, float]) -> None:
    """Put fingers on the screen (touchStart), move them (touchMove) or lift them (touchEnd)."""
    points = [{"x": x, "y": y, "id": index} for index, (x, y) in enumerate(places)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def hold_regions(page: Page, count: int = 1000) -> list[Route]:
    """Let so many pictures not come; returns the questions as they are asked."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if len(held) < count:
            held.append(route)
        else:
            route.continue_()

    page.route("**/region?**", hold)
    return held


def wait_for_question(page: Page, held: list[Route]) -> None:
    """Wait until one is held."""
    for _ in range(200):
        if held:
            return
        page.wait_for_timeout(50)
    raise AssertionError("no region was asked for within 10 s.")


def _text(part: Rectangle) -> str:
    top, bottom, left, right = (f"{number:,}" for number in part)
    return f"queries {top} to {bottom}, keys {left} to {right}"
