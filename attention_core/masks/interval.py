"""Arithmetic on intervals of integers: what an expression can be when its inputs are ranges.

A comparison of intervals is true, false, or None where it may be either. Every answer encloses
what the expression takes on; it is exact where no input occurs twice, but for some remainders.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Interval(NamedTuple):
    """All integers from ``least`` to ``greatest``, both inclusive."""

    least: int
    greatest: int


Verdict = bool | None
"""True or false for the whole ranges, or None where it may be either."""


def exactly(value: int) -> Interval:
    """Return the interval of one integer."""
    return Interval(value, value)


def _sum(a: Interval, b: Interval) -> Interval:
    return Interval(a.least + b.least, a.greatest + b.greatest)


def _negative(a: Interval) -> Interval:
    return Interval(-a.greatest, -a.least)


def _difference(a: Interval, b: Interval) -> Interval:
    return _sum(a, _negative(b))


def _product(a: Interval, b: Interval) -> Interval:
    return _hull(x * y for x in a for y in b)


def _quotient(a: Interval, b: Interval) -> Interval:
    # With a divisor of one sign the quotient is monotone in each, so that corners are extreme.
    _require_sign(b)
    return _hull(x // y for x in a for y in b)


def _remainder(a: Interval, b: Interval) -> Interval:
    _require_sign(b)
    if b.least < 0:
        return _negative(_remainder(_negative(a), _negative(b)))
    if b.least == b.greatest and a.least // b.least == a.greatest // b.least:
        return Interval(a.least % b.least, a.greatest % b.least)
    if a.least >= 0:
        is_unchanged = a.greatest < b.least
        return a if is_unchanged else Interval(0, min(a.greatest, b.greatest - 1))
    return Interval(0, b.greatest - 1)


def _magnitude(a: Interval) -> Interval:
    if a.least >= 0:
        return a
    turned = _negative(a)
    return turned if a.greatest <= 0 else Interval(0, max(turned.greatest, a.greatest))


def _least(*members: Interval) -> Interval:
    return Interval(min(m.least for m in members), min(m.greatest for m in members))


def _greatest(*members: Interval) -> Interval:
    return Interval(max(m.least for m in members), max(m.greatest for m in members))


def _is_less(a: Interval, b: Interval) -> Verdict:
    return _verdict(is_true=a.greatest < b.least, is_false=a.least >= b.greatest)


def _is_at_most(a: Interval, b: Interval) -> Verdict:
    return _opposite(_is_less(b, a))


def _is_equal(a: Interval, b: Interval) -> Verdict:
    is_apart = a.greatest < b.least or b.greatest < a.least
    return _verdict(is_true=a == b and a.least == a.greatest, is_false=is_apart)


def _opposite(a: Verdict) -> Verdict:
    return None if a is None else not a


def _all(*members: Verdict) -> Verdict:
    return _verdict(is_true=all(members), is_false=False in members)


def _any(*members: Verdict) -> Verdict:
    return _verdict(is_true=True in members, is_false=set(members) == {False})


def _verdict(*, is_true: bool, is_false: bool) -> Verdict:
    return True if is_true else False if is_false else None


def _hull(values: Any) -> Interval:
    values = tuple(values)
    return Interval(min(values), max(values))


def _require_sign(divisor: Interval) -> None:
    if divisor.least <= 0 <= divisor.greatest:
        raise ZeroDivisionError("a divisor must not be zero anywhere in its range")


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "+": _sum,
    "-": _difference,
    "*": _product,
    "//": _quotient,
    "%": _remainder,
    "negative": _negative,
    "abs": _magnitude,
    "min": _least,
    "max": _greatest,
    "<": _is_less,
    "<=": _is_at_most,
    ">": lambda a, b: _is_less(b, a),
    ">=": lambda a, b: _is_at_most(b, a),
    "==": _is_equal,
    "!=": lambda a, b: _opposite(_is_equal(a, b)),
    "and": _all,
    "or": _any,
    "not": _opposite,
}
"""The operations of the grammar, each on intervals and verdicts."""
