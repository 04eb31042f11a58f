"""The mechanism's form: every kind can be chosen, and every shape of a parameter written."""

import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, Visit
from tests.browser.workbench import (
    address_of,
    drawn,
    point_at,
    wait_for_redraw,
)

IT_CAUSAL = {
    "text": "The animal didn't cross the street because it was too tired",
    "spec": {"mask": ["causal"]},
}


SIX = {
    "text": "one two three four five six",
    "projection": {"kind": "random", "seed": 3},
    "spec": {"heads": 2},
}


def mechanisms(page: Page) -> dict[str, Any]:
    """Fetch the parts of the catalogue."""
    found: dict[str, Any] = page.evaluate(
        "fetch('/api/v1/mechanisms').then(answer => answer.json())"
    )
    return dict(found["parts"])


def field(page: Page, path: str) -> Locator:
    """Find the field of a value of the request."""
    return page.locator(f'[data-path="{path}"]')


def chooser(page: Page, name: str, part: dict[str, Any]) -> Locator:
    """Find where a kind of a part is chosen; of several, the first that there is."""
    place = field(page, name if name in ("embedding", "projection") else f"spec.{name}")
    return place.locator("> select" if part["multiple"] else "> .member__head > select")


def spec_of(page: Page) -> dict[str, Any]:
    """Read the spec from the page's address."""
    request = page.evaluate("new URLSearchParams(location.hash.slice(1)).get('request')")
    return dict(json.loads(request).get("spec", {}))


def wait_until_settled(page: Page) -> None:
    """Wait until the matrices, or the problem, are those of the request."""
    expect(page.locator("#panels")).to_have_attribute("aria-busy", "false")


def choose(page: Page, select: Locator, kind: str) -> bool:
    """Choose a kind; return whether it was drawn, and make sure that else it is told."""
    select.select_option(kind)
    wait_until_settled(page)
    # One look for all: asking the browser takes longer than drawing.
    seen = page.evaluate(
        """() => ({
          isStale: document.getElementById("panels").matches(".panels--stale, .panels--empty"),
          problems: document.querySelectorAll(".field__problem").length,
          pictures: document.querySelectorAll("#weights .heatmaplayer image").length,
        })"""
    )
    assert select.input_value() == kind
    assert seen["pictures"] >= 1
    assert seen["isStale"] == (seen["problems"] > 0)
    return not seen["isStale"]


def all_pairs(kinds: list[str]) -> Iterator[str]:
    """Walk from each kind to each other one, every step once, and end where it began.

    Such a walk exists where every way to the first kind is the last that is taken (the BEST
    theorem of van Aardenne-Ehrenfest and de Bruijn).
    """
    first = kinds[0]
    ways = {kind: [first] * (kind != first) for kind in kinds}
    for kind, unused in ways.items():
        unused += [other for other in kinds if other not in (kind, first)]
    here = first
    while ways[here]:
        here = ways[here].pop()
        yield here


def test_the_form_offers_all_that_the_catalogue_has(visit: Visit) -> None:
    page = visit.open()

    for name, part in mechanisms(page).items():
        options = chooser(page, name, part).locator("option")
        kinds = set(options.evaluate_all("all => all.map(option => option.value)"))
        wanted = {choice["kind"] for choice in part["choices"]}
        # Of several masks none is the default, so it is not offered; nor is an empty choice one.
        assert kinds - {""} == wanted - ({part["default"]} if part["multiple"] else set())


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


def test_what_the_open_sheet_refuses_comes_into_its_view(visit: Visit) -> None:
    visit.refusals = True
    request = {"text": "a b c", "spec": {"position": "shaw"}}
    page = visit.open(address_of(request), viewport=PHONE, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="Mechanism", exact=True).tap()
    page.locator('[data-path="spec.score"] > .member__head > select').select_option("additive")
    problem = page.locator('[data-path="spec.position"] > .field__problem')

    expect(problem).to_be_in_viewport(ratio=1)
    expect(page.locator("#mechanism")).to_have_css("scroll-behavior", "smooth")
    page.emulate_media(reduced_motion="reduce")
    expect(page.locator("#mechanism")).to_have_css("scroll-behavior", "auto")


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


@pytest.mark.parametrize("name", ["score", "position", "normalizer", "heads"])
def test_every_kind_is_drawn_after_every_other(visit: Visit, name: str) -> None:
    page = visit.open(address_of(SIX, cell="0.2.1"))
    part = mechanisms(page)[name]
    select = chooser(page, name, part)
    walk = list(all_pairs([choice["kind"] for choice in part["choices"]]))
    refused = [kind for kind in walk if not choose(page, select, kind)]

    n_kinds = len(part["choices"])
    assert len(walk) == n_kinds * (n_kinds - 1)
    assert refused == []


@pytest.mark.parametrize("name", ["embedding", "projection"])
def test_every_way_to_vectors_is_drawn(visit: Visit, name: str) -> None:
    page = visit.open(address_of(SIX))
    part = mechanisms(page)[name]
    kinds = [choice["kind"] for choice in part["choices"]]

    for kind in (*kinds[::-1], *kinds):
        assert choose(page, chooser(page, name, part), kind), kind


def test_every_mask_is_drawn_and_becomes_every_next_one(visit: Visit) -> None:
    page = visit.open(address_of({**SIX, "spec": {"mask": ["causal"]}}))
    part = mechanisms(page)["mask"]
    kinds = [choice["kind"] for choice in part["choices"]]
    select = field(page, "spec.mask.0").locator("> .member__head > select")

    for kind in (*kinds, *kinds[::-1], *kinds[::2]):
        assert choose(page, select, kind), kind


def test_no_choice_among_all_parts_leaves_the_page_stuck(visit: Visit) -> None:
    visit.refusals = True
    page = visit.open(address_of(SIX, cell="0.2.1"))
    parts = mechanisms(page)
    dice = random.Random(0)
    drawn_ones, refused = 0, 0
    for _ in range(40):
        name = dice.choice(["score", "position", "normalizer", "heads", "embedding"])
        kind = dice.choice(parts[name]["choices"])["kind"]
        is_drawn = choose(page, chooser(page, name, parts[name]), kind)
        drawn_ones, refused = drawn_ones + is_drawn, refused + (not is_drawn)

    assert refused > 0
    assert drawn_ones > refused
    for name in ("score", "position", "normalizer", "heads", "embedding"):
        choose(page, chooser(page, name, parts[name]), parts[name]["default"])
    expect(page.locator(".field__problem")).to_have_count(0)
    expect(page.locator("#banner")).to_be_hidden()


def test_parts_that_do_not_go_together_are_told_beside_one_of_them(visit: Visit) -> None:
    visit.refusals = True
    page = visit.open(address_of({**SIX, "spec": {"score": "additive"}}))
    parts = mechanisms(page)
    position = chooser(page, "position", parts["position"])

    assert not choose(page, position, "shaw")
    expect(field(page, "spec.position").locator("> .field__problem")).to_be_visible()
    expect(position).to_have_attribute("aria-invalid", "true")
    assert choose(page, position, "alibi")
    expect(page.locator("#banner")).to_be_hidden()


def test_a_predicate_counts_once_the_writer_pauses(visit: Visit) -> None:
    visit.refusals = True
    page = visit.open(address_of(SIX))
    page.get_by_label("Add: Mask").select_option("custom")
    rule = field(page, "spec.mask.0.predicate").get_by_role("textbox")
    expect(rule).not_to_have_value("")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    rule.fill("")
    rule.press_sequentially("i == j or j < 2", delay=20)
    expect(page.locator("#scores-badge")).to_have_text("20 of 36 cells forbidden")
    assert all('"i ==' not in body or "j < 2" in body for body in asked)
    before = drawn(page, "scores")
    rule.fill("i ==")
    rule.press("Enter")
    expect(field(page, "spec.mask.0.predicate").locator(".field__problem")).to_be_visible()

    assert drawn(page, "scores") == before
    rule.fill("j <= i")
    expect(page.locator("#scores-badge")).to_have_text("15 of 36 cells forbidden")
    expect(page.locator(".field__problem")).to_have_count(0)


def test_a_line_holds_one_number_or_one_for_each_head(visit: Visit) -> None:
    page = visit.open(address_of({**SIX, "spec": {"heads": 2, "normalizer": "sink"}}))
    sink = field(page, "spec.normalizer.sink").get_by_role("textbox")
    expect(sink).to_have_value("0")
    for written, value in (("1.5", 1.5), ("0, 2", [0, 2]), ("−1 1", [-1, 1])):
        sink.fill(written)
        wait_until_settled(page)
        assert spec_of(page)["normalizer"]["sink"] == value
    expect(page.locator("#weights-badge")).to_contain_text(re.compile(r"rows sum to 0\.\d+ … 0\."))


def test_a_list_may_be_emptied(visit: Visit) -> None:
    page = visit.open(address_of({**SIX, "spec": {"mask": ["global_window"]}}))
    places = field(page, "spec.mask.0.global_positions").get_by_role("textbox")
    expect(places).to_have_value("0")
    for written, value in (("1 4", [1, 4]), ("", [])):
        places.fill(written)
        wait_until_settled(page)
        assert spec_of(page)["mask"][0]["global_positions"] == value


def test_what_an_object_holds_depends_on_which_it_is(visit: Visit) -> None:
    visit.refusals = True
    page = visit.open(address_of({**SIX, "spec": {"position": "rope"}}))
    scaling = field(page, "spec.position.rope_scaling")
    kind = scaling.get_by_label("Scaling")
    names = kind.locator("option").evaluate_all("all => all.map(option => option.value)")

    for name in (*names[1:], *names[:0:-1]):
        assert choose(page, kind, name), name
        assert spec_of(page)["position"]["rope_scaling"]["rope_type"] == name
    factor = field(page, "spec.position.rope_scaling.factor")
    factor.get_by_role("spinbutton").fill("0.5")
    expect(factor.locator(".field__problem")).to_be_visible()
    assert choose(page, kind, "")
    assert "rope_scaling" not in spec_of(page)["position"]
    expect(factor).to_have_count(0)


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [("document", "document_ids", "0 0 0 1 1 1"), ("neighborhood_2d", "grid", ["2", "3"])],
)
def test_a_mask_starts_with_what_fits_the_tokens(
    visit: Visit, kind: str, name: str, text: str | list[str]
) -> None:
    page = visit.open(address_of(SIX))
    page.get_by_label("Add: Mask").select_option(kind)
    inputs = field(page, f"spec.mask.0.{name}").locator("input, textarea")

    for place, value in enumerate([text] if isinstance(text, str) else text):
        expect(inputs.nth(place)).to_have_value(value)
    expect(page.locator("#scores-badge")).to_have_text("18 of 36 cells forbidden")


def test_other_heads_keep_their_number(visit: Visit) -> None:
    page = visit.open(address_of({**SIX, "spec": {"heads": 8}}))
    heads = chooser(page, "heads", mechanisms(page)["heads"])

    for kind in ("gqa", "differential", "mla", "mha"):
        assert choose(page, heads, kind)
        assert spec_of(page)["heads"]["n_heads"] == 8
        expect(page.locator("#heads input")).to_have_count(9)
