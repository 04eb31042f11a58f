"""Pieces of Markdown, with the signs that it would read as markup made harmless."""

from collections.abc import Iterable, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table."""
    lines = [_row(headings), _row(["---"] * len(headings)), *map(_row, rows)]
    return "\n".join(lines)


def code(text: str) -> str:
    """Write text in code font."""
    return f"`{text}`"


def plain(text: str) -> str:
    """Keep a sentence from being read as markup, what is between backticks left as it is."""
    pieces = text.split("`")
    for at in range(0, len(pieces), 2):
        pieces[at] = pieces[at].replace("<", "&lt;").replace("*", "\\*")
    return "`".join(pieces)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
