"""A small language of predicates over a query i and a key j: read by an allow-list, never run.

Python's parser makes the tree, and only what is listed here is taken from it: nothing is ever
compiled or evaluated as Python. One tree is worked on tensors and on intervals.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

import torch
from torch import Tensor

from attention_core.errors import SpecError
from attention_core.masks import interval
from attention_core.masks.interval import Interval, Verdict
from attention_core.masks.mask import Extent
from attention_core.shapes import Permitted, Positions

MAX_LENGTH = 300
"""Characters of a predicate."""

_MAX_DEPTH = 50
_LARGEST = 2**62
"""Beyond it the sum of two numbers could pass int64."""

_NAMES = ("i", "j", "n_queries", "n_keys")
_WAY_OUT = (
    "use integers, i, j, n_queries, n_keys, + - * // %, abs(), min(), max(), < <= > >= == !=, "
    "and, or, not, True, False and parentheses"
)
_CHARACTERS = re.compile(r"[A-Za-z0-9_ +\-*/%<>=!(),]")
_UNARY: dict[type[ast.unaryop], str] = {ast.Not: "not", ast.USub: "negative"}
_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_LOGIC = ("and", "or", "not")

Value = int | bool


@dataclass(frozen=True)
class Constant:
    """An integer, or True or False."""

    value: Value

    @property
    def is_truth(self) -> bool:
        """Whether it is true or false, not a number."""
        return isinstance(self.value, bool)


@dataclass(frozen=True)
class Name:
    """One of i, j, n_queries and n_keys."""

    name: str
    is_truth = False


@dataclass(frozen=True)
class Operation:
    """An operation on what other nodes give, with the text that it was read from."""

    operation: str
    members: tuple["Node", ...]
    text: str

    @property
    def is_truth(self) -> bool:
        """Whether it is true or false, not a number."""
        return self.operation in _LOGIC or self.operation in _COMPARISONS.values()


Node = Constant | Name | Operation


@lru_cache(maxsize=256)
def parse(text: str) -> Node:
    """Read a predicate.

    Raises:
        ValueError: With what was found and what is allowed.
    """
    plain = text.strip(" ")
    _require_plain(plain)
    try:
        node = _read(ast.parse(plain, mode="eval").body, 0)
    except (SyntaxError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", None) or "it is nested too deeply"
        raise ValueError(f"{plain!r} cannot be read: {reason}; {_WAY_OUT}") from error
    if not node.is_truth:
        raise ValueError(f"{plain!r} is a number; compare it with another, as in 'j <= i'")
    return node


def holds(node: Node, query: Positions, key: Positions, extent: Extent) -> Permitted:
    """Work a predicate on tensors that broadcast."""
    i, j = query.long(), key.long()
    found = _worked(node, {"i": i, "j": j, **extent._asdict()}, _ON_TENSORS, lambda value: value)
    if not isinstance(found, Tensor):
        found = torch.full_like(i, int(found), dtype=torch.bool)
    whole: Tensor = torch.broadcast_tensors(found, i, j)[0]
    return whole


def verdict(node: Node, query: range, key: range, extent: Extent) -> Verdict:
    """Tell whether a predicate holds in all of a block, or in none of it; None when unsure."""
    found = _on_ranges(node, _ranges(query, key, extent))
    return None if isinstance(found, Interval) else found


def require_safe(node: Node, extent: Extent) -> None:
    """Refuse a predicate that could divide by zero or overflow somewhere in a matrix.

    Raises:
        SpecError: With the expression at fault and its range.
    """
    _safe_range(node, _ranges(range(extent.n_queries), range(extent.n_keys), extent))


def _safe_range(node: Node, ranges: Mapping[str, Interval]) -> Interval | Verdict:
    if not isinstance(node, Operation):
        return _on_ranges(node, ranges)
    members = [_safe_range(member, ranges) for member in node.members]
    if node.operation in ("//", "%"):
        _require_divisor(node, members[1])
    found: Interval | Verdict = interval.OPERATIONS[node.operation](*members)
    if isinstance(found, Interval) and max(-found.least, found.greatest) > _LARGEST:
        raise SpecError(
            f"predicate must keep every number within ±2^62, got {node.text!r}, which may be "
            f"{found.least:.1e} to {found.greatest:.1e} here; use smaller numbers.",
            field=("predicate",),
        )
    return found


def _require_divisor(node: Operation, divisor: Interval | Verdict) -> None:
    if isinstance(divisor, Interval) and divisor.least <= 0 <= divisor.greatest:
        raise SpecError(
            f"predicate must not divide by zero, got {node.text!r}, whose divisor may be "
            f"{divisor.least} to {divisor.greatest} here; use max(…, 1) as the divisor.",
            field=("predicate",),
        )


def _require_plain(text: str) -> None:
    if not text:
        raise ValueError("it is empty; write a condition such as 'j <= i'")
    strange = next((sign for sign in text if not _CHARACTERS.match(sign)), None)
    if strange is not None:
        raise ValueError(f"{strange!r} is not allowed; {_WAY_OUT}")
    if glued := re.search(r"\b[0-9]+[A-Za-z_]\w*", text):
        raise ValueError(f"{glued[0]!r} is neither a plain integer nor a name; {_WAY_OUT}")


def _read(node: ast.expr, depth: int) -> Node:
    if depth > _MAX_DEPTH:
        raise ValueError(f"it is nested more than {_MAX_DEPTH} deep; write it shorter")
    leaf = _leaf(node)
    if leaf is not None:
        return leaf
    if isinstance(node, ast.Compare) and all(type(op) in _COMPARISONS for op in node.ops):
        return _chain(node, depth)
    operation, values = _taken_apart(node)
    members = _members(values, depth, is_truth=operation in _LOGIC)
    return Operation(operation, members, ast.unparse(node))


def _leaf(node: ast.expr) -> Constant | Name | None:
    match node:
        case ast.Constant(value=bool() | int() as value):
            if value > _LARGEST:
                raise ValueError("an integer may be at most 2^62; use a smaller one")
            return Constant(value)
        case ast.Name(id=name) if name in _NAMES:
            return Name(name)
    return None


def _taken_apart(node: ast.expr) -> tuple[str, list[ast.expr]]:
    match node:
        case ast.BoolOp(op=op, values=values):
            return "and" if isinstance(op, ast.And) else "or", values
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return _UNARY[type(op)], [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)], [left, right]
        case ast.Call(func=ast.Name(id="abs"), args=[_] as values, keywords=[]):
            return "abs", values
        case ast.Call(func=ast.Name("min" | "max" as name), args=[_, _, *_] as values, keywords=[]):
            return name, values
    raise ValueError(f"{ast.unparse(node)!r} is not allowed; {_WAY_OUT}")


def _chain(node: ast.Compare, depth: int) -> Operation:
    text = ast.unparse(node)
    numbers = _members([node.left, *node.comparators], depth, is_truth=False)
    pairs = zip(node.ops, numbers, numbers[1:], strict=False)
    links = [Operation(_COMPARISONS[type(op)], (a, b), text) for op, a, b in pairs]
    return links[0] if len(links) == 1 else Operation("and", tuple(links), text)


def _members(values: list[ast.expr], depth: int, *, is_truth: bool) -> tuple[Node, ...]:
    members = tuple(_read(value, depth + 1) for value in values)
    for value, member in zip(values, members, strict=True):
        if member.is_truth != is_truth:
            wanted, came = ("a condition", "a number") if is_truth else ("a number", "a condition")
            raise ValueError(
                f"{ast.unparse(value)!r} is {came} where {wanted} must be; join conditions with "
                "and, or, not, and numbers with + - * // %"
            )
    return members


def _worked(
    node: Node,
    names: Mapping[str, Any],
    operations: Mapping[str, Callable[..., Any]],
    constant: Callable[[Value], Any],
) -> Any:
    if isinstance(node, Constant):
        return constant(node.value)
    if isinstance(node, Name):
        return names[node.name]
    members = [_worked(member, names, operations, constant) for member in node.members]
    return operations[node.operation](*members)


def _on_ranges(node: Node, ranges: Mapping[str, Interval]) -> Interval | Verdict:
    found: Interval | Verdict = _worked(node, ranges, interval.OPERATIONS, _on_intervals)
    return found


def _ranges(query: range, key: range, extent: Extent) -> dict[str, Interval]:
    sizes = {name: interval.exactly(size) for name, size in extent._asdict().items()}
    return {"i": Interval(query[0], query[-1]), "j": Interval(key[0], key[-1]), **sizes}


def _on_intervals(value: Value) -> Interval | bool:
    return value if isinstance(value, bool) else interval.exactly(value)


def _lesser(a: Any, b: Any) -> Any:
    return _elementwise(a, b, torch.minimum, min)


def _larger(a: Any, b: Any) -> Any:
    return _elementwise(a, b, torch.maximum, max)


def _elementwise(a: Any, b: Any, of_tensors: Callable[..., Any], of_numbers: Any) -> Any:
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        return of_numbers(a, b)
    like = a if isinstance(a, Tensor) else b
    return of_tensors(*(x if isinstance(x, Tensor) else torch.full_like(like, x) for x in (a, b)))


# Sizes and constants stay Python numbers, on which these work as they do on tensors.
_ON_TENSORS: Mapping[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "negative": operator.neg,
    "abs": operator.abs,
    "min": lambda *members: reduce(_lesser, members),
    "max": lambda *members: reduce(_larger, members),
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "and": lambda *members: reduce(operator.and_, members),
    "or": lambda *members: reduce(operator.or_, members),
    "not": lambda member: member ^ True,
}
