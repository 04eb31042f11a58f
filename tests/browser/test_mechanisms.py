"""The mechanism's form, what the matrices say of it, and the arithmetic of a cell."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Visit
from tests.browser.workbench import (
    address_of,
    choose_example,
    drawn,
    point_at,
    wait_for_answer,
    wait_for_redraw,
)

IT_CAUSAL = {
    "text": "The animal didn't cross the street because it was too tired",
    "spec": {"mask": ["causal"]},
}


def test_the_form_offers_all_that_the_catalogue_has(visit: Visit) -> None:
    page = visit.open()
    parts = page.evaluate("fetch('/api/v1/mechanisms').then(answer => answer.json())")["parts"]

    for name, part in parts.items():
        if len(part["choices"]) == 1:
            continue  # no choice: its name stands there as text
        path = name if name in ("embedding", "projection") else f"spec.{name}"
        options = page.locator(f'[data-path="{path}"] option')
        kinds = set(options.evaluate_all("all => all.map(option => option.value)"))
        wanted = {choice["kind"] for choice in part["choices"]}
        assert wanted - kinds <= ({part["default"]} if part["multiple"] else set())


def test_a_parameter_redraws(visit: Visit) -> None:
    page = visit.open()
    before = drawn(page, "weights")
    page.get_by_label("Temperature").fill("0.2")
    wait_for_redraw(page, "weights", before)

    assert "temperature" in page.evaluate("decodeURIComponent(location.hash)")


def test_forbidden_cells_are_hatched_and_say_so(visit: Visit) -> None:
    page = visit.open(address_of(IT_CAUSAL))

    for panel in ("scores", "weights"):
        assert page.locator(f"#{panel} .imagelayer image, #{panel} .layer-below image").count() == 1
    assert page.locator("#outputs .imagelayer image").count() == 0
    expect(page.locator("#scores-badge")).to_have_text("55 of 121 cells forbidden")
    point_at(page, "weights", 0, 5)
    expect(page.locator("#tooltip")).to_contain_text("forbidden")


def test_rows_without_any_key_are_hatched_in_the_outputs_too(visit: Visit) -> None:
    mask = {"kind": "custom", "matrix": [[True, True], [False, False]]}
    page = visit.open(address_of({"tokens": ["a", "b"], "spec": {"mask": [mask]}}))

    expect(page.locator("#weights-badge")).to_contain_text("rows with every key forbidden: 1")
    assert page.locator("#outputs .imagelayer image, #outputs .layer-below image").count() == 1
    point_at(page, "outputs", 1, 0)
    expect(page.locator("#tooltip")).to_contain_text("empty row")


def test_several_masks_combine_and_go_again(visit: Visit) -> None:
    page = visit.open(address_of({"text": "a b c d e"}))
    add = page.get_by_label("Add: Mask")
    add.select_option(label="Causal")
    expect(page.locator("#scores-badge")).to_have_text("10 of 25 cells forbidden")
    add.select_option(label="Sliding window")
    page.get_by_label("Window 1").fill("1")
    expect(page.locator("#scores-badge")).to_have_text("16 of 25 cells forbidden")
    page.get_by_role("button", name="Remove Mask 1").click()
    expect(page.locator("#scores-badge")).to_have_text("9 of 25 cells forbidden")


def test_masks_nest(visit: Visit) -> None:
    page = visit.open(address_of({"text": "a b c"}))
    page.get_by_label("Add: Mask").select_option(label="Not")

    expect(page.locator("#scores-badge")).to_have_text("6 of 9 cells forbidden")


def test_a_problem_stands_beside_its_field_and_the_old_picture_stays(visit: Visit) -> None:
    visit.refusals = True
    page = visit.open()
    before = drawn(page, "weights")
    heads = page.locator('[data-path="spec.heads.n_heads"]')
    heads.get_by_role("spinbutton").fill("7")

    expect(heads.locator(".field__problem")).to_contain_text("64 features for 7 heads")
    expect(heads.get_by_role("spinbutton")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#banner")).to_contain_text("A field needs another value")
    assert drawn(page, "weights") == before
    heads.get_by_role("spinbutton").fill("8")
    expect(heads.locator(".field__problem")).to_have_count(0)
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#heads input")).to_have_count(9)


def test_on_a_phone_the_way_to_the_field_opens_the_sheet(visit: Visit) -> None:
    visit.refusals = True
    page = visit.open(viewport=PHONE, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="Mechanism", exact=True).tap()
    heads = page.locator('[data-path="spec.heads.n_heads"]')
    heads.get_by_role("spinbutton").fill("7")
    expect(heads.locator(".field__problem")).to_be_in_viewport()
    page.get_by_role("button", name="Close the mechanism").tap()
    expect(page.locator("#banner .banner__detail")).to_be_hidden()
    page.get_by_role("button", name="Go to the field").tap()

    expect(heads.get_by_role("spinbutton")).to_be_focused()
    expect(heads.locator(".field__problem")).to_be_in_viewport()
    expect(page.locator("#banner")).to_be_hidden()


def test_a_problem_inside_a_nested_mask_stands_beside_that_field(visit: Visit) -> None:
    visit.refusals = True
    page = visit.open(address_of({"text": "a b c"}))
    page.get_by_label("Add: Mask").select_option(label="Padding")
    length = page.locator('[data-path="spec.mask.0.key_length"]')
    length.get_by_role("spinbutton").fill("9")

    expect(length.locator(".field__problem")).to_contain_text("got 9 of 3")


def test_what_is_too_large_says_the_limit(visit: Visit) -> None:
    visit.refusals = True
    page = visit.open()
    page.get_by_role("radio", name="Tokens", exact=True).check()
    page.get_by_label("Add tokens: Queries").fill("x " * 4100)

    expect(page.locator("#banner")).to_contain_text("Too large for one picture")
    expect(page.locator("#banner")).to_contain_text(re.compile(r"at most [\d,]+ may be"))


def test_a_click_explains_a_cell_with_its_numbers(visit: Visit) -> None:
    page = visit.open()
    choose_example(page, "A textbook's numbers")
    expect(page.locator("#outputs .xtick")).to_have_count(3)
    point_at(page, "weights", 1, 2, click=True)
    why = page.locator("#why")

    # q = (0, 2, 0, 1), k = (1, 1, 0, 1): 0 + 2 + 0 + 1 = 3, halved is 3/2.
    expect(why).to_contain_text("Why is q1 → k2 0.506?")
    expect(why.locator(".numbers--terms tr").nth(2)).to_have_text(
        re.compile(r"= product\s*0\.00\s*2\.00\s*0\.00\s*1\.00$")
    )
    expect(why.locator(".why__step--terms h3")).to_contain_text("4 products, Σ = 3.000")
    expect(why.locator(".steps")).to_contain_text("1.500")
    expect(why.locator("[data-chosen]")).to_contain_text("1.500")
    expect(why.locator(".numbers--row tfoot").first).to_have_text(re.compile(r"1\.974\s*1\.000$"))
    # Its share of the output is 0.5065 · (2, 1, 0).
    expect(why.locator(".numbers--row").nth(1)).to_contain_text("1.013")
    page.get_by_role("button", name="Let go of the cell").click()
    expect(why).to_be_hidden()


def test_a_forbidden_cell_is_explained_too(visit: Visit) -> None:
    page = visit.open(address_of(IT_CAUSAL))
    point_at(page, "scores", 0, 4, click=True)

    expect(page.locator("#why")).to_contain_text("Why is The → the forbidden?")
    expect(page.locator("#why")).to_contain_text(
        "The mask forbids it: Causal (j ≤ i + off; Align: upper left), with query i = 0 and key j ="
    )
    expect(page.locator(".steps")).to_contain_text("mask: Causal−∞")
    expect(page.locator("#why h3")).to_have_count(3)


def test_the_arithmetic_follows_while_typing(visit: Visit) -> None:
    page = visit.open(address_of({"query": [[0, 1]], "key": [[0, 1], [0, 0]]}, cell="0.0.0"))
    weight = page.locator(".why__weight")
    # exp(1/√2) / (exp(1/√2) + 1), then with the scores halved by the temperature.
    expect(weight).to_have_text("0.670")
    page.get_by_label("Temperature").fill("2")

    expect(weight).to_have_text("0.587")


def test_on_a_phone_the_arithmetic_stands_below_the_tapped_matrix(visit: Visit) -> None:
    page = visit.open(viewport=PHONE, has_touch=True, is_mobile=True)
    expect(page.locator("[data-panel=outputs] + #why")).to_be_visible()
    page.locator("#scores").scroll_into_view_if_needed()
    box = page.locator("#scores .nsewdrag").first.bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + 100, box["y"] + 100)
    expect(page.locator("[data-panel=scores] + #why")).to_be_visible()

    expect(page.locator("#why")).to_be_visible()


def test_cells_are_walked_and_explained_by_keys(visit: Visit) -> None:
    page = visit.open(address_of({"text": "a b c"}))
    page.locator("#weights").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect(page.locator("#tooltip")).to_contain_text("b → c")
    expect(page.locator("#status")).to_contain_text("b → c")
    page.keyboard.press("Enter")
    expect(page.locator("#why")).to_contain_text("b → c")
    page.keyboard.press("Escape")
    wait_for_answer(page)
    expect(page.locator("#why")).to_be_hidden()
