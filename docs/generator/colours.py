"""Numbers to colours: the workbench's light scales, in few enough steps to be steady.

A picture must come out the same on every machine, so a number is rounded to a step of the scale,
and one that lies on the edge between two steps is refused instead of drawn.
"""

import math

PAPER = "#fefefc"
INK = "#191a20"
MUTED = "#56585f"
LINE = "#dddcd8"
MASKED = "#e7e8ea"
HATCH = "#bcbdc2"
ALLOWED = "#494fcc"

STEPS = 24
"""From zero to the largest number."""

_EDGE = 1e-6
_Oklab = tuple[float, float, float]


def steady(value: float) -> int:
    """Round to the nearest whole number.

    Raises:
        ValueError: When the value is so near the middle of two that another machine's last bit
            could round it the other way.
    """
    if abs(value - math.floor(value) - 0.5) < _EDGE:
        raise ValueError(
            f"a number of a picture must not lie between two steps, got {value!r}; change the "
            "seed or a parameter of the example."
        )
    return math.floor(value + 0.5)


def step(value: float, largest: float) -> int:
    """Tell the step of a number: 0 for zero, ``STEPS`` for the largest, negative below zero."""
    return steady(value / largest * STEPS)


def step_from_zero(value: float, largest: float) -> int:
    """Tell the step of a number that is not negative: 0 for exactly zero and nothing else."""
    return max(step(value, largest), 1) if value > 0 else 0


def colour(level: int, *, is_signed: bool) -> str:
    """Return the colour of a step: paper at zero, dark at the largest."""
    if not is_signed:
        return _WEIGHTS[level]
    return _POSITIVE[level] if level >= 0 else _NEGATIVE[-level]


def _ramp(*stops: str) -> tuple[str, ...]:
    """Mix a scale through its stops in Oklab, so that equal steps look equal."""
    points = [_to_oklab(stop) for stop in stops]
    return tuple(_mixed(points, level / STEPS * (len(points) - 1)) for level in range(STEPS + 1))


def _mixed(points: list[_Oklab], place: float) -> str:
    left = min(math.floor(place), len(points) - 2)
    share = place - left
    pairs = zip(points[left], points[left + 1], strict=True)
    lightness, a, b = (start + share * (end - start) for start, end in pairs)
    return _from_oklab((lightness, a, b))


# The matrices are Björn Ottosson's, https://bottosson.github.io/posts/oklab/.


def _to_oklab(colour: str) -> _Oklab:
    r, g, b = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    l = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)  # noqa: E741
    m = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    s = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
    )


def _from_oklab(colour: _Oklab) -> str:
    lightness, a, b = colour
    l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3  # noqa: E741
    m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
    channels = (
        4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
        -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
        -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
    )
    return "#" + "".join(f"{_encoded(channel):02x}" for channel in channels)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _encoded(value: float) -> int:
    clamped = min(max(value, 0.0), 1.0)
    curved = 12.92 * clamped if clamped <= 0.0031308 else 1.055 * clamped ** (1 / 2.4) - 0.055
    return round(curved * 255)


# Paper is for exact zeros alone, so that a small weight is told from none.
_WEIGHTS = (PAPER, *_ramp("#e8ebfc", "#a4aff4", "#494fcc", "#141352")[1:])
_NEGATIVE = _ramp(PAPER, "#5eade2", "#00478a")
_POSITIVE = _ramp(PAPER, "#f0aa63", "#9a3c00")
