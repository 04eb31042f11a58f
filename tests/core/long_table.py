"""Errors far inside long matrices: ``python -m tests.core.long_table`` prints a table."""

import sys
from collections.abc import Iterator

from tests.core.long_cases import TOLERANCE, Found, cases, compare
from tests.core.long_pictures import pictures


def table() -> Iterator[str]:
    """Measure every case, and every picture."""
    yield "| part | mechanism | queries × keys | masks | largest | error | ≤ |"
    yield "|---|---|---|---|---|---|---|"
    for case in cases():
        masks = " and ".join(mask["kind"] for mask in case.spec.get("mask", [])) or "–"
        sizes = f"{case.n_queries:,} × {case.n_keys:,}"
        yield _line(case.part, case.name, sizes, masks, found=compare(case), most=TOLERANCE)
    for picture in pictures():
        yield _line(*picture.words, found=picture.compare(), most=TOLERANCE)


def _line(*words: str, found: Found, most: float) -> str:
    return f"| {' | '.join(words)} | {found.largest:.1e} | {found.error:.1e} | {most:.0e} |"


if __name__ == "__main__":
    for line in table():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
