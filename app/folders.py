"""Where the templates and static files lie, in a clone and in an installed wheel."""

from pathlib import Path


def page_folder(name: str) -> Path:
    """Find a folder of page material: inside the package in a wheel, beside it in a clone."""
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name
