"""What a reader does on the page of a capture and sees there, in the words of the tests."""

import re
import time
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

SENTENCE = "The animal didn't cross the street because it was too tired."


def capture(server: str, source: dict[str, Any]) -> str:
    """Capture something, wait until it is ready, and return the address of its page."""
    answer = httpx.post(f"{server}/api/v1/captures", json={"source": source}, timeout=30)
    return _page_of(server, answer)


def capture_image(server: str, model: str, image: bytes) -> str:
    """Capture a model on an image, likewise."""
    answer = httpx.post(
        f"{server}/api/v1/captures",
        params={"source": "model", "model": model},
        content=image,
        headers={"Content-Type": "image/png"},
        timeout=30,
    )
    return _page_of(server, answer)


def capture_tensors(server: str, file: bytes, name: str) -> str:
    """Capture a safetensors file, likewise."""
    answer = httpx.post(
        f"{server}/api/v1/captures",
        params={"source": "tensors", "format": "safetensors", "name": name},
        content=file,
        headers={"Content-Type": "application/octet-stream"},
        timeout=60,
    )
    return _page_of(server, answer)


def model(name: str, text: str, **more: Any) -> dict[str, Any]:
    """Write the source of a capture of a model on a text."""
    return {"kind": "model", "model": name, "text": text, **more}


def _page_of(server: str, answer: httpx.Response) -> str:
    assert answer.status_code == 202, answer.text
    path = answer.headers["location"]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        state = httpx.get(f"{server}{path}").json()
        if state["state"] not in ("queued", "running"):
            assert state["state"] == "ready", state["problem"]
            return f"/captures/{state['id']}?lang=en"
        time.sleep(0.05)
    raise AssertionError(f"{path} was not ready within 60 s.")


def id_of(address: str) -> str:
    """Read the id of a capture from the address of its page."""
    found = re.search(r"/captures/([\w-]+)", address)
    assert found
    return found[1]


def head_cell(page: Page, layer: int, head: int) -> Locator:
    """Find a head in the grid of all heads, counted from one."""
    return page.get_by_role("gridcell", name=f"layer {layer}, head {head}", exact=True)


def words(page: Page, side: str = "key") -> Locator:
    """Find the tokens of a sequence as they stand in the sentence."""
    return page.locator(f"#strip-{side} .token")


def weights_of(tokens: Locator) -> list[float]:
    """Read the weights that tokens carry, none where a token is masked."""
    titles = tokens.evaluate_all("all => all.map((each) => each.title)")
    return [float(title.replace("−", "-")) for title in titles if title]


def choose_kind(page: Page, name: str) -> None:
    """Look at another kind of attention of the same capture."""
    page.locator("#kinds").get_by_text(name, exact=True).click()
    expect(page.locator("#map")).to_have_attribute("aria-busy", "false")
