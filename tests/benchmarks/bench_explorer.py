"""A captured model's first picture: from the request for its page to the drawn heads, and bytes.

A real server, a real Chromium, MiniLM (6 layers × 12 heads) on 512 tokens; each round looks at a
capture that nobody has looked at yet. Run with ``python -m tests.benchmarks.bench_explorer``.
"""

import statistics
import time
from tempfile import TemporaryDirectory

import httpx
from playwright.sync_api import Browser, sync_playwright

from tests.benchmarks.bench_api import serving
from tests.benchmarks.first_picture import first_picture
from tests.browser.conftest import started_chromium
from tests.models.folders import minilm

N_ROUNDS = 5
TEXT = "the cat sat on the mat and " * 72 + "then it slept until next dawn"
"""512 tokens of MiniLM, its own two among them."""


def main() -> None:
    """Print the table."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        arguments = [
            "-m",
            "app.cli",
            "serve",
            "--data-dir",
            folder,
            "--model",
            f"MiniLM={minilm()}",
        ]
        browser = started_chromium(playwright)
        with serving(arguments) as port:
            url = f"http://127.0.0.1:{port}"
            capture(url)  # The first loads the model.
            rounds = [first_look(browser, url) for _ in range(N_ROUNDS)]
        browser.close()
    print(f"MiniLM, 6 × 12 heads, 512 tokens, nothing cached, medians of {N_ROUNDS}")
    for name in rounds[0]:
        found = [each[name] for each in rounds]
        print(
            f"{name:22}{statistics.median(found):12,.2f}   ({min(found):,.2f} – {max(found):,.2f})"
        )


def capture(url: str) -> str:
    """Capture the text and wait until it is ready; returns its id."""
    source = {"kind": "model", "model": "MiniLM", "text": TEXT}
    answer = httpx.post(f"{url}/api/v1/captures", json={"source": source}).raise_for_status()
    name = str(answer.json()["id"])
    while (state := httpx.get(f"{url}/api/v1/captures/{name}").json())["state"] != "ready":
        assert state["state"] != "failed", state["problem"]
        time.sleep(0.01)
    assert state["kinds"]["self"]["n_queries"] == 512
    return name


def first_look(browser: Browser, url: str) -> dict[str, float]:
    """Look at a new capture, with a browser that has seen nothing."""
    started = time.perf_counter()
    name = capture(url)
    captured = time.perf_counter()
    seen = first_picture(browser, f"{url}/captures/{name}")
    other = capture(url)
    asked = time.perf_counter()
    httpx.get(f"{url}/api/v1/captures/{other}/grid", params={"cell": 64}).raise_for_status()
    return {
        "capture, s": captured - started,
        "all heads drawn, s": seen.drawn_s["heads"],
        "first matrix drawn, s": seen.drawn_s["matrix"],
        "data, bytes": seen.data_bytes,
        "all heads, API, s": time.perf_counter() - asked,
    }


if __name__ == "__main__":
    main()
