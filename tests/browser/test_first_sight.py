"""What is there before the reader does anything, and that it is clean."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import serious_faults
from tests.browser.conftest import PHONE, Visit
from tests.browser.workbench import axis_words, chips, choose_example, wait_for_answer

SENTENCE = "The animal didn't cross the street because it was too tired"
WORDS = SENTENCE.split(" ")


def test_at_first_sight_a_real_example_is_drawn(visit: Visit) -> None:
    page = visit.open()

    for panel in ("scores", "weights", "outputs"):
        expect(page.locator(f"#{panel} .heatmaplayer image").first).to_be_visible()
        assert axis_words(page, panel, "y") == WORDS
    assert axis_words(page, "weights", "x") == WORDS
    assert chips(page).all_text_contents() == WORDS
    expect(page.locator("#heads input")).to_have_count(5)
    expect(page.locator("#why")).to_contain_text("it → animal")


def test_each_matrix_has_its_formula(visit: Visit) -> None:
    page = visit.open()

    for panel in ("scores", "weights", "outputs"):
        formula = page.locator(f"#{panel}-formula math")
        expect(formula).to_have_count(1)
        assert formula.evaluate("math => math.getBoundingClientRect().width") > 30
    expect(page.locator("#scores-formula msqrt")).to_have_count(1)


def test_the_whole_page_is_there_in_chinese(visit: Visit) -> None:
    page = visit.open("/", locale="zh-CN")

    assert page.locator("html").get_attribute("lang") == "zh"
    for word in ("词元", "机制", "分数", "权重", "输出", "归一化", "缩放点积", "为什么"):
        expect(page.locator("body")).to_contain_text(word)
    for word in ("Score", "Mechanism", "Mask", "Weights", "head 1"):
        expect(page.locator("body")).not_to_contain_text(word)


def test_the_language_switch_keeps_the_state_and_is_remembered(visit: Visit) -> None:
    page = visit.open()
    choose_example(page, "A textbook's numbers")
    page.get_by_role("link", name="中文").click()
    page.wait_for_url("**/?lang=zh#**")

    expect(page.locator("#by-numbers textarea").first).to_have_value("1 0 1 0\n0 2 0 1\n2 0 1 2")
    page.goto("/")
    page.wait_for_url("**/?lang=zh")


def test_the_theme_follows_the_system_until_it_is_switched(visit: Visit) -> None:
    page = visit.open(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    tick = page.locator("#weights .ytick text").first
    ink = tick.evaluate("text => getComputedStyle(text).fill")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("body")).not_to_have_css("background-color", dark)

    expect(tick).not_to_have_css("fill", ink)
    page.reload()
    assert page.evaluate(ground) != dark


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_axe_finds_nothing_serious(visit: Visit, scheme: str, language: str) -> None:
    page = visit.open(f"/?lang={language}", color_scheme=scheme)
    wait_for_answer(page)

    assert serious_faults(page) == []


def test_a_phone_shows_everything_without_sideways_scrolling(visit: Visit) -> None:
    page = visit.open(viewport=PHONE, has_touch=True, is_mobile=True)

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    tops = [
        page.locator(f"[data-panel={panel}]").bounding_box()
        for panel in ("scores", "weights", "outputs")
    ]
    assert [box["x"] for box in tops if box] == [12, 12, 12]
    expect(page.locator("#mechanism")).not_to_be_visible()
    page.get_by_role("button", name="Mechanism", exact=True).tap()
    expect(page.get_by_label("Score", exact=True)).to_be_visible()
    page.get_by_role("button", name="Close the mechanism").tap()
    expect(page.locator("#mechanism")).not_to_be_visible()


def test_no_style_element_is_injected_by_the_chart_bundle(visit: Visit) -> None:
    page = visit.open()

    assert page.locator("style").count() == 0
    ground = page.locator("#weights .main-svg").first
    assert ground.evaluate("svg => getComputedStyle(svg).position") == "absolute"
