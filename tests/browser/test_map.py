"""The matrix of a head zooms like a map: with wheel, fingers, mouse, keys, and by its small map."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.axe import serious_faults
from tests.browser.conftest import PHONE, Visit
from tests.browser.explorer import SENTENCE, capture, id_of, model, words
from tests.browser.mapping import (
    capture_long,
    capture_tokens,
    drag,
    fingers,
    hold_regions,
    moved_from,
    near,
    rectangle,
    settle,
    spot,
    turn_wheel,
    wait_for_question,
)
from tests.browser.workbench import axis_words, drawn, point_at, wait_for_redraw

WHOLE = (1, 1021, 1, 1021)


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


@pytest.fixture(scope="module")
def middling(server: str) -> str:
    """Capture 1,021 tokens: pooled by two when seen whole; the address of the page."""
    return capture_tokens(server, 1021)


@pytest.fixture(scope="module")
def sentence(server: str) -> str:
    """Capture MiniLM on a sentence; the address of its page."""
    return capture(server, model("sentences", SENTENCE))


@pytest.fixture(scope="module")
def long(server: str) -> str:
    """Capture 6,007 tokens: so many that the whole takes a pass; the address of the page."""
    return capture_long(server, 6007)


def test_the_wheel_zooms_about_the_pointer(visit: Visit, middling: str) -> None:
    page = visit.open(middling)
    assert rectangle(page) == WHOLE
    turn_wheel(page, 0.25, 0.75, -240, -240)

    top, bottom, left, right = moved_from(page, WHOLE)
    assert bottom - top < 1021 / 3
    # Token 766 of the queries and 255 of the keys stay at three quarters and at one quarter.
    assert top + 0.75 * (bottom + 1 - top) == pytest.approx(1 + 0.75 * 1021, abs=2)
    assert left + 0.25 * (right + 1 - left) == pytest.approx(1 + 0.25 * 1021, abs=2)


def test_the_wheel_scrolls_the_page_where_there_is_nothing_to_zoom(
    visit: Visit, sentence: str
) -> None:
    page = visit.open(sentence, viewport={"width": 1000, "height": 500})
    page.mouse.move(*spot(page, 0.5, 0.5))
    before = page.evaluate("scrollY")
    page.mouse.wheel(0, 120)

    page.wait_for_function("before => scrollY > before", arg=before)
    assert rectangle(page) == (1, 16, 1, 16)


def test_a_pinch_on_a_trackpad_zooms(visit: Visit, middling: str) -> None:
    page = visit.open(middling)
    page.keyboard.down("Control")
    turn_wheel(page, 0.5, 0.5, *[-10] * 8)
    page.keyboard.up("Control")

    top, bottom, *_ = moved_from(page, WHOLE)
    assert bottom - top == pytest.approx(1021 / 2 ** (80 / 70), rel=0.05)
    assert page.evaluate("visualViewport.scale") == 1


def test_two_fingers_hold_the_matrix_and_one_scrolls_the_page(visit: Visit, middling: str) -> None:
    page = visit.open(middling, viewport=PHONE, has_touch=True, is_mobile=True)
    session = page.context.new_cdp_session(page)
    (x, y), (left, _), (right, _) = (spot(page, share, 0.5) for share in (0.5, 0.4, 0.6))
    fingers(session, "touchStart", (left, y), (right, y))
    for step in range(1, 6):
        fingers(session, "touchMove", (left - 8 * step, y), (right + 8 * step, y))
    fingers(session, "touchEnd")

    seen = moved_from(page, WHOLE)
    factor = (right - left + 80) / (right - left)
    assert seen[1] - seen[0] == pytest.approx(1021 / factor, rel=0.05)
    assert (seen[2] + seen[3]) / 2 == pytest.approx(511, abs=5)
    assert page.evaluate("visualViewport.scale") == 1
    scrolled = page.evaluate("scrollY")
    fingers(session, "touchStart", (x, y))
    for step in range(1, 8):
        fingers(session, "touchMove", (x, y - 20 * step))
    fingers(session, "touchEnd")
    page.wait_for_function("before => scrollY > before + 50", arg=scrolled)
    assert rectangle(page) == seen


def test_two_fingers_that_move_together_move_the_matrix(visit: Visit, middling: str) -> None:
    address = f"{middling}&queries=400:600&keys=400:600"
    page = visit.open(address, viewport=PHONE, has_touch=True, is_mobile=True)
    session = page.context.new_cdp_session(page)
    (left, y), (right, _) = spot(page, 0.3, 0.5), spot(page, 0.7, 0.5)
    step = (right - left) / 8
    fingers(session, "touchStart", (left, y), (right, y))
    for turn in range(1, 5):
        fingers(session, "touchMove", (left - step * turn, y), (right - step * turn, y))
    fingers(session, "touchEnd")

    seen = moved_from(page, (401, 600, 401, 600))
    assert near(seen, (401, 600, 441, 640), 4)


def test_a_click_on_a_cell_of_many_zooms_into_it(visit: Visit, middling: str) -> None:
    page = visit.open(middling)
    page.mouse.click(*spot(page, 0.5, 0.5))

    top, bottom, left, right = moved_from(page, WHOLE)
    assert bottom - top == pytest.approx(1021 / 4, abs=3)
    assert top < 511 < bottom
    assert left < 511 < right
    expect(page.locator("#where")).to_contain_text("each cell is one weight")


def test_a_double_click_zooms_in_and_with_shift_out(visit: Visit, sentence: str) -> None:
    page = visit.open(sentence)
    page.mouse.dblclick(*spot(page, 0.5, 0.5))

    seen = moved_from(page, (1, 16, 1, 16))
    assert near(seen, (5, 12, 5, 12), 1)
    page.keyboard.down("Shift")
    page.mouse.dblclick(*spot(page, 0.5, 0.5))
    page.keyboard.up("Shift")
    assert moved_from(page, seen) == (1, 16, 1, 16)


def test_a_drag_takes_the_matrix_with_it_and_stops_at_its_edge(visit: Visit, middling: str) -> None:
    page = visit.open(f"{middling}&queries=400:600&keys=100:300")
    drag(page, (0.5, 0.5), (0.25, 0.75))

    seen = moved_from(page, (401, 600, 101, 300))
    assert near(seen, (351, 550, 151, 350), 2)
    drag(page, (0.01, 0.5), (0.99, 0.5))
    assert moved_from(page, seen)[2] == 1


def test_a_drag_with_shift_draws_a_box_to_zoom_into(visit: Visit, middling: str) -> None:
    page = visit.open(f"{middling}&queries=400:600&keys=100:300")
    page.keyboard.down("Shift")
    drag(page, (0.502, 0.252), (0.748, 0.748))
    page.keyboard.up("Shift")

    assert moved_from(page, (401, 600, 101, 300)) == (451, 550, 201, 250)


def test_a_box_can_be_drawn_without_keys(visit: Visit, middling: str) -> None:
    page = visit.open(f"{middling}&queries=400:600&keys=100:300")
    button = page.get_by_role("button", name="Draw a box to zoom into")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    drag(page, (0.502, 0.252), (0.748, 0.748))

    assert moved_from(page, (401, 600, 101, 300)) == (451, 550, 201, 250)
    expect(button).to_have_attribute("aria-pressed", "false")


def test_escape_lets_go_of_a_box(visit: Visit, middling: str) -> None:
    page = visit.open(middling)
    page.mouse.move(*spot(page, 0.2, 0.2))
    page.mouse.down()
    page.mouse.move(*spot(page, 0.6, 0.6), steps=3)
    expect(page.locator(".map__box")).to_be_visible()
    page.keyboard.press("Escape")
    page.mouse.up()

    expect(page.locator(".map__box")).to_be_hidden()
    assert rectangle(page) == WHOLE


def test_keys_zoom_move_and_show_the_whole(visit: Visit, middling: str) -> None:
    page = visit.open(middling)
    page.locator("#map").focus()
    page.keyboard.press("+")
    half = moved_from(page, WHOLE)
    assert half == (256, 766, 256, 766)
    page.keyboard.press("Shift+ArrowRight")
    right = moved_from(page, half)
    assert near(right, (256, 766, 256 + 128, 766 + 128), 1)
    page.keyboard.press("-")
    assert moved_from(page, right) == WHOLE
    page.keyboard.press("+")
    moved_from(page, WHOLE)
    page.keyboard.press("0")
    assert moved_from(page, half) == WHOLE
    expect(page.locator("#whole")).to_be_hidden()


def test_buttons_zoom_for_those_who_want_them(visit: Visit, middling: str) -> None:
    page = visit.open(middling)
    expect(page.get_by_role("button", name="Zoom out", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Zoom in", exact=True).click()
    assert moved_from(page, WHOLE) == (256, 766, 256, 766)
    page.get_by_role("button", name="Zoom out", exact=True).click()
    assert moved_from(page, (256, 766, 256, 766)) == WHOLE
    expect(page.locator("#whole")).to_be_hidden()


def test_cells_are_walked_beyond_the_edge_of_what_is_seen(visit: Visit, middling: str) -> None:
    page = visit.open(f"{middling}&queries=400:410&keys=400:410&query=408")
    page.locator("#map").focus()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    expect(page.locator("#tooltip")).to_contain_text("w409 → w400")
    page.keyboard.press("ArrowDown")

    assert moved_from(page, (401, 410, 401, 410))[0] == 403
    expect(page.locator("#tooltip")).to_contain_text("w409 → w400")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#tooltip")).to_contain_text("w410 → w400")


def test_enter_zooms_into_a_walked_cell_of_many(visit: Visit, middling: str) -> None:
    page = visit.open(f"{middling}&query=200")
    page.locator("#map").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")

    top, bottom, left, _ = moved_from(page, WHOLE)
    assert top < 201 < bottom
    assert left == 1


def test_the_small_map_tells_where_one_is_and_leads_elsewhere(visit: Visit, middling: str) -> None:
    page = visit.open(middling)
    small = page.locator("#minimap")
    expect(small).to_be_hidden()
    page.goto(f"{middling}&queries=100:200&keys=100:200")
    expect(small).to_be_visible()
    frame = page.locator(".minimap__frame")
    boxes = [element.bounding_box() for element in (small, frame)]
    assert boxes[0]
    assert boxes[1]
    middle = boxes[1]["x"] + boxes[1]["width"] / 2 - boxes[0]["x"]
    assert middle / boxes[0]["width"] == pytest.approx(150 / 1021, abs=0.03)
    settle(page)
    page.mouse.click(boxes[0]["x"] + boxes[0]["width"] * 0.75, boxes[0]["y"] + 2)

    seen = moved_from(page, (101, 200, 101, 200))
    assert (seen[0], seen[1]) == (1, 100)
    assert (seen[2] + seen[3]) / 2 == pytest.approx(0.75 * 1021, abs=12)
    small.focus()
    page.keyboard.press("ArrowDown")
    assert moved_from(page, seen)[0] == 51


def test_the_small_map_is_dragged(visit: Visit, middling: str) -> None:
    page = visit.open(f"{middling}&queries=0:100&keys=0:100")
    box = page.locator("#minimap").bounding_box()
    assert box
    settle(page)
    page.mouse.move(box["x"] + 4, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=6)
    page.mouse.up()

    top, bottom, *_ = moved_from(page, (1, 100, 1, 100))
    assert (top + bottom) / 2 == pytest.approx(511, abs=12)


def test_the_status_line_tells_rectangle_and_cell(visit: Visit, middling: str) -> None:
    page = visit.open(middling)
    lines = page.locator("#where li")
    expect(lines).to_have_text(
        [
            "queries 1 to 1,021, keys 1 to 1,021",
            "each cell shows the largest of 2 × 2 weights",
        ]
    )
    page.keyboard.press("+")
    page.keyboard.press("+")
    moved_from(page, WHOLE)
    expect(lines.nth(1)).to_have_text("each cell is one weight")


def test_a_link_shows_the_same_place(visit: Visit, middling: str) -> None:
    page = visit.open(middling)
    turn_wheel(page, 0.3, 0.6, -240, -240, -240)
    seen = moved_from(page, WHOLE)
    expect(page).to_have_url(re.compile(r"queries=[\d.]+%3A[\d.]+&keys=[\d.]+%3A[\d.]+"))
    shown = drawn(page, "map")
    other = visit.open(page.url.split("/", 3)[3].join(["/", ""]))

    assert rectangle(other) == seen
    settle(other)
    assert drawn(other, "map") == shown
    other.get_by_role("button", name="Whole matrix").click()
    assert moved_from(other, seen) == WHOLE
    expect(other).not_to_have_url(re.compile("queries="))


def test_the_old_picture_moves_until_the_new_one_is_there(visit: Visit, middling: str) -> None:
    page = visit.open(middling)
    before = drawn(page, "map")
    held = hold_regions(page)
    page.keyboard.press("+")

    layer = page.locator("#map .heatmaplayer").first
    page.wait_for_function(
        "() => document.querySelector('#map').getAttribute('aria-busy') === 'true'"
    )
    page.wait_for_timeout(600)
    assert drawn(page, "map") == before  # as sharp as it was, and twice as large
    box = layer.locator("image").first.bounding_box()
    plot = page.locator("#map .nsewdrag").first.bounding_box()
    assert box
    assert plot
    assert box["width"] == pytest.approx(2 * plot["width"], rel=0.02)
    assert axis_words(page, "map", "y")[0] == "300"
    wait_for_question(page, held)
    for route in held:
        route.continue_()
    page.unroute("**/region?**")
    wait_for_redraw(page, "map", before)


def test_never_more_than_512_cells_a_side_are_asked_or_drawn(visit: Visit, long: str) -> None:
    asked: list[dict[str, list[str]]] = []

    def note(request: Request) -> None:
        if "/region?" in request.url:
            asked.append(parse_qs(urlsplit(request.url).query))

    page = visit.open(long)
    page.on("request", note)
    cells = "() => document.querySelector('#map .panel__plot').data[0].z.map((row) => row.length)"
    for turn in range(5):
        before = rectangle(page)
        turn_wheel(page, 0.3, 0.5, -240)
        moved_from(page, before)
        rows = page.evaluate(cells)
        assert len(rows) <= 512, turn
        assert max(rows) <= 512
    pictures = [fields for fields in asked if fields["query"][0].count(":") and "u1" in str(fields)]
    assert pictures
    assert all(int(fields["height"][0]) <= 512 for fields in pictures)


def test_ticks_stand_at_round_places_and_become_words(visit: Visit, middling: str) -> None:
    page = visit.open(middling)
    assert axis_words(page, "map", "x") == [
        *["1", "100", "200", "300", "400", "500", "600", "700", "800", "900", "1,000"]
    ]
    page.goto(f"{middling}&queries=300:320&keys=310:330")
    page.locator("#map .ytick").first.wait_for()
    assert axis_words(page, "map", "y") == [f"w{index}" for index in range(300, 320)]
    assert axis_words(page, "map", "x") == [f"w{index}" for index in range(310, 330)]


def test_the_matrix_stays_where_it_is_while_its_labels_change(visit: Visit, middling: str) -> None:
    page = visit.open(middling)
    before = page.locator("#map .nsewdrag").first.bounding_box()
    for _ in range(7):
        page.keyboard.press("+")
    moved_from(page, WHOLE)

    assert axis_words(page, "map", "y")[0].startswith("w")
    assert page.locator("#map .nsewdrag").first.bounding_box() == before


def test_the_words_follow_the_window(visit: Visit, long: str) -> None:
    page = visit.open(f"{long}&query=40")
    expect(words(page).first).to_have_text("1")
    page.goto(f"{long}&query=40&queries=4000:4200&keys=4100:4300")
    expect(words(page).first).to_have_text("4001")
    expect(words(page)).to_have_count(300)
    page.goto(f"{long}&query=40&queries=4000:4200&keys=100:200")
    expect(words(page, "query").first).to_have_text("4001")
    expect(words(page, "key").first).to_have_text("101")
    expect(words(page, "key")).to_have_count(100)


def test_words_outside_the_window_step_back(visit: Visit, sentence: str) -> None:
    page = visit.open(f"{sentence}&queries=2:6&keys=2:6")

    outside = re.compile("token--outside")
    expect(words(page).nth(1)).to_have_class(outside)
    expect(words(page).nth(2)).not_to_have_class(outside)
    page.get_by_role("button", name="Whole matrix").click()
    expect(words(page).nth(1)).not_to_have_class(outside)


def test_an_answer_that_comes_too_late_is_dropped(visit: Visit, middling: str) -> None:
    page = visit.open(middling)
    held = hold_regions(page, 1)
    page.keyboard.press("+")
    wait_for_question(page, held)
    page.keyboard.press("+")
    seen = moved_from(page, WHOLE)
    shown = drawn(page, "map")
    held[0].continue_()

    page.wait_for_timeout(400)
    assert rectangle(page) == seen
    assert drawn(page, "map") == shown


def test_going_back_asks_nobody(visit: Visit, middling: str) -> None:
    page = visit.open(middling)
    page.keyboard.press("+")
    half = moved_from(page, WHOLE)
    page.wait_for_timeout(500)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("0")
    moved_from(page, half)
    page.keyboard.press("+")
    moved_from(page, WHOLE)

    assert [url for url in asked if "dtype=u1" in url] == []


def test_a_long_matrix_is_sampled_at_once_and_sharpens_by_itself(visit: Visit, server: str) -> None:
    page = visit.open(capture_long(server, 6007))

    expect(page.locator("#where")).to_contain_text("each cell shows the largest of 16 × 16 weights")
    expect(page.locator("#where")).not_to_contain_text("sampled", timeout=60_000)
    assert page.locator("#map .layer-below image").count() == 1  # the future is hatched
    turn_wheel(page, 0.4, 0.6, *[-240] * 6)
    moved_from(page, (1, 6007, 1, 6007))
    expect(page.locator("#where")).to_contain_text("each cell is one weight")


def test_colours_stand_still_while_the_largest_is_in_the_upper_half(
    visit: Visit, sentence: str
) -> None:
    # The first column holds nearly all of this head; elsewhere nothing reaches a half of it.
    page = visit.open(f"{sentence}&layer=2&head=4")
    top = "() => document.querySelector('#map .panel__plot').data[0].zmax"
    whole = page.evaluate(top)
    page.goto(f"{sentence}&layer=2&head=4&queries=0:8&keys=0:8")
    page.locator("#map .heatmaplayer image").first.wait_for()
    assert page.evaluate(top) == pytest.approx(whole, rel=1e-3)
    page.goto(f"{sentence}&layer=2&head=4&queries=0:8&keys=8:16")
    page.locator("#map .heatmaplayer image").first.wait_for()
    halvings = whole / page.evaluate(top)
    assert halvings >= 2
    assert halvings == pytest.approx(2 ** round(halvings).bit_length() / 2, rel=1e-3)


def test_a_pinned_cell_and_its_arithmetic_stay_while_one_zooms(visit: Visit, sentence: str) -> None:
    page = visit.open(f"{sentence}&layer=2&head=4")
    point_at(page, "map", 10, 2, click=True)
    expect(page.locator("#why")).to_contain_text("Why is it → animal")
    page.keyboard.press("+")
    moved_from(page, (1, 16, 1, 16))

    expect(page.locator("#why")).to_contain_text("Why is it → animal")
    expect(page).to_have_url(re.compile("query=10&key=2"))


def test_a_cell_of_a_long_row_is_explained_by_its_largest_weights(visit: Visit, long: str) -> None:
    page = visit.open(f"{long}&queries=3000:3016&keys=3000:3016")
    cell = httpx.get(
        f"{visit.server}/api/v1/captures/{id_of(long)}/cell",
        params={"kind": "self", "layer": 0, "head": 0, "query": 3010, "key": 3005},
    ).json()
    largest = sorted(cell["row_weights"], reverse=True)[:64]
    point_at(page, "map", 10, 5, click=True)

    lines = page.locator("#why .why__step--row tbody tr")
    expect(lines.last.locator("th")).to_have_text(re.compile(r"^5,94[23] more keys$"))
    assert lines.count() == 6007 - _number(lines.last.locator("th").inner_text()) + 1
    expect(page.locator("#why [data-chosen] th")).to_contain_text("3,006")
    rest = float(lines.last.locator("td").last.inner_text().replace("<", ""))
    assert rest == pytest.approx(1 - sum(largest), abs=2e-3)
    expect(page.locator("#why tfoot td").last).to_have_text("1.000")


def test_a_pinned_cell_of_a_long_row_is_asked_for_once(visit: Visit, long: str) -> None:
    page = visit.open(f"{long}&queries=3000:3016&keys=3000:3016")
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "/cell?" in request.url else None)
    point_at(page, "map", 10, 5, click=True)
    expect(page.locator("#why")).to_be_visible()
    before = rectangle(page)
    page.keyboard.press("-")
    moved_from(page, before)

    assert len(asked) == 1


def test_a_capture_that_was_deleted_meanwhile_is_told(visit: Visit, server: str) -> None:
    gone = capture_long(server, 4801)
    page = visit.open(gone)
    settle(page)
    expect(page.locator("#overview")).to_be_hidden()
    visit.refusals = True
    httpx.delete(f"{server}/api/v1/captures/{id_of(gone)}").raise_for_status()
    page.get_by_role("button", name="Zoom in", exact=True).click()

    expect(page.locator("#problem")).to_contain_text("There is no such capture")
    expect(page.locator("#map .heatmaplayer image").first).to_be_visible()


def test_the_largest_weights_of_a_long_row_say_among_which_tokens_they_are(
    visit: Visit, long: str, sentence: str
) -> None:
    facts = visit.open(f"{long}&query=3000").locator("#line-facts")
    expect(facts).to_contain_text(re.compile(r"among the tokens\s*2,561–3,584"))

    facts = visit.open(sentence).locator("#line-facts")
    expect(facts).to_contain_text("row sum")
    expect(facts).not_to_contain_text("among the tokens")


def test_what_is_not_known_yet_does_not_look_masked(visit: Visit, long: str) -> None:
    page = visit.open(f"{long}&queries=3000:4000&keys=2000:3400")
    settle(page)
    plot = page.locator("#map .nsewdrag").first.bounding_box()
    assert plot
    assert _hatched(page) == pytest.approx((plot["x"], plot["x"] + plot["width"]), abs=2)
    hold_regions(page)
    drag(page, (0.9, 0.5), (0.4, 0.5))

    known = (plot["x"], plot["x"] + plot["width"] / 2)
    assert _hatched(page) == pytest.approx(known, abs=4)
    page.wait_for_timeout(500)  # Its ticks are drawn anew meanwhile.
    assert _hatched(page) == pytest.approx(known, abs=4)


def _hatched(page: Page) -> tuple[float, float]:
    """Find the left and the right end of what may show through as masked."""
    left, right = page.locator("#map .layer-below .imagelayer image").first.evaluate(
        """image => {
          const { left, right } = image.getBoundingClientRect();
          const clip = image.style.clipPath.match(/[\\d.]+(?=px)/g)?.map(Number) ?? [0];
          const [top, beside = top, , before = beside] = clip;
          return [left + before, right - beside];
        }"""
    )
    return left, right


def test_another_head_shows_the_same_place(visit: Visit, sentence: str) -> None:
    page = visit.open(f"{sentence}&queries=2:9&keys=2:9")
    before = drawn(page, "map")
    page.keyboard.press("]")
    wait_for_redraw(page, "map", before)

    expect(page.get_by_role("heading", name="Layer 1, head 2")).to_be_visible()
    assert rectangle(page) == (3, 9, 3, 9)


def test_nothing_glides_for_those_who_want_less_motion(visit: Visit, middling: str) -> None:
    page = visit.open(middling, reduced_motion="reduce")
    page.evaluate("""() => {
      window.moves = new Set();
      const layer = document.querySelector("#map .heatmaplayer");
      const note = () => window.moves.add(layer.style.transform);
      new MutationObserver(note).observe(layer, { attributes: true });
    }""")
    held = hold_regions(page)
    page.keyboard.press("+")
    wait_for_question(page, held)

    assert len(page.evaluate("[...moves].filter(Boolean)")) == 1
    for route in held:
        route.continue_()


def test_listeners_are_told_once_the_window_rests(visit: Visit, middling: str) -> None:
    page = visit.open(middling)
    page.evaluate("""() => {
      window.told = [];
      const status = document.querySelector("#status");
      const note = () => window.told.push(status.textContent);
      new MutationObserver(note).observe(status, { childList: true, characterData: true });
    }""")
    turn_wheel(page, 0.5, 0.5, *[-60] * 8)
    top, bottom, left, right = moved_from(page, WHOLE)

    page.wait_for_function("() => window.told.length > 0")
    page.wait_for_timeout(300)
    assert page.evaluate("told.length") == 1
    where = f"queries {top} to {bottom}, keys {left} to {right}"
    assert page.evaluate("told[0]").startswith(where)


def test_the_map_speaks_chinese(visit: Visit, middling: str) -> None:
    page = visit.open(f"{middling.replace('lang=en', 'lang=zh')}&queries=300:500&keys=300:500")

    expect(page.locator("#where")).to_contain_text("查询 301 至 500，键 301 至 500")
    expect(page.locator("#where")).to_contain_text("每格为一个权重")
    for name in ("放大", "缩小", "框选要放大的部分"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
    expect(page.locator("#minimap")).to_have_attribute("aria-label", re.compile("整个矩阵"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_a_part(visit: Visit, middling: str, scheme: str) -> None:
    page = visit.open(f"{middling}&queries=300:340&keys=300:340", color_scheme=scheme)
    settle(page)
    assert serious_faults(page) == []


def test_a_phone_shows_a_part_without_sideways_scrolling(visit: Visit, long: str) -> None:
    address = f"{long}&queries=5000:5040&keys=4000:4040"
    page: Page = visit.open(address, viewport=PHONE, has_touch=True, is_mobile=True)
    expect(page.locator("#minimap")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
