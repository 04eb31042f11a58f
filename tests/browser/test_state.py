"""The state of the page: in its address, as code, and as files."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.workbench import (
    address_of,
    axis_words,
    chips,
    choose_example,
    drawn,
    point_at,
    wait_for_answer,
    writing,
)

HARD = {"tokens": ["=1+1", '<a href="%zz">', "didn't", "我"], "spec": {"heads": 2}}


def code_as(page: Page, kind: str) -> str:
    page.get_by_role("button", name="Copy as").click()
    page.get_by_label(kind, exact=True).check()
    code = page.locator("#copy-code").text_content() or ""
    page.get_by_role("button", name="Close", exact=True).first.click()
    return code


def test_a_link_brings_back_the_same_picture(visit: Visit) -> None:
    page = visit.open()
    choose_example(page, "Causal with a sliding window")
    page.locator("#heads input").nth(2).check()
    point_at(page, "weights", 5, 4, click=True)
    expect(page.locator("#why")).to_contain_text("head 3")
    other = visit.open(code_as(page, "Link"))

    assert axis_words(other, "weights", "y") == axis_words(page, "weights", "y")
    assert drawn(other, "weights") == drawn(page, "weights")
    expect(other.locator("#why")).to_contain_text("head 3")
    expect(other.locator("#heads input").nth(2)).to_be_checked()


def test_back_and_forward_walk_through_the_states(visit: Visit) -> None:
    page = visit.open()
    choose_example(page, "A textbook's numbers")
    expect(page.locator("#outputs .xtick")).to_have_count(3)
    page.wait_for_timeout(1300)
    choose_example(page, "Tokens that hurt")
    expect(page.locator("#outputs .ytick")).to_have_count(14)
    page.go_back()
    expect(page.locator("#outputs .ytick")).to_have_count(3)
    page.go_back()
    expect(page.locator("#outputs .ytick")).to_have_count(11)
    page.go_forward()
    expect(page.locator("#outputs .ytick")).to_have_count(3)


def test_an_address_that_cannot_be_read_shows_the_first_example(visit: Visit) -> None:
    page = visit.open("/?lang=en#request={broken&cell=x")

    assert axis_words(page, "scores", "y")[0] == "The"


def test_tokens_never_leave_in_an_address(visit: Visit) -> None:
    page = visit.open()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    writing(page).fill("secretword here")
    expect(page.locator("#outputs .ytick")).to_have_count(2)
    page.reload()

    assert not any("secretword" in url.partition("#")[0] for url in asked)


@pytest.mark.parametrize("kind", ["Python · httpx", "Python · attention_core"])
def test_the_python_that_is_copied_runs(visit: Visit, kind: str) -> None:
    page = visit.open(address_of({**HARD, "projection": {"kind": "random", "seed": 3}}))
    code = code_as(page, kind) + "\nprint('ran')\n"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.endswith("ran\n")


def test_the_curl_that_is_copied_runs(visit: Visit) -> None:
    page = visit.open(address_of(HARD))

    done = subprocess.run(["sh", "-c", code_as(page, "curl")], capture_output=True, check=True)

    assert json.loads(done.stdout)["tokens"]["query"] == HARD["tokens"]


def download(page: Page, hint: str) -> Path:
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as waiting:
        page.locator("#downloads").get_by_role("button", name=hint).click()
    return Path(waiting.value.path())


def test_the_downloads_hold_the_numbers(visit: Visit) -> None:
    page = visit.open(address_of(HARD))
    answer = json.loads(download(page, "The request and the full answer").read_text("utf-8"))
    text = download(page, "score and weight").read_text("utf-8")
    cells = list(csv.DictReader(io.StringIO(text, newline="")))

    assert answer["request"] == HARD
    assert len(cells) == 2 * 4 * 4
    assert cells[0]["query_token"] == "'=1+1"
    assert cells[5]["key_token"] == '<a href="%zz">'
    given = answer["answer"]["scores"]["data"][1][2][3]
    assert float(cells[16 + 2 * 4 + 3]["score"]) == pytest.approx(given, rel=1e-6)


def test_the_picture_is_a_png(visit: Visit) -> None:
    page = visit.open()
    picture = download(page, "as one picture").read_bytes()

    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 20_000


def test_all_heads_are_small_multiples(visit: Visit) -> None:
    page = visit.open()
    page.get_by_label("All heads").check()
    expect(page.locator("#weights .heatmaplayer image")).to_have_count(5)
    page.locator("#weights .nsewdrag").nth(2).click(position={"x": 20, "y": 20})

    expect(page.locator("#why")).to_contain_text("head 3")


def test_keys_change_heads_and_list_themselves(visit: Visit) -> None:
    page = visit.open()
    page.locator("#panels").focus()
    page.keyboard.press("]")
    expect(page.locator("#heads input").nth(1)).to_be_checked()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("/")
    expect(writing(page)).to_be_focused()


def test_a_drag_zooms_the_matrices_together(visit: Visit) -> None:
    page = visit.open()
    box = page.locator("#scores .nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 150, steps=6)
    page.mouse.up()
    expect(page.locator("#outputs .ytick")).not_to_have_count(11)

    assert axis_words(page, "scores", "y") == axis_words(page, "outputs", "y")
    assert axis_words(page, "scores", "x") == axis_words(page, "weights", "x")
    page.locator("#panels").focus()
    page.keyboard.press("0")
    expect(page.locator("#outputs .ytick")).to_have_count(11)
    wait_for_answer(page)


def test_the_server_gone_is_told_and_the_picture_stays(visit: Visit) -> None:
    visit.refusals = True
    page = visit.open()
    before = drawn(page, "weights")
    page.route("**/api/v1/attention", lambda route: route.abort())
    page.get_by_label("Temperature").fill("0.7")

    expect(page.locator("#banner")).to_contain_text("The server does not answer")
    assert drawn(page, "weights") == before


def test_a_link_that_cannot_be_computed_says_so_in_the_empty_place(visit: Visit) -> None:
    visit.refusals = True
    page = visit.open(address_of({"text": "a b", "spec": {"heads": 7}}))

    expect(page.locator("#empty")).to_contain_text("64 features for 7 heads")
    expect(page.locator("#empty")).to_contain_text("Nothing is drawn until this is mended.")
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#weights")).to_be_hidden()
    expect(page.get_by_role("button", name="Download")).to_be_disabled()
    page.locator('[data-path="spec.heads.n_heads"]').get_by_role("spinbutton").fill("2")
    expect(page.locator("#empty")).to_be_hidden()
    expect(page.locator("#weights .heatmaplayer image").first).to_be_visible()


def test_old_matrices_do_not_come_back_after_the_text_is_cleared(visit: Visit) -> None:
    visit.refusals = True
    page = visit.open()
    writing(page).fill("")
    expect(page.locator("#empty")).to_be_visible()
    expect(page.locator("#heads input")).to_have_count(0)
    writing(page).fill("x " * 5000)

    expect(page.locator("#empty")).to_contain_text("Too large for one picture")
    expect(page.locator("#weights")).to_be_hidden()
    assert not chips(page).first.evaluate("chip => chip.style.getPropertyValue('--chip-ground')")


def test_vectors_from_a_seed_are_told_and_given_numbers_are_not(visit: Visit) -> None:
    page = visit.open()
    expect(page.locator("#seeded")).to_contain_text("nothing here was learned")
    choose_example(page, "A textbook's numbers")

    expect(page.locator("#seeded")).to_be_hidden()
