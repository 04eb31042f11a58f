"""Mechanisms side by side on one page: the same tokens, one scale, and the difference."""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.browser.axe import serious_faults
from tests.browser.conftest import PHONE, Visit
from tests.browser.workbench import address_of, drawn, wait_for_redraw

REQUEST: dict[str, Any] = {
    "tokens": ["the", "cat", "<b>", "sat", "我"],
    "projection": {"kind": "random", "seed": 3},
    "spec": {"heads": 2},
}
CAUSAL = {"mask": [{"kind": "causal"}], "heads": 2}


def compared(*specs: dict[str, Any] | None, request: dict[str, Any] = REQUEST, **more: str) -> str:
    """Write the address of a comparison; None stands for the spec of the request."""
    return address_of(request, compare=json.dumps(specs), **more)


def open_comparison(visit: Visit, address: str, **options: Any) -> Page:
    page = visit.open("/?lang=en", **options)
    page.goto(address)
    page.reload()
    wait_for_pictures(page)
    return page


def wait_for_pictures(page: Page) -> None:
    expect(page.locator(".column[aria-busy=true]:visible")).to_have_count(0)
    drawn_or_told = columns(page).first.locator(".heatmaplayer image, .column__problem")
    expect(drawn_or_told.first).to_be_visible()


def columns(page: Page) -> Locator:
    return page.locator(".column:visible")


def named(page: Page) -> Locator:
    return columns(page).locator(".column__name")


def picture(column: Locator, what: str) -> Locator:
    return column.locator(f".column__picture--{what}")


def figure(column: Locator, what: str) -> dict[str, Any]:
    """Read what Plotly was given: the numbers of the matrix and the ends of its scale."""
    result: dict[str, Any] = (
        picture(column, what)
        .locator(".panel__plot")
        .evaluate(
            """({ data: [{ z, zmin, zmax, colorscale }] }) =>
          ({ z: z.map((row) => [...row].map((x) => Number.isNaN(x) ? null : x)), zmin, zmax,
             colours: colorscale.length, ends: [colorscale[0][1], colorscale.at(-1)[1]] })"""
        )
    )
    return result


def hear(page: Page) -> list[dict[str, Any]]:
    """Keep the bodies that the page posts from now on."""
    bodies: list[dict[str, Any]] = []

    def keep(request: Request) -> None:
        if request.method == "POST":
            bodies.append(request.post_data_json or {})

    page.on("request", keep)
    return bodies


def temperature(page: Page) -> Locator:
    return page.get_by_role("spinbutton", name="Temperature")


def number(column: Locator, name: str) -> float:
    line = column.locator(".column__number").filter(has_text=name)
    text = (line.locator("dd > :last-child").text_content() or "").replace("\u2212", "-")
    return float(text.removesuffix(" %"))


def weights(server: str, spec: dict[str, Any]) -> Any:
    """Ask the API what the page should show: the weights of the first head."""
    body = {**REQUEST, "spec": spec, "include": ["weights"]}
    answer = httpx.post(f"{server}/api/v1/attention", json=body).raise_for_status().json()
    return np.array(answer["weights"]["data"][0])


def add(page: Page, value: str) -> None:
    page.get_by_label("Add a mechanism").select_option(value)
    page.get_by_role("button", name="Add", exact=True).click()
    wait_for_pictures(page)


def test_comparing_starts_with_the_spec_at_hand_and_ends_with_the_chosen_one(visit: Visit) -> None:
    page = visit.open(address_of(REQUEST))
    before = drawn(page, "weights")
    toggle = page.get_by_role("button", name="Compare", exact=True)
    toggle.click()
    wait_for_pictures(page)
    expect(columns(page)).to_have_count(1)
    expect(page.locator("#weights")).to_be_hidden()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    add(page, "mask.causal")
    expect(columns(page)).to_have_count(2)
    toggle.click()

    expect(page.locator("#compare")).to_be_hidden()
    expect(page.locator("#weights-badge")).to_be_visible()
    expect(page.locator("#scores-badge")).to_contain_text("10 of 25 cells forbidden")
    wait_for_redraw(page, "weights", before)


def test_a_column_that_is_added_is_the_one_that_the_form_edits(visit: Visit) -> None:
    page = open_comparison(visit, compared(None))
    add(page, "copy")
    expect(columns(page).nth(1)).to_contain_text("The same as A so far")
    expect(page.locator("#mechanism-title")).to_have_text(re.compile("B$"))
    temperature(page).fill("0.5")
    expect(columns(page).nth(1)).not_to_contain_text("The same as A so far")
    wait_for_pictures(page)

    expect(named(page)).to_have_text(["Softmax", "Softmax (Temperature 0.5)"])
    columns(page).nth(0).get_by_role("radio").check()
    expect(temperature(page)).to_have_value("1")
    columns(page).nth(1).get_by_role("radio").check()
    expect(temperature(page)).to_have_value("0.5")


def test_a_ready_made_comparison_is_one_click(visit: Visit) -> None:
    page = visit.open(address_of(REQUEST))
    page.get_by_role("button", name="Compare", exact=True).click()
    page.locator("#compare-readies").get_by_role("button", name="Causal · sliding window").click()
    expect(columns(page)).to_have_count(3)
    wait_for_pictures(page)
    forbidden = [
        sum(cell is None for row in figure(column, "weights")["z"] for cell in row)
        for column in columns(page).all()
    ]

    assert forbidden == [10, 11, 10]
    page.get_by_role("button", name="Ready-made").click()
    page.locator("#compare-ready").get_by_role("button", name="Text asks image patches").click()
    expect(columns(page).first.locator(".xtick").first).to_have_text("sky 1")
    expect(page.locator(".column__problem")).to_have_count(0)


def test_after_numbers_of_its_own_every_other_comparison_finds_the_tokens_again(
    visit: Visit,
) -> None:
    page = visit.open(address_of(REQUEST))
    page.get_by_role("button", name="Compare", exact=True).click()
    items = page.locator("#compare-ready button")
    own = items.filter(has_text="Text asks image patches")
    for index in range(items.count()):
        page.get_by_role("button", name="Ready-made").click()
        own.click()
        expect(columns(page).first.locator(".xtick").first).to_have_text("sky 1")
        page.get_by_role("button", name="Ready-made").click()
        is_own = items.nth(index).text_content() == own.text_content()
        items.nth(index).click()
        expect(columns(page).first.locator(".xtick").first).to_have_text(
            "sky 1" if is_own else "the"
        )
        wait_for_pictures(page)
        expect(page.locator(".column__problem")).to_have_count(0)


def test_numbers_that_a_link_brought_leave_their_words_to_the_next_comparison(visit: Visit) -> None:
    page = visit.open(address_of(REQUEST))
    page.get_by_role("button", name="Compare", exact=True).click()
    page.locator("#compare-readies").get_by_role("button", name="Text asks image patches").click()
    expect(columns(page).first.locator(".xtick").first).to_have_text("sky 1")
    page.reload()
    page.get_by_role("button", name="Ready-made").click()
    page.locator("#compare-ready button").filter(has_text="Causal").click()
    expect(columns(page).first.locator(".xtick").first).to_have_text("a")
    wait_for_pictures(page)

    expect(page.locator(".column__problem")).to_have_count(0)


def test_heads_wait_while_the_columns_attend_with_numbers(visit: Visit) -> None:
    page = open_comparison(visit, compared(None, {"heads": 4}, {"heads": 1}))
    page.get_by_role("radio", name="Numbers").check()
    expect(columns(page).first.locator(".column__picture--weights .ytick")).to_have_count(2)
    wait_for_pictures(page)
    expect(page.locator(".column__problem")).to_have_count(0)
    expect(columns(page).nth(1)).to_contain_text("its heads wait")
    columns(page).nth(1).get_by_role("radio").check()
    wait_for_pictures(page)
    expect(page.locator(".column__problem, .field__problem")).to_have_count(0)
    page.get_by_role("radio", name="Text", exact=True).check()
    wait_for_pictures(page)

    expect(page.locator("#compare-heads input")).to_have_count(4)
    told = parse_qs(urlsplit(page.url).fragment)
    assert json.loads(told["request"][0])["spec"] == {"heads": 4}
    assert json.loads(told["compare"][0]) == [{"heads": 2}, None, {"heads": 1}]


def test_a_mechanism_is_added_by_its_button_and_not_by_an_arrow_key(visit: Visit) -> None:
    page = open_comparison(visit, compared(None))
    choice = page.get_by_label("Add a mechanism")
    expect(page.get_by_role("button", name="Add", exact=True)).to_be_disabled()
    choice.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(choice).not_to_have_value("copy")
    expect(columns(page)).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(columns(page)).to_have_count(2)
    expect(columns(page).nth(1).get_by_role("radio")).to_be_focused()
    expect(columns(page).nth(1).get_by_role("radio")).to_be_checked()


def test_a_new_mechanism_starts_with_the_sizes_of_the_first(visit: Visit) -> None:
    request = {**REQUEST, "spec": {"heads": 1}}
    page = open_comparison(visit, compared({"heads": 8}, None, request=request))
    asked = hear(page)
    with page.expect_request(lambda request: request.method == "POST"):
        add(page, "heads.talking_heads")

    assert {each["spec"]["heads"]["n_heads"] for each in asked} == {8}


def test_the_way_to_a_cell_keeps_the_focus(visit: Visit) -> None:
    page = open_comparison(visit, compared(None, CAUSAL))
    way = columns(page).nth(1).locator(".column__go")
    way.focus()
    page.keyboard.press("Enter")
    expect(columns(page).nth(1).locator(".light__cell--pinned, .light__cell").first).to_be_visible()
    expect(way).to_be_focused()
    page.set_viewport_size({"width": 1300, "height": 800})
    page.wait_for_function("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")

    expect(way).to_be_focused()


def test_the_others_are_walked_where_the_selected_column_failed(visit: Visit) -> None:
    visit.refusals = True
    request = {**REQUEST, "spec": {"heads": 7}}
    page = open_comparison(visit, compared({"heads": 2}, None, CAUSAL, request=request))
    picture(columns(page).nth(0), "weights").focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)

    expect(columns(page).nth(2).locator(".column__readout")).to_contain_text("the → cat")
    assert "cell=0.0.1" in page.url


def test_leaving_keeps_the_head_and_the_cell_inside(visit: Visit) -> None:
    address = compared(None, {"heads": 4}, request=REQUEST, head="3", cell="3.1.2")
    page = open_comparison(visit, address)
    page.keyboard.press("]")
    expect(page.locator("#compare-heads input").nth(3)).to_be_checked()
    page.get_by_role("button", name="Compare", exact=True).click()

    expect(page.locator("#heads input").nth(1)).to_be_checked()
    assert "head=1&cell=1.1.2" in page.url
    expect(page.locator("#arithmetic, #why").first).to_be_visible()


def test_a_cell_or_head_that_no_column_has_is_dropped(visit: Visit) -> None:
    page = open_comparison(visit, compared(None, {"heads": 4}, head="9", cell="0.77.2"))

    expect(page.locator("#compare-heads input").nth(3)).to_be_checked()
    page.wait_for_function("!location.hash.includes('cell=') && location.hash.includes('head=3')")


def test_a_busy_server_is_told_as_such_and_asked_again(visit: Visit) -> None:
    visit.refusals = True
    page = visit.open(address_of(REQUEST))
    page.route(
        "**/api/v1/attention",
        lambda route: (
            route.fulfill(status=503, json={"title": "Busy", "detail": "All workers are taken."})
            if "mask" in (route.request.post_data_json or {}).get("spec", {})
            else route.continue_()
        ),
    )
    page.get_by_role("button", name="Compare", exact=True).click()
    wait_for_pictures(page)
    add(page, "mask.causal")
    column = columns(page).nth(1)
    expect(column.locator(".column__problem")).to_contain_text("The server is busy")
    expect(column.locator(".column__problem")).not_to_contain_text("cannot be computed")
    page.unroute("**/api/v1/attention")
    column.get_by_role("button", name="Try again").focus()
    page.keyboard.press("Enter")
    expect(column.locator(".column__problem")).to_have_count(0)

    expect(picture(column, "difference").locator("image").first).to_be_visible()
    expect(column.get_by_role("radio")).to_be_focused()


def test_the_outcome_of_a_comparison_is_told_once(visit: Visit) -> None:
    page = open_comparison(visit, compared(None, CAUSAL))
    expect(page.locator("#status")).to_contain_text("largest difference")
    page.evaluate(
        """() => {
          window.told = [];
          const status = document.getElementById("status");
          new MutationObserver(() => told.push(status.textContent))
            .observe(status, { childList: true });
        }"""
    )
    temperature(page).fill("0.5")
    expect(columns(page).nth(0).locator(".column__name")).to_contain_text("0.5")
    wait_for_pictures(page)
    page.wait_for_function("told.length > 0")

    assert [text.count("largest difference") for text in page.evaluate("told")] == [1]
    expect(page.get_by_role("group", name="Which mechanism the form edits")).to_be_visible()


def test_a_damaged_comparison_in_a_link_leaves_the_rest(visit: Visit) -> None:
    page = visit.open(address_of(REQUEST, compare='[null,{"heads":'))

    expect(page.locator("#compare")).to_be_hidden()
    expect(page.locator("#outputs .ytick")).to_have_count(5)


def test_columns_that_a_link_made_strange_have_names(visit: Visit) -> None:
    visit.refusals = True
    strange = {"normalizer": {"x": 1}, "mask": [[]], "softcap": {"a": 1}, "score": ["dot"]}
    page = open_comparison(visit, compared(None, strange))
    expect(columns(page)).to_have_count(2)

    assert all(name and "[object" not in name for name in named(page).all_text_contents())


def test_every_ready_made_comparison_draws(visit: Visit) -> None:
    page = visit.open()
    page.get_by_role("button", name="Compare", exact=True).click()
    for index in range(page.locator("#compare-ready button").count()):
        page.get_by_role("button", name="Ready-made").click()
        page.locator("#compare-ready button").nth(index).click()
        expect(columns(page)).to_have_count(3)
        wait_for_pictures(page)
        expect(page.locator(".column__problem")).to_have_count(0)
        assert len(set(named(page).all_text_contents())) == 3
        for column in columns(page).all()[1:]:
            difference = picture(column, "difference")
            expect(difference.locator(".heatmaplayer image").first).to_be_visible()


def test_all_columns_share_their_scales(visit: Visit) -> None:
    page = open_comparison(visit, compared(None, CAUSAL, {"heads": 2, "score": "dot"}))
    shown = [figure(column, "weights") for column in columns(page).all()]
    differences = [figure(column, "difference") for column in columns(page).all()[1:]]

    largest = max(cell for each in shown for row in each["z"] for cell in row if cell is not None)
    assert {(each["zmin"], each["zmax"]) for each in shown} == {(0, largest)}
    assert len({each["zmax"] for each in differences}) == 1
    assert all(each["zmin"] == -each["zmax"] for each in differences)
    assert len({str(each["ends"]) for each in [*shown, *differences]}) == 2


def test_the_numbers_are_those_of_the_two_answers(visit: Visit) -> None:
    page = open_comparison(visit, compared(None, CAUSAL))
    first, second = (weights(visit.server, spec) for spec in (REQUEST["spec"], CAUSAL))
    difference = second - first
    column = columns(page).nth(1)
    row, key = np.unravel_index(np.abs(difference).argmax(), difference.shape)

    shown = np.array(figure(column, "difference")["z"], dtype=float)
    assert shown == pytest.approx(difference, abs=1e-6)
    assert number(column, "Largest difference") == pytest.approx(difference[row, key], abs=6e-4)
    assert number(column, "Mean difference") == pytest.approx(np.abs(difference).mean(), abs=6e-5)
    moved = 50 * np.abs(difference).sum(axis=1).mean()
    assert number(column, "Attention moved") == pytest.approx(moved, abs=0.06)
    assert number(column, "Exactly zero") == pytest.approx(40)
    column.locator(".column__go").click()
    expect(column.locator(".column__readout")).to_contain_text(f"{second[row, key]:.3f}")
    expect(columns(page).nth(0).locator(".column__readout")).to_contain_text(
        f"{first[row, key]:.3f}"
    )


def test_a_cell_is_marked_and_read_in_every_column_by_pointer_and_by_keys(visit: Visit) -> None:
    page = open_comparison(visit, compared(None, CAUSAL))
    first, second = columns(page).all()
    picture(second, "difference").locator(".nsewdrag").first.hover(position={"x": 4, "y": 4})
    for column in (first, second):
        expect(column.locator(".column__readout")).to_contain_text("the → the")
        expect(picture(column, "weights").locator(".light__cell--pointed")).to_have_count(1)
    page.mouse.move(2, 2)
    picture(first, "weights").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)

    expect(second.locator(".column__readout")).to_contain_text("the → sat")
    expect(second.locator(".column__readout")).to_contain_text("forbidden")
    expect(page.locator("#status")).to_have_text(re.compile(r"the → sat\. A 0\.\d+; B forbidden −"))
    assert "cell=0.0.3" in page.url


def test_a_link_brings_the_comparison_back(visit: Visit) -> None:
    page = visit.open(address_of(REQUEST))
    page.get_by_role("button", name="Compare", exact=True).click()
    add(page, "mask.causal")
    add(page, "score.additive")
    page.locator("#compare-heads input").nth(1).check()
    columns(page).nth(1).get_by_role("radio").check()
    wait_for_pictures(page)
    other = open_comparison(visit, page.url)

    expect(named(other)).to_have_text(named(page).all_text_contents())
    assert [figure(each, "weights") for each in columns(other).all()] == [
        figure(each, "weights") for each in columns(page).all()
    ]
    expect(other.locator("#mechanism-title")).to_have_text(re.compile("B$"))
    expect(other.locator("#compare-heads input").nth(1)).to_be_checked()
    told = json.loads(parse_qs(urlsplit(other.url).fragment)["compare"][0])
    assert [spec is None for spec in told] == [False, True, False]


def test_back_and_forward_walk_in_and_out_of_the_comparison(visit: Visit) -> None:
    page = visit.open(address_of(REQUEST))
    page.clock.install()
    page.reload()
    page.get_by_role("button", name="Compare", exact=True).click()
    wait_for_pictures(page)
    page.clock.fast_forward(1300)  # changes closer together are one step of the history
    add(page, "mask.causal")
    page.go_back()
    expect(columns(page)).to_have_count(1)
    page.go_back()
    expect(page.locator("#compare")).to_be_hidden()
    expect(page.locator("#outputs .heatmaplayer image").first).to_be_visible()
    page.go_forward()
    page.go_forward()
    expect(columns(page)).to_have_count(2)


def test_columns_are_removed_copied_and_made_the_first(visit: Visit) -> None:
    page = open_comparison(visit, compared(None, CAUSAL, {"heads": 2, "score": "additive"}))
    asked = hear(page)
    page.get_by_role("button", name="Measure all against B").click()
    expect(columns(page).nth(0)).to_contain_text("Causal")
    page.get_by_role("button", name="Remove C").click()
    expect(columns(page)).to_have_count(2)
    page.get_by_role("button", name="Duplicate A").click()
    expect(columns(page)).to_have_count(3)
    page.get_by_role("button", name="Duplicate A").click()
    expect(columns(page)).to_have_count(4)

    expect(page.get_by_label("Add a mechanism")).to_be_disabled()
    assert asked == []  # every answer was known


def test_a_column_that_fails_says_so_and_the_others_stay(visit: Visit) -> None:
    visit.refusals = True
    page = open_comparison(visit, compared(None, {"heads": 7}, CAUSAL))

    expect(columns(page).nth(1).locator(".column__problem")).to_contain_text("for 7 heads")
    expect(columns(page).nth(1).locator(".heatmaplayer:visible")).to_have_count(0)
    expect(picture(columns(page).nth(2), "difference").locator("image").first).to_be_visible()
    page.get_by_role("button", name="Measure all against B").click()
    expect(columns(page).nth(1)).to_contain_text("nothing to subtract: A is not computed")


def test_a_column_with_fewer_heads_says_which_it_shows(visit: Visit) -> None:
    page = open_comparison(visit, compared(None, {"heads": 1}, request=REQUEST, head="1"))

    expect(columns(page).nth(1)).to_contain_text("It has 1 heads: its last, head 1, is shown.")
    expect(columns(page).nth(0)).not_to_contain_text("its last")


def test_the_notes_of_a_column_stay_unfolded(visit: Visit) -> None:
    sink = {"heads": 2, "normalizer": {"kind": "sink", "sink": 9}}
    page = open_comparison(visit, compared(None, sink))
    notes = columns(page).nth(1).locator(".column__notes")
    notes.locator("summary").click()
    before = figure(columns(page).nth(1), "weights")
    page.locator("#compare-heads input").nth(1).check()
    expect(columns(page).nth(1).locator(".light__cell")).to_have_count(0)
    assert figure(columns(page).nth(1), "weights") != before

    expect(notes.locator("li").first).to_be_visible()
    expect(columns(page).nth(1).locator(".column__number").first).to_contain_text(
        "rows need not sum to 1"
    )


def test_one_request_is_sent_for_each_column(visit: Visit) -> None:
    page = open_comparison(visit, compared(None, CAUSAL))
    asked = hear(page)
    page.get_by_role("textbox", name="Add tokens: Queries").fill("down ")
    expect(columns(page).nth(1).locator(".column__picture--weights .ytick")).to_have_count(6)
    wait_for_pictures(page)

    assert sorted(len(each["spec"]) for each in asked) == [1, 2]
    assert {each["encoding"] for each in asked} == {"base64"}


def test_an_example_is_one_mechanism_again(visit: Visit) -> None:
    page = open_comparison(visit, compared(None, CAUSAL))
    page.get_by_role("button", name="Examples").click()
    page.locator("#examples button").first.click()

    expect(page.locator("#compare")).to_be_hidden()
    expect(page.locator("#outputs .ytick")).to_have_count(11)


def test_markup_in_a_token_stays_text(visit: Visit) -> None:
    page = open_comparison(visit, compared(None, CAUSAL))
    words = columns(page).nth(1).locator(".column__picture--weights .ytick text")

    assert words.all_text_contents()[2] == "<b>"
    assert page.locator("#compare b").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_axe_finds_nothing_serious(visit: Visit, scheme: str, language: str) -> None:
    address = compared(None, CAUSAL, {"heads": 1}, head="1").replace("lang=en", f"lang={language}")
    page = open_comparison(visit, address, color_scheme=scheme)
    page.locator(".compare__terms summary").click()

    assert serious_faults(page) == []


def test_on_a_phone_the_ready_made_ones_unfold_below_their_button(visit: Visit) -> None:
    page = visit.open(address_of(REQUEST), viewport=PHONE, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="Compare", exact=True).tap()
    button = page.locator("[aria-controls=compare-ready]")
    button.tap()
    above, below = button.bounding_box(), page.locator("#compare-ready").bounding_box()
    assert above is not None
    assert below is not None

    assert 0 <= below["y"] - above["y"] - above["height"] < 12
    assert 0 <= below["x"] < below["x"] + below["width"] <= PHONE["width"]


def test_fewer_heads_leave_the_difference_in_line(visit: Visit) -> None:
    page = open_comparison(visit, compared(None, {"heads": 1}, head="1"))
    expect(page.get_by_text("It has 1 heads: its last")).to_be_visible()
    tops = page.locator(".column__picture:visible").evaluate_all(
        "all => all.map((each) => each.querySelector('.nsewdrag').getBoundingClientRect().top)"
    )

    assert len(tops) == 3
    assert max(tops) - min(tops) <= 1


def test_a_phone_shows_one_column_after_another(visit: Visit) -> None:
    page = open_comparison(
        visit, compared(None, CAUSAL), viewport=PHONE, has_touch=True, is_mobile=True
    )

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    place = page.locator("#compare-columns")
    assert place.evaluate("place => place.scrollWidth > place.clientWidth")
    columns(page).nth(1).get_by_role("radio").check()
    expect(columns(page).nth(1).locator(".column__name")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Mechanism B").tap()
    expect(page.locator("#mechanism")).to_contain_text(re.compile(r"Mechanism\s*B"))
