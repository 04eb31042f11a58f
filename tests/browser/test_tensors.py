"""Opening tensors from the workbench: what the file must be, sending it, and what may go wrong."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import Locator, Page, Route, expect
from safetensors.numpy import save_file

from tests.browser.axe import serious_faults
from tests.browser.conftest import PHONE, Visit

CAPTURED = re.compile(r"/captures/[\w-]{22}\?lang=en")


def open_tensors(page: Page) -> Locator:
    """Open the dialog."""
    page.locator("#tokens").get_by_role("button", name="Open tensors").click()
    return page.get_by_role("dialog", name="Open tensors")


def open_button(dialog: Locator) -> Locator:
    """Find the button that sends."""
    return dialog.get_by_role("button", name="Open", exact=True)


def numbers(*shape: int) -> npt.NDArray[np.float32]:
    """Draw numbers that are the same each time."""
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def test_the_code_that_is_shown_makes_a_file_that_opens(visit: Visit, tmp_path: Path) -> None:
    page = visit.open()
    dialog = open_tensors(page)
    code = dialog.locator("#tensors-code").text_content() or ""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    (file,) = tmp_path.iterdir()
    dialog.get_by_label("Choose a file").set_input_files(file)
    expect(dialog.locator("#tensors-chosen")).to_have_text(f"{file.name} · 4.2 MB")
    open_button(dialog).click()
    page.wait_for_url(CAPTURED)

    expect(page.get_by_role("textbox", name="Name of this capture")).to_have_value(file.stem)
    expect(page.locator("#sizes")).to_have_text("one layer × 8 heads · 1,024 tokens")
    expect(page.locator("#mechanism")).to_contain_text("Scaled dot product")


def test_an_npz_file_opens_with_its_words(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "mine.npz"
    words = np.array(["one", "two", "three", "four", "five"])
    arrays = {"query": numbers(2, 5, 3), "key": numbers(2, 5, 3), "tokens.query": words}
    np.savez(file, allow_pickle=False, **arrays)
    page = visit.open()
    dialog = open_tensors(page)
    dialog.get_by_label("Choose a file").set_input_files(file)
    open_button(dialog).click()
    page.wait_for_url(CAPTURED)

    expect(page.locator("#strip-key .token")).to_have_text(words.tolist())


def test_another_file_is_refused_before_it_is_sent(visit: Visit, tmp_path: Path) -> None:
    page = visit.open()
    dialog = open_tensors(page)
    for name, content, fault in (
        ("heads.pt", b"pickle", "Choose a file that ends in .safetensors or .npz."),
        ("heads.npz", b"", "This file is empty."),
    ):
        (tmp_path / name).write_bytes(content)
        dialog.get_by_label("Choose a file").set_input_files(tmp_path / name)

        expect(dialog.get_by_text(fault)).to_be_visible()
        expect(open_button(dialog)).to_be_disabled()


def test_a_file_that_the_server_would_not_take_is_not_sent(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "heads.npz"
    file.write_bytes(bytes(3_000_000))
    page = visit.open()

    def with_less(route: Route) -> None:
        told = route.fetch().json()
        told["limits"]["max_upload_bytes"] = 2_000_000
        route.fulfill(json=told)

    page.route("**/api/v1/info", with_less)
    dialog = open_tensors(page)
    dialog.get_by_label("Choose a file").set_input_files(file)

    expect(dialog.get_by_text("This file has 3.0 MB; the server takes 2.0 MB.")).to_be_visible()
    expect(open_button(dialog)).to_be_disabled()


def test_a_file_that_holds_something_else_is_told_with_the_way_out(
    visit: Visit, tmp_path: Path
) -> None:
    file = tmp_path / "heads.safetensors"
    save_file({"queries": numbers(5, 3)}, file)
    page = visit.open()
    dialog = open_tensors(page)
    dialog.get_by_label("Choose a file").set_input_files(file)
    open_button(dialog).click()

    expect(page.get_by_role("alert")).to_contain_text("This capture failed")
    expect(page.get_by_role("alert")).to_contain_text("name them query, key and value")
    expect(page.get_by_role("link", name="Back to the workbench")).to_be_visible()


def test_a_refusal_of_the_server_is_told_and_the_file_can_be_sent_again(
    visit: Visit, tmp_path: Path
) -> None:
    visit.refusals = True
    file = tmp_path / "heads.safetensors"
    save_file({"query": numbers(5, 3), "key": numbers(5, 3)}, file)
    page = visit.open()
    problem = {"title": "Insufficient Storage", "status": 507, "detail": "there must be room."}
    page.route("**/api/v1/captures?*", lambda route: route.fulfill(status=507, json=problem))
    dialog = open_tensors(page)
    dialog.get_by_label("Choose a file").set_input_files(file)
    open_button(dialog).click()
    expect(dialog.get_by_role("alert")).to_contain_text("There must be room.")
    page.unroute("**/api/v1/captures?*")
    open_button(dialog).click()

    page.wait_for_url(CAPTURED)


def test_a_large_file_tells_how_far_it_is_and_can_be_stopped(visit: Visit, tmp_path: Path) -> None:
    visit.refusals = True  # a request that is stopped
    file = tmp_path / "heads.safetensors"
    save_file({"query": numbers(2000, 500), "key": numbers(2000, 500)}, file)
    page = visit.open()
    session = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 1e6}
    session.send("Network.emulateNetworkConditions", slow)
    dialog = open_tensors(page)
    dialog.get_by_label("Choose a file").set_input_files(file)
    open_button(dialog).click()

    expect(dialog.locator("#tensors-numbers")).to_have_text(
        re.compile(r"[\d.]+ MB of 8.0 MB · about \d+ s left")
    )
    expect(open_button(dialog)).to_be_disabled()
    dialog.get_by_role("button", name="Stop").click()
    expect(dialog.locator("#tensors-progress")).to_be_hidden()
    expect(open_button(dialog)).to_be_enabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit: Visit, tmp_path: Path, scheme: str) -> None:
    page = visit.open(color_scheme=scheme)
    dialog = open_tensors(page)
    (tmp_path / "heads.pt").write_bytes(b"pickle")
    dialog.get_by_label("Choose a file").set_input_files(tmp_path / "heads.pt")

    assert serious_faults(page) == []


def test_the_dialog_is_there_in_chinese(visit: Visit) -> None:
    page = visit.open("/?lang=zh")
    page.locator("#tokens").get_by_role("button", name="打开张量").click()

    expect(page.get_by_role("dialog")).to_contain_text("您自己程序中的查询和键")
    expect(page.get_by_role("dialog")).not_to_contain_text("Choose")


def test_a_phone_shows_the_dialog_whole(visit: Visit) -> None:
    page = visit.open(viewport=PHONE, has_touch=True, is_mobile=True)
    dialog = open_tensors(page)

    box = dialog.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    expect(open_button(dialog)).to_be_in_viewport()
