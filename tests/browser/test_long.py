"""Long captures: a sample at once, the whole picture in time, words as they are looked at."""

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, Request, Route, expect
from safetensors.numpy import save

from tests.browser.axe import serious_faults
from tests.browser.conftest import PHONE, Visit
from tests.browser.explorer import capture_tensors, words

N_TOKENS = 12_007
LONGEST = 100_003
SAMPLED = re.compile(r"sampled: \d+ of \d+")
RUNNING = {"state": "running", "done": 3000, "total": N_TOKENS, "eta_s": 1.6}
COST = {"seconds": 70.0, "bytes": 180e6, "disk_bytes": 9e6, "fits": True, "offer": None}
COMPUTE = "Compute the whole picture (about 70 s, 180 MB)"


@pytest.fixture(scope="module")
def long(server: str) -> str:
    """Capture two heads that nobody computes an overview of; the address of their page."""
    return fresh(server)


def fresh(server: str) -> str:
    """Capture two heads that are too large to be looked at whole."""
    return capture_tensors(server, tensors(N_TOKENS, n_heads=2), "Long")


def tensors(n_tokens: int, *, n_heads: int) -> bytes:
    """Make a safetensors file of queries that look at keys near them, and of words."""
    random = np.random.default_rng(0)
    query, key = (
        random.standard_normal((n_heads, n_tokens, 3)).astype(np.float16) for _ in range(2)
    )
    names = json.dumps([f"word{index}" for index in range(n_tokens)])
    return save({"query": query, "key": key}, {"tokens.query": names})


def with_overview(page: Page, *, refusal: int | None = None, **changes: Any) -> list[Request]:
    """Have the server tell something of overviews; what it is asked to do is listed."""
    asked: list[Request] = []
    progress = {"done": 0, "total": N_TOKENS, "eta_s": None}
    overview = {"kind": "self", "layer": 0, "state": "none", "needed": True, "cell": [8, 8]}
    overview |= {"progress": progress, "estimate": COST, "problem": None} | changes

    def answer(route: Route) -> None:
        request = route.request
        if request.method != "GET":
            asked.append(request)
        if request.method == "DELETE":
            return route.fulfill(status=204)
        if request.method == "POST" and refusal:
            problem = {"title": "Too Many", "status": refusal, "detail": "At most 16 may wait."}
            return route.fulfill(status=refusal, json=problem)
        is_start = request.method == "POST"
        head = _posted(request)["head"] if is_start else int(_field(request, "head"))
        begun = {"state": "running"} if is_start else {}
        return route.fulfill(json=overview | {"head": head} | begun)

    def follow(route: Route) -> None:
        body = f"retry: 600000\nevent: progress\ndata: {json.dumps(RUNNING)}\n\n"
        route.fulfill(content_type="text/event-stream", body=body)

    page.route("**/overview", answer)
    page.route("**/overview?*", answer)
    page.route("**/overview/events?*", follow)
    return asked


def _posted(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = request.post_data_json or {}
    return found


def _field(request: Request, name: str) -> str:
    return httpx.URL(request.url).params[name]


def look(page: Page, address: str) -> None:
    """Open the page of a capture and wait for its picture."""
    page.goto(address)
    page.locator("#map .heatmaplayer image").first.wait_for()


def hold(page: Page, place: str) -> Callable[[], None]:
    """Let requests to a place wait, until what this returns is called."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(place, keep)

    def release() -> None:
        for route in held:
            route.continue_()
        page.unroute(place)

    return release


def test_a_long_head_is_sampled_at_once_and_then_whole(visit: Visit, server: str) -> None:
    page = visit.open("/?lang=en")
    release = hold(page, "**/overview")
    look(page, fresh(server))
    expect(page.locator(".explorer__map")).to_contain_text(SAMPLED)
    expect(page.locator("#overview")).to_be_visible()
    release()

    expect(page.locator(".explorer__map")).not_to_contain_text(SAMPLED)
    expect(page.locator("#overview")).to_be_hidden()
    expect(page.locator(".explorer__map")).to_contain_text("the largest of 32 × 32 weights")


def test_how_far_it_is_is_told_in_numbers(visit: Visit, long: str) -> None:
    page = visit.open("/?lang=en")
    with_overview(page, state="running")
    look(page, long)

    line = page.locator("#overview")
    expect(line).to_contain_text("3,000 of 12,007 rows · about 2 s left")
    expect(line.get_by_role("progressbar")).to_have_attribute("value", "3000")
    expect(line.get_by_role("button", name="Stop")).to_be_visible()


def test_what_is_stopped_is_offered_again(visit: Visit, long: str) -> None:
    page = visit.open("/?lang=en")
    asked = with_overview(page, state="running")
    look(page, f"{long}&head=1")
    page.locator("#overview").get_by_role("button", name="Stop").click()

    expect(page.get_by_role("button", name=COMPUTE)).to_be_focused()
    assert [request.method for request in asked] == ["DELETE"]
    assert _field(asked[0], "head") == "1"


def test_a_long_wait_is_offered_and_not_begun(visit: Visit, server: str) -> None:
    page = visit.open("/?lang=en")
    asked = with_overview(page)
    look(page, fresh(server))
    start = page.get_by_role("button", name=COMPUTE)
    expect(start).to_be_visible()
    assert asked == []
    page.unroute_all()
    start.click()

    expect(page.locator("#overview")).to_be_hidden()
    expect(page.locator(".explorer__map")).not_to_contain_text(SAMPLED)
    expect(page.locator("#status")).to_have_text("The whole picture is there.")


def test_what_does_not_fit_is_told_with_what_does(visit: Visit, long: str) -> None:
    page = visit.open("/?lang=en")
    offer = {"rectangle": [1500, N_TOKENS]}
    with_overview(page, estimate=COST | {"fits": False, "bytes": 7e9, "offer": offer})
    look(page, long)

    line = page.locator("#overview")
    expect(line).to_contain_text("needs 7.0 GB, which does not fit here")
    expect(line).to_contain_text("up to 1,500 queries are drawn exactly")
    expect(line.get_by_role("button")).to_have_count(0)


def test_leaving_a_head_stops_what_the_page_started(visit: Visit, long: str) -> None:
    page = visit.open("/?lang=en")
    asked = with_overview(page, estimate=COST | {"seconds": 3.0})
    # A stream that stays open and tells nothing: one that ends is told as not heard.
    page.route("**/overview/events?*", lambda route: None)
    look(page, long)
    expect(page.locator("#overview")).to_contain_text("Computing the whole picture")
    with page.expect_request(lambda request: request.method == "DELETE") as stopped:
        page.keyboard.press("]")

    assert _field(stopped.value, "head") == "0"
    assert [request.method for request in asked][:2] == ["POST", "DELETE"]


def test_a_refusal_is_told_and_can_be_tried_again(visit: Visit, server: str) -> None:
    visit.refusals = True
    page = visit.open("/?lang=en")
    with_overview(page, refusal=429)
    look(page, fresh(server))
    line = page.locator("#overview")
    line.get_by_role("button", name=COMPUTE).click()
    expect(line).to_contain_text("The server is busy")
    expect(line).to_contain_text("At most 16 may wait.")
    page.unroute_all()
    line.get_by_role("button", name="Try again").click()

    expect(line).to_be_hidden()


def test_a_page_of_100_000_tokens_opens_with_less_than_a_megabyte(
    visit: Visit, server: str
) -> None:
    longest = capture_tensors(server, tensors(LONGEST, n_heads=1), "Longest")
    page = visit.open("/?lang=en")
    sizes: dict[str, int] = {}

    def weigh(request: Request) -> None:
        if "/api/" in request.url:
            sizes[request.url] = request.sizes()["responseBodySize"]

    page.on("requestfinished", weigh)
    look(page, f"{longest}&query=50000")
    expect(words(page).get_by_text("word50000", exact=True)).to_be_visible()
    expect(page.locator("#grid-sampled")).to_have_text(re.compile(r"sampled: \d+ of 3,126 rows"))

    assert len(sizes) > 5
    assert sum(sizes.values()) < 1_000_000, sizes


def test_places_stand_for_words_until_they_are_there(visit: Visit, long: str) -> None:
    page = visit.open("/?lang=en")
    with_overview(page)
    release = hold(page, "**/tokens?*")
    look(page, f"{long}&query=3000")
    expect(words(page).get_by_text("3001", exact=True)).to_be_visible()
    release()

    expect(words(page).get_by_text("word3000", exact=True)).to_be_visible()
    expect(page.locator("#line-title")).to_have_text("word3000 looks at")
    expect(words(page).get_by_text("3001", exact=True)).to_have_count(0)


def test_words_are_asked_for_once_and_only_near_what_is_looked_at(visit: Visit, long: str) -> None:
    page = visit.open("/?lang=en")
    asked: list[str] = []

    def remember(request: Request) -> None:
        if "/tokens?" in request.url:
            asked.append(request.url)

    with_overview(page)
    page.on("request", remember)
    look(page, f"{long}&query=10")
    words(page).get_by_text("word700", exact=True).click()
    expect(page.locator("#line-title")).to_have_text("word700 looks at")

    assert len(asked) == len(set(asked))
    spans = [httpx.URL(url).params["span"].split(":") for url in asked]
    assert max(int(stop) for _, stop in spans) < 2500


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", ["none", "running"])
def test_axe_finds_nothing_serious(visit: Visit, long: str, state: str, scheme: str) -> None:
    page = visit.open("/?lang=en", color_scheme=scheme)
    with_overview(page, state=state)
    look(page, long)
    expect(page.locator("#overview").get_by_role("button")).to_be_visible()

    assert serious_faults(page) == []


def test_the_overview_is_told_in_chinese(visit: Visit, long: str) -> None:
    page = visit.open("/?lang=zh")
    with_overview(page)
    look(page, long.replace("lang=en", "lang=zh"))

    expect(page.get_by_role("button", name="计算完整图像（约 70 秒, 180 MB）")).to_be_visible()


def test_a_phone_shows_it_without_sideways_scrolling(visit: Visit, long: str) -> None:
    page = visit.open("/?lang=en", viewport=PHONE, has_touch=True, is_mobile=True)
    with_overview(page, state="running")
    look(page, long)

    expect(page.locator("#overview").get_by_role("button", name="Stop")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
