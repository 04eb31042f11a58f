"""Write docs/mechanisms.md and its pictures from the library's catalogue.

Run ``python docs/generate.py``; another folder than this one may be named, as the test does.
"""

import sys
from pathlib import Path

from generator.page import write_page
from generator.pictures import PICTURES, draw_all

HERE = Path(__file__).parent


def main(folder: Path) -> None:
    """Write the page and every picture, and delete pictures of what is no more."""
    pictures = draw_all()
    images = folder / PICTURES
    images.mkdir(parents=True, exist_ok=True)
    kept = {images / picture.file_name for each in pictures.values() for picture in each}
    for stale in set(images.glob("*.svg")) - kept:
        stale.unlink()
    for each in pictures.values():
        for picture in each:
            (images / picture.file_name).write_text(picture.svg, encoding="utf-8", newline="\n")
    text = write_page(pictures)
    (folder / "mechanisms.md").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
