"""Tokens are data: typed, pasted, edited, and shown verbatim everywhere."""

import json

import pytest
from playwright.sync_api import expect

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

HURTING = [
    "<s>",
    "</s>",
    '<a href="%zz">',
    "##ing",
    "Ġthe",
    "👩‍🔬",
    "🏳️‍🌈",
    "مرحبا",
    "the",
    "the",
    "the",
]
HOSTILE = [
    "<b>bold</b>",
    '<span style="background:url(http://evil.invalid/x)">',
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;s&gt;",
    "$x^2$",
    "%{x}",
    "{pair}",
]


def test_typing_redraws_all_three_matrices(visit: Visit) -> None:
    page = visit.open()
    before = [drawn(page, panel) for panel in ("scores", "weights", "outputs")]
    writing(page).fill("Now two")
    expect(page.locator("#outputs .ytick")).to_have_count(2)

    after = [drawn(page, panel) for panel in ("scores", "weights", "outputs")]
    assert all(old != new for old, new in zip(before, after, strict=True))
    assert chips(page).all_text_contents() == ["Now", "two"]


def test_only_the_last_of_many_keystrokes_is_drawn(visit: Visit) -> None:
    page = visit.open()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    writing(page).press("End")
    writing(page).press_sequentially(" and so on", delay=15)
    expect(page.locator("#outputs .ytick")).to_have_count(14)

    assert axis_words(page, "scores", "y")[-3:] == ["and", "so", "on"]
    assert asked.count("POST") < len(" and so on")


@pytest.mark.parametrize("tokens", [HURTING, HOSTILE], ids=["hurting", "hostile"])
def test_tokens_are_verbatim_in_axis_hover_and_strip(visit: Visit, tokens: list[str]) -> None:
    page = visit.open(address_of({"tokens": tokens}))

    assert chips(page).all_text_contents() == tokens
    for panel, letter in (("scores", "y"), ("weights", "x"), ("outputs", "y")):
        # Long tokens are cut beside a matrix only.
        expected = [token if len(token) <= 20 else token[:20] + "…" for token in tokens]
        assert axis_words(page, panel, letter) == expected
    for place, token in enumerate(tokens):
        point_at(page, "weights", place, place)
        expect(page.locator("#tooltip .tooltip__pair")).to_have_text(f"{token} → {token}")
    assert page.locator("#panels a, #panels b, #panels script, .chips a").count() == 0


def test_the_hover_tells_score_and_weight_and_lights_the_row_in_all_matrices(visit: Visit) -> None:
    # exp(0) / (exp(0) + exp(1)) = 0.26894
    page = visit.open(address_of({"query": [[0, 1], [1, 0]], "key": [[0, 2], [1, 2]]}))
    page.get_by_label("Scale").fill("1")
    expect(page.locator("#scores .textpoint").nth(3)).to_have_text("1.00")
    point_at(page, "weights", 1, 0)

    expect(page.locator("#tooltip")).to_have_text("q1 → k0score0.0000weight0.2689")
    for panel in ("scores", "weights", "outputs"):
        assert page.locator(f"#{panel} .light__row--pointed").count() == 1
    page.mouse.move(5, 5)
    expect(page.locator("#tooltip")).to_be_hidden()


def test_the_strip_shows_the_row_that_is_pointed_at(visit: Visit) -> None:
    page = visit.open()
    point_at(page, "weights", 3, 2)

    expect(chips(page).nth(3)).to_have_attribute("aria-selected", "true")
    grounds = chips(page).evaluate_all("all => all.map(chip => chip.style.cssText)")
    assert all("--chip-ground: rgb" in ground for ground in grounds)


def test_tokens_mode_keeps_words_whole_and_splits_at_spaces(visit: Visit) -> None:
    page = visit.open()
    page.get_by_role("radio", name="Tokens", exact=True).check()
    adding = page.get_by_label("Add tokens: Queries")
    adding.fill("<s> ##ing Ġthe ")

    expect(chips(page)).to_have_count(14)
    assert chips(page).all_text_contents()[-3:] == ["<s>", "##ing", "Ġthe"]
    adding.press("Backspace")
    expect(chips(page)).to_have_count(13)


def test_a_chip_is_edited_moved_and_removed_by_keys(visit: Visit) -> None:
    page = visit.open(address_of({"tokens": ["a", "b", "c"]}))
    chips(page).first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.type("new token")
    page.keyboard.press("Enter")
    expect(chips(page)).to_have_text(["a", "new token", "c"])
    page.keyboard.press("Alt+ArrowLeft")
    expect(chips(page)).to_have_text(["new token", "a", "c"])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Backspace")
    expect(chips(page)).to_have_text(["new token", "c"])

    expect(page.locator("#outputs .ytick")).to_have_count(2)
    assert axis_words(page, "scores", "y") == ["new token", "c"]


def test_a_chip_is_edited_by_a_double_click_and_moved_by_dragging(visit: Visit) -> None:
    page = visit.open(address_of({"text": "one two three"}))
    chips(page).nth(1).dblclick()
    page.keyboard.type("second")
    page.keyboard.press("Enter")
    expect(chips(page)).to_have_text(["one", "second", "three"])
    expect(page.get_by_role("radio", name="Tokens", exact=True)).to_be_checked()
    chips(page).nth(0).drag_to(chips(page).nth(2))

    expect(chips(page)).to_have_text(["second", "three", "one"])


def test_what_is_pasted_on_a_chip_splits(visit: Visit) -> None:
    page = visit.open(
        address_of({"tokens": ["a", "b"]}), permissions=["clipboard-read", "clipboard-write"]
    )
    page.evaluate("navigator.clipboard.writeText('x  y\\nz')")
    chips(page).first.focus()
    page.keyboard.press("Control+V")

    expect(chips(page)).to_have_text(["a", "x", "y", "z", "b"])


def test_keys_may_be_other_tokens(visit: Visit) -> None:
    page = visit.open()
    choose_example(page, "Chinese asks English, general score")

    expect(page.locator("#weights .xtick")).to_have_count(5)
    assert axis_words(page, "weights", "y") == ["我", "爱", "自然", "语言", "处理"]
    assert axis_words(page, "weights", "x") == ["I", "love", "natural", "language", "processing"]
    page.get_by_label("same tokens").check()
    expect(page.locator("#weights .xtick").first).to_have_text("我")


def test_an_empty_text_has_a_designed_empty_state(visit: Visit) -> None:
    page = visit.open()
    writing(page).fill("")

    expect(page.locator("#empty")).to_be_visible()
    expect(page.locator("#scores")).to_be_hidden()
    writing(page).fill("back again")
    expect(page.locator("#scores")).to_be_visible()
    expect(page.locator("#empty")).to_be_hidden()


def test_pasted_numbers_give_the_textbooks_answer(visit: Visit) -> None:
    visit.refusals = True  # Numbers that are pasted one after the other do not fit in between.
    page = visit.open()
    page.get_by_label("Numbers").check()
    page.get_by_label("Q: queries").fill("1 0 1 0\n0 2 0 1\n2 0 1 2")
    page.get_by_label("K: keys").fill("[[0, 1, 1, 0], [2, 0, 0, 1], [1, 1, 0, 1]]")
    page.get_by_label("V: values").fill("1,0,2;0,2,1;2,1,0")
    expect(page.locator("#outputs .xtick")).to_have_count(3)
    wait_for_answer(page)
    point_at(page, "weights", 1, 2)
    expect(page.locator("#tooltip")).to_contain_text("1.5000")
    expect(page.locator("#tooltip")).to_contain_text("0.5065")
    point_at(page, "outputs", 1, 0)
    expect(page.locator("#tooltip")).to_contain_text("1.3202")


def test_a_word_among_the_numbers_is_told_beside_them(visit: Visit) -> None:
    page = visit.open(address_of({"query": [[1, 2]], "key": [[1, 2]]}))
    page.get_by_label("K: keys").fill("1 two")

    expect(page.locator('[data-path="key"]')).to_contain_text("“two” is not a number.")
    assert json.loads(page.evaluate("new URLSearchParams(location.hash.slice(1)).get('request')"))[
        "key"
    ] == [[1, 2]]
