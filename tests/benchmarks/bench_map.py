"""Zooming and panning the matrix of 32,768 tokens: from a reader's input to the sharp picture.

A real server with a head whose overview is computed, and a real Chromium that a wheel, a mouse and
keys steer at random. A picture is sharp when the region of the very window is drawn and
nothing moves any more. Run with ``python -m tests.benchmarks.bench_map``.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterable
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from tests.benchmarks.bench_api import serving
from tests.browser.conftest import WIDE, started_chromium
from tests.long import long_tensors

N_TOKENS = 32_768
N_GESTURES = 100
PLACE: dict[str, str | int] = {"kind": "self", "layer": 0, "head": 0}

_WATCH = """
  window.input = { time: 0, kind: "" };
  const note = (event) => { window.input = { time: event.timeStamp, kind: event.type }; };
  for (const name of ["wheel", "click", "pointermove", "keydown"]) {
    addEventListener(name, (event) => {
      if (name !== "pointermove" || event.buttons) note(event);
    }, { capture: true, passive: true });
  }
  performance.setResourceTimingBufferSize(100000);
  window.whenSharp = async (before) => {
    const map = document.querySelector("#map");
    const layer = () => map.querySelector(".subplot.xy .heatmaplayer");
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const since = window.input.time;
    const isMoved = () => document.querySelector("#where li").textContent !== before;
    const isSharp = () =>
      map.getAttribute("aria-busy") === "false" && !layer().style.transform;
    for (let tries = 0; !isMoved() && tries < 20; tries += 1) await frame();
    if (!isMoved()) return null;
    do await frame(); while (!isSharp());
    const sharp = performance.now();
    const asked = performance.getEntriesByType("resource")
      .filter(({ name, startTime }) => name.includes("/region?") && startTime >= since)
      .filter(({ name }) => name.includes("what=weights") && !name.includes("dtype=f4"))
      .at(-1);
    return {
      "input to sharp": sharp - since,
      "before asking": asked ? asked.startTime - since : 0,
      "server and transfer": asked ? asked.responseEnd - asked.startTime : 0,
      "decode, draw, motion": sharp - (asked ? asked.responseEnd : since),
      isAsked: Boolean(asked),
    };
  };
"""


def main() -> None:
    """Print the table."""
    rows = measure()
    print(f"{N_GESTURES} gestures over {N_TOKENS:,} × {N_TOKENS:,} weights, ms")
    print(f"{'':28}{'p50':>8}{'p95':>8}{'most':>8}")
    for name, values in rows.items():
        p50, p95 = statistics.median(values), percentile(values, 0.95)
        print(f"{name:28}{p50:8.0f}{p95:8.0f}{max(values):8.0f}   n = {len(values)}")


def measure(n_gestures: int = N_GESTURES, seed: int = 0) -> dict[str, list[float]]:
    """Steer the map by gestures at random.

    Returns:
        Milliseconds of each gesture, in all and by part, and in all by kind of gesture.
    """
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = started_chromium(playwright)
        with serving(["-m", "app.cli", "serve", "--data-dir", folder]) as port:
            url = f"http://127.0.0.1:{port}"
            found = gestures(open_map(browser, url), n_gestures, random.Random(seed))
        browser.close()
    rows: dict[str, list[float]] = {}
    for kind, times in found:
        for name, value in times.items():
            rows.setdefault(name, []).append(value)
        rows.setdefault(f"  of these by {kind}", []).append(times["input to sharp"])
    return rows


def open_map(browser: Browser, url: str) -> Page:
    """Capture a long head, wait for its overview, and open its page."""
    answer = httpx.post(
        f"{url}/api/v1/captures",
        params={"source": "tensors", "format": "safetensors"},
        content=long_tensors(N_TOKENS),
        headers={"Content-Type": "application/octet-stream"},
        timeout=120,
    ).raise_for_status()
    path = f"{url}{answer.headers['location']}"
    _wait(lambda: httpx.get(path, params={"tokens": "false"}, timeout=60).json()["state"])
    httpx.post(f"{path}/overview", json=PLACE, timeout=60).raise_for_status()
    _wait(lambda: httpx.get(f"{path}/overview", params=PLACE, timeout=60).json()["state"])
    page = browser.new_page(viewport={"width": WIDE["width"], "height": WIDE["height"]})
    page.set_default_timeout(60_000)
    page.add_init_script(_WATCH)
    page.goto(f"{url}/captures/{path.rsplit('/', 1)[1]}?lang=en")
    page.locator("#map .heatmaplayer image").first.wait_for()
    page.get_by_role("gridcell").first.wait_for()
    page.wait_for_timeout(2000)  # What a page does when it opens is another benchmark's.
    return page


def gestures(page: Page, count: int, draw: random.Random) -> Iterable[tuple[str, dict[str, float]]]:
    """Make gestures until so many have changed what is seen."""
    done: list[tuple[str, dict[str, float]]] = []
    while len(done) < count:
        kind = draw.choices(["wheel", "drag", "double click", "keys"], [4, 3, 1, 2])[0]
        before = page.locator("#where li").first.text_content() or ""
        _GESTURES[kind](page, draw)
        times: dict[str, Any] | None = page.evaluate("before => whenSharp(before)", before)
        page.wait_for_timeout(draw.uniform(20, 250))
        if times is None or not times.pop("isAsked"):
            page.keyboard.press("-")  # At the end of the way: what was seen before is shown again.
            continue
        done.append((kind, times))
    return done


def _wheel(page: Page, draw: random.Random) -> None:
    _point(page, draw)
    towards = draw.choice([-120, -120, 120])
    for _ in range(draw.randint(1, 4)):
        page.mouse.wheel(0, towards)
        page.wait_for_timeout(draw.uniform(8, 60))


def _drag(page: Page, draw: random.Random) -> None:
    if page.locator("#whole").is_hidden():
        page.keyboard.press("+")
        page.wait_for_timeout(600)
    _point(page, draw)
    page.mouse.down()
    _point(page, draw, steps=draw.randint(4, 12))
    page.mouse.up()


def _double_click(page: Page, draw: random.Random) -> None:
    x, y = _point(page, draw)
    page.mouse.dblclick(x, y)


def _keys(page: Page, draw: random.Random) -> None:
    page.locator("#map").focus()
    page.keyboard.press(draw.choice(["+", "-", "Shift+ArrowDown", "Shift+ArrowRight"]))


_GESTURES: dict[str, Callable[[Page, random.Random], object]] = {
    "wheel": _wheel,
    "drag": _drag,
    "double click": _double_click,
    "keys": _keys,
}


def _point(page: Page, draw: random.Random, steps: int = 1) -> tuple[float, float]:
    """Move the pointer to somewhere near the diagonal or below it, where there is something."""
    box = page.locator("#map .nsewdrag").first.bounding_box()
    assert box is not None
    across, down = sorted(draw.uniform(0.1, 0.9) for _ in range(2))
    place = box["x"] + across * box["width"], box["y"] + down * box["height"]
    page.mouse.move(*place, steps=steps)
    return place


def percentile(values: list[float], share: float) -> float:
    """Take the value below which a share of all lies."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def _wait(look: Callable[[], str]) -> None:
    while (state := look()) != "ready":
        assert state != "failed"
        time.sleep(0.1)


if __name__ == "__main__":
    main()
