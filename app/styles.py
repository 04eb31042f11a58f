"""The page's style sheet as one: what ``main.css`` imports, put in its place.

A browser would ask for every sheet by itself, and only after it has read the first; scripts wait
for all of them.
"""

import posixpath
import re
from pathlib import Path

_IMPORT = re.compile(r'@import url\("([^"]+)"\) layer\((\w+)\);')
_URL = re.compile(r'url\("([^"]+)"\)')


def joined_sheet(sheet: Path) -> bytes:
    """Join a style sheet with all that it imports into layers; addresses stay what they were."""

    def imported(found: re.Match[str]) -> str:
        name, layer = found.groups()
        text = (sheet.parent / name).read_text("utf-8")
        return f"@layer {layer} {{\n{_moved(text, posixpath.dirname(name))}}}"

    return _IMPORT.sub(imported, sheet.read_text("utf-8")).encode()


def _moved(text: str, folder: str) -> str:
    """Write relative addresses as seen from the folder above."""

    def moved(found: re.Match[str]) -> str:
        return f'url("{posixpath.normpath(posixpath.join(folder, found[1]))}")'

    return _URL.sub(moved, text)
