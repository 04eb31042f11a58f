"""What axe, which reads a page as assistive technology does, finds wrong with it."""

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page


def serious_faults(page: Page) -> list[tuple[str, list[str]]]:
    """List the rules that a page breaks seriously or critically, each with where."""
    # Without preload off, axe would fetch every style sheet anew, and from wrong addresses.
    found = Axe().run(page, options={"preload": False}).response["violations"]
    return [
        (each["id"], [node["html"][:120] for node in each["nodes"]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
