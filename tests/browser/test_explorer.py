"""The page of a capture: all heads, one head, and the sentence warm with its weights."""

import json
import re

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.axe import serious_faults
from tests.browser.conftest import PHONE, Visit
from tests.browser.explorer import (
    SENTENCE,
    capture,
    capture_image,
    choose_kind,
    head_cell,
    id_of,
    model,
    weights_of,
    words,
)
from tests.browser.workbench import axis_words, drawn, point_at, wait_for_redraw

READ = "[CLS] The animal didn ' t cross the street because it was too tired . [SEP]"
PIECES = READ.split(" ")


@pytest.fixture(scope="module")
def sentence(server: str) -> str:
    """Capture MiniLM on a sentence; the address of its page."""
    return capture(server, model("sentences", SENTENCE))


@pytest.fixture(scope="module")
def date(server: str) -> str:
    """Capture the date model on a date."""
    return capture(server, model("dates", "3 May 1979"))


@pytest.fixture(scope="module")
def digit(server: str) -> str:
    """Capture the digit model on an example of its own."""
    image = httpx.get(f"{server}/api/v1/models/digits/examples/digit-3.png").content
    return capture_image(server, "digits", image)


def test_a_capture_shows_all_heads_one_head_and_the_sentence(visit: Visit, sentence: str) -> None:
    page = visit.open(sentence)

    expect(page.get_by_role("gridcell")).to_have_count(6 * 12)
    assert page.locator("#grid-canvas").evaluate("canvas => canvas.width") > 200
    assert axis_words(page, "map", "y") == PIECES
    assert axis_words(page, "map", "x") == PIECES
    assert [text.strip() for text in words(page).all_text_contents()] == PIECES
    expect(page.locator("#sizes")).to_have_text("sentences · 6 layers × 12 heads · 16 tokens")
    expect(page.locator("#badge")).to_contain_text("every row sums to one")


def test_each_head_tells_its_largest_weight(visit: Visit, server: str, sentence: str) -> None:
    page = visit.open(sentence)
    told = head_cell(page, 2, 3).get_attribute("title") or ""

    grid = httpx.get(
        f"{server}/api/v1/captures/{id_of(sentence)}/grid", params={"kind": "self", "cell": 32}
    ).json()
    assert told.startswith("largest weight ")
    assert float(told.split()[-1]) == pytest.approx(grid["scale"][1][2], abs=5e-3)


def test_all_heads_are_drawn_before_the_chart_library_is_there(visit: Visit, sentence: str) -> None:
    page = visit.open("/?lang=en")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/plotly-*.js", hold)
    page.goto(sentence, wait_until="commit")

    expect(page.get_by_role("gridcell")).to_have_count(6 * 12)
    is_inked = "canvas => canvas.getContext('2d').getImageData(0, 0, 9, 9).data.some(Boolean)"
    assert page.locator("#grid-canvas").evaluate(is_inked)
    assert page.locator("#map .heatmaplayer").count() == 0
    for route in held:
        route.continue_()
    page.unroute("**/plotly-*.js")
    page.locator("#map .heatmaplayer image").first.wait_for()


def test_a_click_on_a_head_shows_it_and_the_address_keeps_it(visit: Visit, sentence: str) -> None:
    page = visit.open(sentence)
    before = drawn(page, "map")
    head_cell(page, 3, 7).click()
    wait_for_redraw(page, "map", before)

    expect(page.get_by_role("heading", name="Layer 3, head 7")).to_be_visible()
    expect(page).to_have_url(re.compile("layer=2&head=6"))
    shown = drawn(page, "map")
    page.reload()
    expect(head_cell(page, 3, 7)).to_have_attribute("aria-selected", "true")
    expect(page.locator("#map .heatmaplayer image").first).to_have_attribute("href", shown)


def test_arrow_keys_walk_the_heads_and_stop_at_the_edges(visit: Visit, sentence: str) -> None:
    page = visit.open(sentence)
    head_cell(page, 1, 1).focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)

    expect(head_cell(page, 2, 2)).to_be_focused()
    expect(page.get_by_role("heading", name="Layer 2, head 2")).to_be_visible()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(head_cell(page, 2, 12)).to_be_focused()


def test_the_sentence_carries_the_row_of_the_chosen_token(visit: Visit, sentence: str) -> None:
    page = visit.open(f"{sentence}&layer=2&head=4&query=10")

    expect(words(page).nth(10)).to_have_attribute("aria-selected", "true")
    expect(page.locator("#line-title")).to_have_text("it looks at")
    weights = weights_of(words(page))
    assert len(weights) == len(PIECES)
    assert sum(weights) == pytest.approx(1, abs=0.002)
    top = max(range(len(weights)), key=weights.__getitem__)
    expect(page.locator("#line-top li").first).to_contain_text(PIECES[top])


def test_weights_on_the_page_are_those_of_the_api(visit: Visit, server: str, sentence: str) -> None:
    page = visit.open(f"{sentence}&layer=4&head=9&query=3")
    fields: dict[str, str | int] = {"kind": "self", "layer": 4, "head": 9, "query": "3:4"}
    answer = httpx.get(f"{server}/api/v1/captures/{id_of(sentence)}/region", params=fields)

    assert weights_of(words(page)) == pytest.approx(
        answer.json()["matrix"]["data"][0], rel=0.06, abs=6e-5
    )


def test_arrow_keys_walk_the_tokens(visit: Visit, sentence: str) -> None:
    page = visit.open(f"{sentence}&query=2")
    words(page).nth(2).focus()
    page.keyboard.press("ArrowRight")

    expect(words(page).nth(3)).to_be_focused()
    expect(page.locator("#line-title")).to_have_text("didn looks at")
    expect(page).to_have_url(re.compile("query=3"))


def test_who_looks_at_a_token_is_its_column(visit: Visit, server: str, sentence: str) -> None:
    page = visit.open(f"{sentence}&layer=1&head=2&query=8")
    page.get_by_text("to this token", exact=True).click()

    expect(page.locator("#line-title")).to_have_text("street is looked at by")
    fields: dict[str, str | int] = {"kind": "self", "layer": 1, "head": 2, "key": "8:9"}
    answer = httpx.get(f"{server}/api/v1/captures/{id_of(sentence)}/region", params=fields)
    column = [row[0] for row in answer.json()["matrix"]["data"]]
    assert weights_of(words(page)) == pytest.approx(column, rel=0.06, abs=6e-5)


def test_a_click_on_a_cell_explains_it_with_its_numbers(visit: Visit, sentence: str) -> None:
    page = visit.open(f"{sentence}&layer=2&head=4")
    point_at(page, "map", 10, 2, click=True)

    expect(page.locator("#why")).to_contain_text("Why is it → animal")
    expect(page).to_have_url(re.compile("query=10&key=2"))
    expect(page.locator("#why [data-chosen]")).to_contain_text("animal")
    weight = page.locator("#why .why__weight").text_content() or ""
    title = words(page).nth(2).get_attribute("title") or ""
    assert float(weight) == pytest.approx(float(title), abs=0.0006)
    page.get_by_role("button", name="Let go of the cell").click()
    expect(page.locator("#why")).to_be_hidden()


def test_the_pointer_is_told_query_key_weight_and_score(visit: Visit, sentence: str) -> None:
    page = visit.open(f"{sentence}&layer=2&head=4")
    point_at(page, "map", 10, 2)

    expect(page.locator("#tooltip")).to_contain_text("it → animal")
    expect(page.locator("#tooltip dt")).to_have_text(["score", "weight"])


def test_the_matrix_is_walked_by_keys_and_spoken(visit: Visit, sentence: str) -> None:
    page = visit.open(f"{sentence}&query=4")
    page.locator("#map").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)

    expect(page.locator("#status")).to_contain_text("t → The")
    page.keyboard.press("Enter")
    expect(page.locator("#why")).to_contain_text("Why is t → The")


def test_encoder_decoder_and_cross_attention_are_kinds_of_one_capture(
    visit: Visit, date: str
) -> None:
    page = visit.open(date)

    assert axis_words(page, "map", "x") == list("3·May·1979")
    assert "".join(axis_words(page, "map", "y")) == "1979-05-03"
    expect(page.locator("#direction")).to_be_hidden()
    choose_kind(page, "encoder")
    expect(page.get_by_role("gridcell")).to_have_count(2 * 4)
    assert axis_words(page, "map", "y") == list("3·May·1979")


def test_each_sequence_of_cross_attention_is_a_way_to_look(visit: Visit, date: str) -> None:
    page = visit.open(date)
    words(page, "query").nth(9).click()
    expect(page.locator("#line-title")).to_have_text("3 looks at")
    assert sum(weights_of(words(page))) == pytest.approx(1, abs=0.002)
    assert weights_of(words(page, "query")) == []
    words(page, "key").nth(0).click()

    expect(page.locator("#line-title")).to_have_text("3 is looked at by")
    assert len(weights_of(words(page, "query"))) == 10


def test_replay_moves_on_and_hides_what_was_not_yet_written(visit: Visit, date: str) -> None:
    page = visit.open(date)
    step = page.get_by_role("slider", name="Step")
    step.fill("3")

    expect(page.locator("#replay-says")).to_have_text("writes 9")
    written = words(page, "query")
    expect(written.nth(3)).to_be_visible()
    expect(written.nth(4)).to_be_hidden()
    expect(page.locator("#map .light__cover").first).to_be_visible()
    expect(page).to_have_url(re.compile("query=3.*replay=1"))
    page.get_by_role("button", name="Show all").click()
    expect(written.nth(9)).to_be_visible()


def test_replay_plays_by_itself_to_the_end(visit: Visit, date: str) -> None:
    page = visit.open(date)
    page.clock.install()
    button = page.get_by_role("button", name="Replay", exact=True)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    for _ in range(12):
        page.clock.run_for(700)

    expect(page.locator("#replay-says")).to_have_text("writes 3")
    expect(button).to_have_attribute("aria-pressed", "false")


def test_generated_tokens_are_marked_and_the_future_is_hatched(visit: Visit, server: str) -> None:
    page = visit.open(capture(server, model("induction", "W b 9 f W b", generate=5)))

    expect(page.locator(".token--generated").first).to_be_visible()
    expect(words(page).first).to_have_class(re.compile("token--special"))
    assert page.locator("#map .layer-below image").count() == 1


def test_an_image_is_shown_with_its_patches_and_its_class_token(visit: Visit, digit: str) -> None:
    page = visit.open(digit)

    picture = page.get_by_role("img", name="The image as the model saw it")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 0
    patches = page.locator(".patch")
    expect(patches).to_have_count(16)
    expect(words(page)).to_have_text(["[CLS]"])
    assert sum(weights_of(patches)) + sum(weights_of(words(page))) == pytest.approx(1, abs=0.002)
    patches.nth(5).click()
    expect(page.locator("#line-title")).to_have_text("patch 2,2 looks at")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#line-title")).to_have_text("patch 3,2 looks at")


@pytest.mark.parametrize(
    ("text", "direction", "shown"),
    [
        ("القطة تنام على السرير", "rtl", "ط"),
        ("动物没有过马路，因为它太累了。🦊", "ltr", "🦊"),
    ],
)
def test_words_of_any_script_are_read_as_they_are_written(
    visit: Visit, server: str, text: str, direction: str, shown: str
) -> None:
    page = visit.open(capture(server, model("sentences", text)))

    strip = page.locator("#strip-key .strip__words")
    expect(strip).to_have_attribute("dir", direction)
    expect(strip).to_contain_text(shown)
    boxes = [words(page).nth(index).bounding_box() for index in (1, 2)]
    assert boxes[0]
    assert boxes[1]
    assert (boxes[1]["x"] < boxes[0]["x"]) == (direction == "rtl")


def test_a_large_matrix_is_pooled_and_says_so_until_it_is_zoomed(visit: Visit, server: str) -> None:
    tokens = [f"w{index}" for index in range(1021)]
    page = visit.open(capture(server, {"kind": "tokens", "tokens": tokens}))
    expect(page.locator("#where")).to_contain_text("the largest of 2 × 2 weights")
    box = page.locator("#map .nsewdrag").first.bounding_box()
    assert box is not None
    before = drawn(page, "map")
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 90, steps=5)
    page.mouse.up()
    wait_for_redraw(page, "map", before)

    expect(page.locator("#where")).not_to_contain_text("the largest of")
    expect(page.locator("#where")).to_contain_text("queries")
    page.get_by_role("button", name="Whole matrix").click()
    expect(page.locator("#where")).to_contain_text("the largest of 2 × 2 weights")


def test_the_name_can_be_changed_and_is_kept(visit: Visit, server: str) -> None:
    page = visit.open(capture(server, model("dates", "1 July 2001")))
    name = page.get_by_role("textbox", name="Name of this capture")
    expect(name).to_have_value("1 July 2001")
    with page.expect_response(lambda response: response.request.method == "PATCH"):
        name.fill("A summer's day")
        name.press("Enter")

    page.reload()
    expect(name).to_have_value("A summer's day")
    expect(page).to_have_title("A summer's day · Attention Atlas")


def test_a_deleted_capture_is_gone(visit: Visit, server: str) -> None:
    address = capture(server, model("dates", "2 July 2001"))
    visit.refusals = True
    page = visit.open(address)
    page.get_by_role("button", name="Delete this capture").click()
    page.get_by_role("button", name="Keep").click()
    page.get_by_role("button", name="Delete this capture").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.wait_for_url("**/?lang=en**")

    page.goto(address)
    expect(page.get_by_role("alert")).to_contain_text("There is no such capture")


def test_a_capture_under_way_tells_how_far_it_is(visit: Visit, sentence: str) -> None:
    page = open_changed(visit, sentence, state="running", kinds={}, tokens={}, specs={})

    expect(page.get_by_text("The model reads")).to_be_visible()
    expect(page.locator("#waiting-numbers")).to_have_text("3 of 7 · about 2 s left")
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "3")
    expect(page.get_by_role("button", name="Stop and delete")).to_be_visible()
    expect(page.locator("#explorer")).to_be_hidden()


def test_a_failed_capture_tells_why(visit: Visit, sentence: str) -> None:
    problem = {"title": "Failed", "status": 424, "detail": "the file must be whole.", "errors": []}
    page = open_changed(visit, sentence, state="failed", problem=problem)

    expect(page.get_by_role("alert")).to_contain_text("This capture failed")
    expect(page.get_by_role("alert")).to_contain_text("The file must be whole.")
    expect(page.get_by_role("link", name="Back to the workbench")).to_be_visible()
    expect(page.locator("#waiting")).to_be_hidden()


def test_what_a_problem_quotes_is_told_as_it_was_written(visit: Visit, sentence: str) -> None:
    detail = "text must have 4096 characters of '0123456789', got '31 Feb 1979'."
    problem = {"title": "Failed", "status": 422, "detail": detail, "errors": []}
    page = open_changed(visit, sentence, state="failed", problem=problem)

    told = "Text must have 4,096 characters of '0123456789', got '31 Feb 1979'."
    expect(page.get_by_role("alert")).to_contain_text(told)


def open_changed(visit: Visit, address: str, **changes: object) -> Page:
    """Open the page of a capture of which the server tells something else."""
    page = visit.open("/?lang=en")
    event = {"state": "running", "done": 3, "total": 7, "eta_s": 1.6}

    def answer(route: Route) -> None:
        if route.request.url.endswith("/events"):
            body = f"retry: 600000\nevent: progress\ndata: {json.dumps(event)}\n\n"
            return route.fulfill(content_type="text/event-stream", body=body)
        told = route.fetch().json() | changes
        return route.fulfill(content_type="application/json", body=json.dumps(told))

    page.route(f"**/api/v1/captures/{id_of(address)}*", answer)
    page.route(f"**/api/v1/captures/{id_of(address)}/events", answer)
    page.goto(address)
    return page


def test_the_whole_page_is_there_in_chinese(visit: Visit, date: str) -> None:
    page = visit.open(date.replace("lang=en", "lang=zh"))

    expect(page.locator("html")).to_have_attribute("lang", "zh")
    for word in ("所有头", "句子", "交叉注意力", "第 1 层，头 1", "关注", "每行之和为一"):
        expect(page.locator("body")).to_contain_text(word)
    for word in ("Layer", "looks at", "Replay", "All heads", "Scaled dot product"):
        expect(page.locator("body")).not_to_contain_text(word)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "language"), [("sentence", "en"), ("date", "zh"), ("digit", "en")]
)
def test_axe_finds_nothing_serious(
    visit: Visit, request: pytest.FixtureRequest, name: str, language: str, scheme: str
) -> None:
    address = request.getfixturevalue(name).replace("lang=en", f"lang={language}")
    page = visit.open(f"{address}&key=2", color_scheme=scheme)
    page.locator("#why:visible").wait_for()

    assert serious_faults(page) == []


@pytest.mark.parametrize("name", ["sentence", "date", "digit"])
def test_a_phone_shows_everything_without_sideways_scrolling(
    visit: Visit, request: pytest.FixtureRequest, name: str
) -> None:
    address = request.getfixturevalue(name)
    page = visit.open(f"{address}&key=2", viewport=PHONE, has_touch=True, is_mobile=True)

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    for part in ("#map", "#grid", "#strip-key", "#line-top"):
        expect(page.locator(part)).to_be_visible()
