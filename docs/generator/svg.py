"""A matrix as a small static SVG file, on a sheet of its own so that any page may hold it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from generator.colours import HATCH, INK, LINE, MASKED, MUTED, PAPER, STEPS, colour

Levels = Sequence[Sequence[int | None]]
"""A step of the scale for each cell; None where a cell has no number."""

_SANS = "system-ui,-apple-system,'Segoe UI','Noto Sans',sans-serif"
_MONO = "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace"
_LEGEND = 28


@dataclass(frozen=True)
class Margins:
    """Room around the matrix, in pixels: for names on the left and on top, sums on the right."""

    left: int
    top: int
    right: int


@dataclass(frozen=True)
class Scale:
    """What the legend tells: either the ends of a scale, or what two kinds of cell mean.

    Attributes:
        low: Text at the low end, or the name of a coloured cell.
        high: Text at the high end, or the name of a hatched cell.
        is_signed: Whether the scale is centred on zero.
        swatch: Colour of a coloured cell where there are only two kinds; None for a scale.
        hatched: What a hatched cell means, beside a scale; empty when there is none.
    """

    low: str
    high: str
    is_signed: bool = False
    swatch: str | None = None
    hatched: str = ""


@dataclass(frozen=True)
class Labels:
    """Names of rows and columns, and a number at the right edge of each row.

    Attributes:
        rows: By row; rows left out have no name.
        columns: By column.
        sums: One text per row; none are drawn when empty.
        are_tokens: Whether names are tokens, which stand slanted on top, or positions.
    """

    rows: dict[int, str]
    columns: dict[int, str]
    sums: Sequence[str] = ()
    are_tokens: bool = False


def matrix(
    levels: Levels, *, cell: int, margins: Margins, labels: Labels, scale: Scale, title: str
) -> str:
    """Draw one matrix with its names and its legend.

    Args:
        levels: One row per query, one step per key.
        cell: Width and height of a cell, in pixels.
        margins: Room around the matrix.
        labels: Names around it.
        scale: What the legend tells.
        title: What the picture shows, for those who cannot see it.
    """
    height, width = len(levels) * cell, len(levels[0]) * cell
    whole = (
        margins.left + width + margins.right,
        margins.top + height + _LEGEND + 8,
    )
    body = [
        f'<g transform="translate({margins.left} {margins.top})">',
        *_cells(levels, cell, scale),
        *_names(labels, cell, width, height),
        f'<g transform="translate(0 {height + 12})">{_legend(scale)}</g>',
        "</g>",
    ]
    return "\n".join([*_opening(whole, title), *body, "</svg>", ""])


def _opening(size: tuple[int, int], title: str) -> list[str]:
    width, height = size
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" font-family="{_SANS}" font-size="10">',
        f"<title>{escape(title)}</title>",
        '<defs><pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><path fill="{MASKED}" d="M0 0h4v4h-4z"/>'
        f'<path stroke="{HATCH}" d="M.5 0v4"/></pattern></defs>',
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="6" '
        f'fill="{PAPER}" stroke="{LINE}"/>',
    ]


def _cells(levels: Levels, cell: int, scale: Scale) -> list[str]:
    height, width = len(levels) * cell, len(levels[0]) * cell
    runs: dict[int, list[str]] = defaultdict(list)
    for row, line in enumerate(levels):
        for start, stop, level in _runs(line):
            if level is not None:
                span = (stop - start) * cell
                runs[level].append(f"M{start * cell} {row * cell}h{span}v{cell}h-{span}z")
    is_hatched = any(level is None for line in levels for level in line)
    ground = "url(#hatch)" if is_hatched else PAPER
    rows = "".join(f"M0 {y}h{width}" for y in range(cell, height, cell))
    columns = "".join(f"M{x} 0v{height}" for x in range(cell, width, cell))
    return [
        f'<rect width="{width}" height="{height}" fill="{ground}"/>',
        '<g shape-rendering="crispEdges">',
        *(
            f'<path fill="{_fill(level, scale)}" d="{"".join(runs[level])}"/>'
            for level in sorted(runs)
        ),
        f'<path stroke="{PAPER}" stroke-opacity=".6" d="{rows}{columns}"/>',
        "</g>",
        f'<rect x="-.5" y="-.5" width="{width + 1}" height="{height + 1}" fill="none" '
        f'stroke="{HATCH}"/>',
    ]


def _runs(line: Sequence[int | None]) -> list[tuple[int, int, int | None]]:
    """Join neighbours of one colour: start, stop and step of each run."""
    edges = [at for at in range(1, len(line)) if line[at] != line[at - 1]]
    starts, stops = [0, *edges], [*edges, len(line)]
    return [(start, stop, line[start]) for start, stop in zip(starts, stops, strict=True)]


def _fill(level: int, scale: Scale) -> str:
    return scale.swatch or colour(level, is_signed=scale.is_signed)


def _names(labels: Labels, cell: int, width: int, height: int) -> list[str]:
    font = f' font-family="{_MONO}"' if labels.are_tokens else ""
    middle = cell // 2
    rows = [
        f'<text x="-6" y="{row * cell + middle + 3}">{escape(name)}</text>'
        for row, name in labels.rows.items()
    ]
    columns = [
        _column(column * cell + middle, name, labels) for column, name in labels.columns.items()
    ]
    sums = [
        f'<text x="{width + 48}" y="{row * cell + middle + 3}">{text}</text>'
        for row, text in enumerate(labels.sums)
    ]
    heading = [f'<text x="{width + 48}" y="-6">row sum</text>'] if sums else []
    return [
        f'<g fill="{INK}" text-anchor="end"{font}>{"".join(rows)}</g>',
        f'<g fill="{INK}" text-anchor="{"start" if labels.are_tokens else "middle"}"{font}>'
        f"{''.join(columns)}</g>",
        f'<g fill="{MUTED}" text-anchor="end">{"".join(heading + sums)}</g>',
        *([] if labels.are_tokens else _axes(height, width)),
    ]


def _column(x: int, name: str, labels: Labels) -> str:
    if not labels.are_tokens:
        return f'<text x="{x}" y="-5">{escape(name)}</text>'
    return f'<text transform="translate({x + 2} -6) rotate(-50)">{escape(name)}</text>'


def _axes(height: int, width: int) -> list[str]:
    return [
        f'<g fill="{MUTED}" text-anchor="middle"><text x="{width // 2}" y="-19">key j →</text>'
        f'<text transform="translate(-24 {height // 2}) rotate(-90)">← query i</text></g>'
    ]


def _legend(scale: Scale) -> str:
    if scale.swatch is not None:
        return _swatch(0, scale.swatch, scale.low) + _swatch(110, "url(#hatch)", scale.high)
    levels = range(-STEPS, STEPS + 1) if scale.is_signed else range(STEPS + 1)
    wide = 2 if scale.is_signed else 4
    start = 34
    bar = "".join(
        f'<path fill="{_fill(level, scale)}" d="M{start + place * wide} 0h{wide}v8h-{wide}z"/>'
        for place, level in enumerate(levels)
    )
    end = start + wide * len(levels)
    texts = (
        f'<text x="{start - 5}" y="8" text-anchor="end">{scale.low}</text>'
        f'<text x="{end + 5}" y="8">{scale.high}</text>'
    )
    edge = (
        f'<rect x="{start - 0.5}" y="-.5" width="{end - start + 1}" height="9" fill="none" '
        f'stroke="{HATCH}"/>'
    )
    hatched = _swatch(end + 45, "url(#hatch)", scale.hatched) if scale.hatched else ""
    return f'<g shape-rendering="crispEdges">{bar}</g>{edge}<g fill="{MUTED}">{texts}</g>{hatched}'


def _swatch(x: int, fill: str, name: str) -> str:
    return (
        f'<rect x="{x}" width="9" height="9" fill="{fill}"/>'
        f'<text x="{x + 14}" y="8" fill="{MUTED}">{escape(name)}</text>'
    )
