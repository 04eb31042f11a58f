"""The arithmetic of a cell, step by step, and what is said of whole rows."""

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Visit
from tests.browser.workbench import (
    address_of,
    choose_example,
    drawn,
    point_at,
    wait_for_answer,
    wait_for_redraw,
)

SENTENCE = "The animal didn't cross the street because it was too tired"
IT_CAUSAL = {"text": SENTENCE, "spec": {"mask": ["causal"]}}


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
    expect(why.locator(".why__step--score .steps")).to_contain_text("1.500")
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
    expect(page.locator(".why__step--score .steps")).to_contain_text("mask: Causal−∞")
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


def with_spec(**spec: Any) -> dict[str, Any]:
    """Ask for the sentence under a spec."""
    return {"text": SENTENCE, "projection": {"kind": "random", "seed": 1545}, "spec": spec}


def number(text: str | None) -> float:
    """Read a number as the page writes it."""
    return float((text or "").replace("\u2212", "-").removeprefix("< ").removeprefix("> "))


def row_numbers(page: Page) -> dict[str, float]:
    """Read the numbers of the row, by their names on the page."""
    lines = page.locator(".steps--row")
    names = lines.locator("dt").all_text_contents()
    return dict(zip(names, map(number, lines.locator("dd").all_text_contents()), strict=True))


WEIGHTS: dict[str, Callable[[float, dict[str, float]], float]] = {
    "softmax": lambda s, row: math.exp(s - row["log-sum-exp, lse"]),
    "softmax1": lambda s, row: math.exp(s - row["log-sum-exp, lse"]),
    "sink": lambda s, row: math.exp(s - row["log-sum-exp, lse"]),
    "topk": lambda s, row: math.exp(s - row["log-sum-exp, lse"]),
    "sparsemax": lambda s, row: max(s - row["threshold τ"], 0),
    "entmax15": lambda s, row: max(s / 2 - row["threshold τ"], 0) ** 2,
    "entmax": lambda s, row: max(s / 2 - row["threshold τ"], 0) ** 2,
    "sigmoid": lambda s, row: 1 / (1 + math.exp(-s - row["bias b"])),
    "relu": lambda s, row: max(s, 0) / row["divisor n"],
    "linear": lambda s, row: s / row["sum of the row"],
    "none": lambda s, row: s,
}
"""What each normaliser makes of a score with the numbers that the page shows, by its paper."""


def test_the_weight_follows_from_the_numbers_shown_under_every_normaliser(visit: Visit) -> None:
    page = visit.open()
    parts = page.evaluate("fetch('/api/v1/mechanisms').then(answer => answer.json())")["parts"]
    kinds = [choice["kind"] for choice in parts["normalizer"]["choices"]]
    assert set(kinds) == set(WEIGHTS)

    for choice in parts["normalizer"]["choices"]:
        kind, request = choice["kind"], with_spec(normalizer=choice["kind"])
        page = visit.open(address_of(request, cell="0.7.1"))
        expect(page.locator(".why__step--row .why__says")).to_contain_text(choice["formula"])
        score = number(page.locator("[data-chosen] td").first.text_content())
        shown = number(page.locator(".why__weight").text_content())
        assert WEIGHTS[kind](score, row_numbers(page)) == pytest.approx(shown, abs=4e-3), kind
        has_exponentials = page.locator(".why__step--row th", has_text="exp(").count() == 1
        assert has_exponentials == (kind in ("softmax", "softmax1", "sink")), kind


def test_the_sum_of_a_row_holds_the_sink(visit: Visit) -> None:
    for normalizer in ("softmax1", {"kind": "sink", "sink": 1.5}):
        page = visit.open(address_of(with_spec(normalizer=normalizer), cell="0.7.1"))
        table = page.locator(".why__step--row table")
        expect(table.locator("tbody tr")).to_have_count(12)
        cells = [row.locator("td").all_text_contents() for row in table.locator("tbody tr").all()]
        _, total, whole = table.locator("tfoot td").all_text_contents()[1:]

        assert sum(number(exponential) for _, exponential, _ in cells) == pytest.approx(
            number(total), abs=1e-2
        )
        # A weight is its exponential's share of that sum, and the sink's goes to no key.
        exponential, weight = map(number, cells[1][1:])
        assert exponential / number(total) == pytest.approx(weight, abs=2e-3)
        assert cells[-1][2] == ""
        assert number(whole) == pytest.approx(1 - number(cells[-1][1]) / number(total), abs=2e-3)


def test_before_heads_are_combined_the_row_shows_their_own_weights(visit: Visit) -> None:
    for heads in ("talking_heads", "differential"):
        page = visit.open(address_of(with_spec(heads=heads), cell="0.7.1"))
        score, _, own = page.locator("[data-chosen] td").all_text_contents()
        lse = row_numbers(page)["log-sum-exp, lse"]

        assert math.exp(number(score) - lse) == pytest.approx(number(own), abs=3e-3)
        assert own in page.locator(".why__step--combine tbody").all_text_contents()[0]


def test_the_heads_of_a_weight_add_up_to_it(visit: Visit) -> None:
    for heads, n_parts in (("talking_heads", 4), ("differential", 2)):
        page = visit.open(address_of(with_spec(heads=heads), cell="0.7.1"))
        rows = page.locator(".why__step--combine tbody tr")
        expect(rows).to_have_count(n_parts)
        parts = [row.locator("td").all_text_contents() for row in rows.all()]
        total = sum(number(factor) * number(weight) for _, factor, weight, _ in parts)

        assert total == pytest.approx(number(page.locator(".why__weight").text_content()), abs=4e-3)


def test_scores_that_heads_mix_are_told_one_by_one(visit: Visit) -> None:
    page = visit.open(address_of(with_spec(heads="talking_heads"), cell="1.7.1"))
    steps = page.locator(".why__step--score .steps")
    names = steps.locator("dt").all_text_contents()
    values = steps.locator("dd").all_text_contents()
    mixed = {
        name: number(value) for name, value in zip(names, values, strict=True) if "head" in name
    }

    assert len(mixed) == 4
    end = number(values[names.index("= mixed score")])
    assert sum(mixed.values()) == pytest.approx(end, abs=3e-3)
    assert number(page.locator("[data-chosen] td").first.text_content()) == end


def test_a_position_that_adds_to_the_score_is_a_line_of_it(visit: Visit) -> None:
    page = visit.open(address_of(with_spec(position="alibi", heads=1), cell="0.7.1"))
    steps = page.locator(".why__step--score .steps")

    # One head has the slope 2^-8, and six keys lie between.
    expect(steps).to_contain_text(re.compile(r"\+ bias\s*\u22120\.023"))


def test_colours_diverge_from_zero_evenly_and_the_bar_tells_the_real_range(visit: Visit) -> None:
    page = visit.open(address_of(with_spec(heads="differential")))
    ends = page.locator("#weights .annotation-text").all_text_contents()
    low, high = map(number, ends[:2])
    zmin, zmax = page.locator("#weights .panel__plot").evaluate(
        "({ data: [{ zmin, zmax }] }) => [zmin, zmax]"
    )

    assert zmin == -zmax
    assert -high < low < 0 < high == pytest.approx(zmax, abs=5e-3)
    expect(page.locator("#weights-badge")).to_have_text("every row sums to 0.800")
    point_at(page, "weights", 7, 1)
    expect(page.locator("#tooltip")).to_contain_text("row sum0.8000")
    expect(page.locator("#tooltip")).to_contain_text("score A₂")


@pytest.mark.parametrize(
    ("normalizer", "badge"),
    [
        ("sparsemax", r"^✓ every row sums to one$"),
        ("sigmoid", r"^rows sum to [\d.]+ … [\d.]+$"),
        ("none", r"^rows sum to \u2212[\d.]+ … [\d.]+$"),
    ],
)
def test_rows_say_what_they_sum_to(visit: Visit, normalizer: str, badge: str) -> None:
    page = visit.open(address_of(with_spec(normalizer=normalizer)))

    expect(page.locator("#weights-badge")).to_have_text(re.compile(badge))
    point_at(page, "weights", 7, 1)
    assert page.locator("#tooltip", has_text="row sum").count() == (normalizer != "sparsemax")


def test_the_scores_of_a_pair_are_switched_in_their_head(visit: Visit) -> None:
    page = visit.open(address_of(with_spec(heads="differential")))
    scores, weights = drawn(page, "scores"), drawn(page, "weights")
    page.get_by_label("A₂").check()
    wait_for_redraw(page, "scores", scores)

    assert drawn(page, "weights") == weights
    expect(page.locator("#heads input")).to_have_count(3)
    point_at(page, "weights", 7, 1, click=True)
    expect(page.locator("#why")).to_contain_text("Taken apart: A₁ (shown above: A₂)")
    page.get_by_label("A₁").check()
    expect(page.locator(".why__member")).to_have_count(0)
    page.locator("[data-path='spec.heads'] > .member__head > select").select_option("mha")
    expect(page.locator("#members")).to_be_hidden()


def test_the_badge_counts_the_rows_of_the_head_that_is_shown(visit: Visit) -> None:
    mask = {"kind": "custom", "predicate": "j < i"}
    page = visit.open(address_of({"text": "a b c", "spec": {"heads": 4, "mask": [mask]}}))
    badge = page.locator("#weights-badge")
    told = "✓ every other row sums to one · rows with every key forbidden: 1"
    expect(badge).to_have_text(told)
    page.get_by_role("radio", name="All").check()
    expect(badge).to_have_text(told)

    spans = {"kind": "adaptive_span", "span": [0, 9], "ramp": 1}
    spec = {"heads": 2, "position": spans, "mask": [{"kind": "custom", "predicate": "i != j"}]}
    page = visit.open(address_of({"text": "a b c", "spec": spec}))
    expect(page.locator("#weights-badge")).to_have_text("rows with every key forbidden: 3")
    page.locator("#heads input").nth(1).check()
    expect(page.locator("#weights-badge")).to_have_text("✓ every row sums to one")


def test_a_row_that_is_empty_without_a_mask_is_not_called_forbidden(visit: Visit) -> None:
    linear = {"kind": "linear", "feature_map": "relu"}
    numbers = {"query": [[-1, -1], [1, 1]], "key": [[1, 0], [0, 1], [1, 1]]}
    page = visit.open(address_of({**numbers, "spec": {"normalizer": linear}}))

    expect(page.locator("#weights-badge")).to_have_text(
        "✓ every other row sums to one · rows that take nothing: 1"
    )


@pytest.mark.parametrize(
    ("spec", "panel", "formula"),
    [
        ({"heads": "mla"}, "scores", r"^s\s*i\s*j\s*=\s*W"),
        ({"heads": "mla"}, "outputs", r"with Latent \(MLA\):"),
        ({"heads": "differential"}, "weights", r"with Differential:"),
        ({"normalizer": "linear"}, "scores", r"^s\s*i\s*j\s*=\s*ϕ"),
        ({"position": "rope"}, "scores", r"with Rotary \(RoPE\):"),
    ],
)
def test_each_formula_stands_with_the_matrix_that_it_tells_of(
    visit: Visit, spec: dict[str, Any], panel: str, formula: str
) -> None:
    page = visit.open(address_of(with_spec(**spec)))

    for name in ("scores", "weights", "outputs"):
        text = (page.locator(f"#{name}-formula").text_content() or "").strip()
        assert bool(re.search(formula, text)) == (name == panel), name


def test_an_image_is_asked_by_words_and_both_have_their_names(visit: Visit) -> None:
    page = visit.open()
    choose_example(page, "A sentence asks an image")
    expect(page.locator("#why")).to_contain_text("red → roof 1,1")

    expect(page.locator("#weights .ytick")).to_have_count(6)
    expect(page.locator("#weights .xtick")).to_have_count(16)
    expect(page.locator("#weights-badge")).to_have_text("✓ every row sums to one")
    numbers = page.get_by_label("Q: queries")
    numbers.fill("1 0 0 0\n0 1 0 0")
    expect(page.locator("#weights .ytick")).to_have_count(2)
    expect(page.locator("#weights .ytick").first).to_have_text("q0")
