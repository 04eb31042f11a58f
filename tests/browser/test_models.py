"""Using a model from the workbench: which one, for what, and what stands in the way."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.browser.axe import serious_faults
from tests.browser.conftest import PHONE, Visit
from tests.browser.explorer import SENTENCE, capture, head_cell, model
from tests.browser.workbench import address_of

CAPTURED = re.compile(r"/captures/[\w-]{22}\?lang=en")


def open_models(page: Page) -> Locator:
    """Open the dialog, and wait for the models."""
    page.locator("#tokens").get_by_role("button", name="Use a model").click()
    dialog = page.get_by_role("dialog", name="Use a model")
    expect(dialog.get_by_role("radio", name="Dates")).to_be_visible()
    return dialog


def choose(dialog: Locator, name: str) -> None:
    """Choose a model by what it is called."""
    dialog.get_by_role("radio", name=re.compile(f"^{re.escape(name)}")).check()


def source_of(request: Request) -> dict[str, Any]:
    """Read what a request would capture."""
    body: dict[str, Any] = request.post_data_json or {}
    source: dict[str, Any] = body["source"]
    return source


def test_two_clicks_lead_to_attention_that_was_learned(visit: Visit) -> None:
    page = visit.open()
    dialog = open_models(page)
    dialog.get_by_role("button", name="Capture", exact=True).click()
    page.wait_for_url(CAPTURED)

    page.locator("#map .heatmaplayer image").first.wait_for()
    expect(page.locator("#sizes")).to_contain_text("dates")


def test_each_model_says_whether_it_is_here(visit: Visit) -> None:
    dialog = open_models(visit.open())

    expect(dialog.get_by_role("radio", name=re.compile("Dates.* (here|loaded)"))).to_be_checked()
    expect(
        dialog.get_by_role("radio", name=re.compile("BERT base .*downloads 440 MB"))
    ).to_have_count(1)


def test_a_model_of_language_starts_with_the_text_of_the_workbench(visit: Visit) -> None:
    dialog = open_models(visit.open(address_of({"text": SENTENCE})))
    text = dialog.get_by_role("textbox", name="Text")
    expect(text).to_have_value("3 May 1979")
    choose(dialog, "sentences")

    expect(text).to_have_value(SENTENCE)


def test_an_example_is_one_click_away(visit: Visit) -> None:
    dialog = open_models(visit.open())
    dialog.get_by_role("button", name="1979年5月3日").click()

    expect(dialog.get_by_role("textbox", name="Text")).to_have_value("1979年5月3日")


def test_what_was_written_is_not_lost_with_another_model(visit: Visit) -> None:
    dialog = open_models(visit.open())
    choose(dialog, "sentences")
    dialog.get_by_role("textbox", name="Text").fill("My own words")
    choose(dialog, "BERT base,")

    expect(dialog.get_by_role("textbox", name="Text")).to_have_value("My own words")


def test_an_image_is_chosen_previewed_and_captured(
    visit: Visit, server: str, tmp_path: Path
) -> None:
    image = tmp_path / "seven.png"
    image.write_bytes(httpx.get(f"{server}/api/v1/models/digits/examples/digit-7.png").content)
    page = visit.open()
    dialog = open_models(page)
    choose(dialog, "Digits")
    expect(dialog.get_by_role("textbox", name="Text")).to_be_hidden()
    dialog.get_by_label("Choose an image").set_input_files(image)
    preview = dialog.get_by_role("img", name="The chosen image")
    expect(preview).to_be_visible()
    assert preview.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    dialog.get_by_role("button", name="Capture", exact=True).click()
    page.wait_for_url(CAPTURED)

    expect(page.get_by_role("img", name="The image as the model saw it")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name of this capture")).to_have_value("seven")


def test_a_refused_text_is_told_beside_its_field(visit: Visit) -> None:
    visit.refusals = True
    page = visit.open()
    dialog = open_models(page)
    text = dialog.get_by_role("textbox", name="Text")
    text.fill("")
    dialog.get_by_role("button", name="Capture", exact=True).click()

    expect(text).to_have_attribute("aria-invalid", "true")
    described = text.get_attribute("aria-describedby")
    expect(page.locator(f"#{described}")).to_be_visible()
    expect(dialog.get_by_role("button", name="Capture", exact=True)).to_be_enabled()


def test_only_the_chosen_layers_are_kept_under_their_own_numbers(visit: Visit) -> None:
    page = visit.open(address_of({"text": SENTENCE}))
    dialog = open_models(page)
    choose(dialog, "sentences")
    dialog.get_by_text("What is kept").click()
    dialog.get_by_role("radio", name="own list").check()
    dialog.get_by_role("textbox", name="Layers to keep, counted from one").fill("6, 2-3")
    dialog.get_by_role("button", name="Capture", exact=True).click()
    page.wait_for_url(CAPTURED)

    expect(page.get_by_role("gridcell")).to_have_count(3 * 12)
    for layer in (2, 3, 6):
        expect(head_cell(page, layer, 1)).to_have_count(1)
    head_cell(page, 6, 4).click()
    expect(page.get_by_role("heading", name="Layer 6, head 4")).to_be_visible()


@pytest.mark.parametrize(
    ("choice", "layers"), [("all", None), ("every 4th", [1, 5]), ("the last", [5])]
)
def test_layers_and_values_are_asked_for_as_they_are_chosen(
    visit: Visit, choice: str, layers: list[int] | None
) -> None:
    page = visit.open()
    dialog = open_models(page)
    choose(dialog, "sentences")
    dialog.get_by_text("What is kept").click()
    dialog.get_by_role("radio", name=choice, exact=True).check()
    dialog.get_by_role("checkbox", name="Values too").check()
    with page.expect_request(lambda each: each.method == "POST") as asked:
        dialog.get_by_role("button", name="Capture", exact=True).click()

    source = source_of(asked.value)
    assert source["values"] is True
    assert source.get("layers") == layers
    page.wait_for_url(CAPTURED)


def test_a_list_of_no_layers_is_refused_beside_it(visit: Visit) -> None:
    page = visit.open()
    dialog = open_models(page)
    choose(dialog, "sentences")
    dialog.get_by_text("What is kept").click()
    dialog.get_by_role("radio", name="own list").check()
    own = dialog.get_by_role("textbox", name="Layers to keep, counted from one")
    own.fill("7")
    dialog.get_by_role("button", name="Capture", exact=True).click()

    expect(own).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_text("Write numbers of layers")).to_be_visible()


def test_a_long_text_is_told_what_it_takes_before_it_is_captured(visit: Visit) -> None:
    dialog = open_models(visit.open())
    choose(dialog, "sentences")
    dialog.get_by_role("textbox", name="Text").fill("it " * 100)
    cost = dialog.locator("#models-cost")
    expect(cost).to_contain_text("102 tokens")
    expect(cost).to_contain_text("MB on disk")
    dialog.get_by_role("textbox", name="Text").fill("it")

    expect(cost).to_be_empty()


def test_what_does_not_fit_offers_the_layers_that_do(visit: Visit) -> None:
    page = visit.open()
    sizes = {"n_tokens": {"query": 99, "key": 99}, "seconds": 7, "bytes": 8e9, "disk_bytes": 2e9}

    def estimate(route: Route) -> None:
        is_less = "layers" in source_of(route.request)
        told = {"why": "memory must hold 8 GB."} | {"offer": {"layers": [1, 4, 5]}}
        less = {"fits": True, "why": None, "offer": None}
        route.fulfill(json=sizes | (less if is_less else {"fits": False, **told}))

    page.route("**/api/v1/captures/estimate", estimate)
    dialog = open_models(page)
    choose(dialog, "sentences")
    dialog.get_by_role("textbox", name="Text").fill("it " * 100)
    cost = dialog.locator("#models-cost")
    expect(cost).to_contain_text("99 tokens · about 7 s · 2.0 GB on disk")
    expect(cost).to_contain_text("It does not fit here.")
    dialog.get_by_role("button", name="Keep layers 2, 5–6 only").click()

    own = dialog.get_by_role("textbox", name="Layers to keep, counted from one")
    expect(own).to_have_value("2, 5–6")
    expect(cost).not_to_contain_text("It does not fit here.")


def test_captures_from_before_are_there_again(visit: Visit, server: str) -> None:
    capture(server, model("dates", "9 June 1983"))
    page = visit.open()
    dialog = open_models(page)
    dialog.get_by_role("link", name="9 June 1983").click()
    page.wait_for_url(CAPTURED)

    expect(page.get_by_role("textbox", name="Name of this capture")).to_have_value("9 June 1983")


def test_escape_closes_the_dialog_and_the_focus_returns(visit: Visit) -> None:
    page = visit.open()
    dialog = open_models(page)
    page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(page.locator("#tokens [data-open-models]")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["Digits", "GPT-2 small"])
def test_axe_finds_nothing_serious(visit: Visit, kind: str, scheme: str) -> None:
    page = visit.open(color_scheme=scheme)
    choose(open_models(page), kind)

    assert serious_faults(page) == []


def test_the_models_are_told_in_chinese(visit: Visit) -> None:
    page = visit.open("/?lang=zh")
    page.locator("#tokens").get_by_role("button", name="使用模型").click()

    expect(page.get_by_role("dialog")).to_contain_text("把英文或中文书写的日期变成")
    expect(page.get_by_role("dialog")).not_to_contain_text("layers")


def test_a_phone_shows_the_dialog_whole(visit: Visit) -> None:
    page = visit.open(viewport=PHONE, has_touch=True, is_mobile=True)
    dialog = open_models(page)

    box = dialog.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    dialog.get_by_role("button", name="Capture", exact=True).scroll_into_view_if_needed()
    expect(dialog.get_by_role("button", name="Capture", exact=True)).to_be_in_viewport()
