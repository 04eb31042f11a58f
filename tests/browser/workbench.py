"""What a reader does on the workbench and sees there, in the words of the tests."""

import json
import re
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect


def address_of(request: dict[str, Any], **more: str) -> str:
    """Write the address of a state of the page."""
    return "/?lang=en#" + urlencode({"request": json.dumps(request), **more})


def wait_for_answer(page: Page) -> None:
    """Wait until nothing is under way."""
    expect(page.locator("body")).not_to_have_class(re.compile("is-busy"))


def writing(page: Page) -> Locator:
    """Find where the text of the queries is written."""
    return page.get_by_role("textbox", name="Queries", exact=True)


def axis_words(page: Page, panel: str, letter: str) -> list[str]:
    """Read the words beside the rows (y) or over the columns (x) of a matrix."""
    ticks = page.locator(f"#{panel} .{letter}axislayer-above .{letter}tick text")
    return [text.strip() for text in ticks.all_text_contents()]


def chips(page: Page, side: str = "query") -> Locator:
    """Find the tokens of a side as they stand in the strip."""
    return page.locator(f"#{side}-side .chip")


def drawn(page: Page, panel: str) -> str:
    """Return what a matrix shows, as the image that its heat map is."""
    return page.locator(f"#{panel} .heatmaplayer image").first.get_attribute("href") or ""


def wait_for_redraw(page: Page, panel: str, before: str) -> None:
    """Wait until a matrix shows something else."""
    image = page.locator(f"#{panel} .heatmaplayer image").first
    expect(image).not_to_have_attribute("href", before)


def point_at(page: Page, panel: str, row: int, column: int, *, click: bool = False) -> None:
    """Move the pointer to a cell of a matrix."""
    area = page.locator(f"#{panel} .nsewdrag").first
    size = page.evaluate(
        """(panel) => {
          const { xaxis, yaxis } = document.querySelector(`#${panel} .panel__plot`).layout;
          const length = ({ range: [a, b] }) => Math.abs(a - b);
          return [length(xaxis), length(yaxis)];
        }""",
        panel,
    )
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box is not None
    place = {
        "x": (column + 0.5) * box["width"] / size[0],
        "y": (row + 0.5) * box["height"] / size[1],
    }
    if click:
        page.mouse.click(box["x"] + place["x"], box["y"] + place["y"])
    else:
        page.mouse.move(box["x"] + place["x"], box["y"] + place["y"])


def choose_example(page: Page, title: str) -> None:
    """Pick an example from the menu by its title."""
    page.get_by_role("button", name="Examples").click()
    page.locator("#examples").get_by_role("button", name=re.compile(f"^{re.escape(title)}")).click()
    expect(page.locator("#examples")).to_be_hidden()
    wait_for_answer(page)
