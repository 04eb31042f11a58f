"""The largest error of every mechanism: ``python -m tests.core.errors_table`` prints a table."""

import sys
from collections import defaultdict

import torch

from tests.core import agreement
from tests.core.covering import Case, cases


def table() -> str:
    """Measure every case; a mechanism's error is the largest of the cases that it is in."""
    rows: dict[tuple[str, str], dict[torch.dtype, float]] = defaultdict(
        lambda: dict.fromkeys(agreement.TOLERANCES, 0.0)
    )
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for case in cases():
        for dtype in agreement.TOLERANCES:
            found = max(agreement.errors(case, dtype))
            for place in zip(Case._fields, case, strict=True):
                rows[place][dtype] = max(rows[place][dtype], found)
        for place in zip(Case._fields, case, strict=True):
            counts[place] += 1
    lines = ["| part | mechanism | cases | float32 (≤ 1e-6) | float64 (≤ 1e-12) |"]
    lines.append("|---|---|---|---|---|")
    for part in Case._fields:
        for (of_part, name), found_by_dtype in sorted(rows.items()):
            if of_part == part:
                numbers = " | ".join(f"{found:.1e}" for found in found_by_dtype.values())
                lines.append(f"| {part} | {name} | {counts[of_part, name]} | {numbers} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
