"""How large a request's answer would be, and the limits that it must keep, before any work."""

from dataclasses import dataclass

from app.config import Limits
from app.errors import Exceeded, ProblemError, field_problem
from app.faults import Path
from app.schemas import AttentionRequest

_BYTES_PER_FEATURE = 24
"""A feature of a token: float64 when made, a copy in float32 for queries, keys and values."""

_BYTES_PER_PARAMETER = 40
"""An entry of a matrix made from a seed: four float64 steps to make it, two float32 copies."""

_BYTES_PER_CELL = 24
"""A float32 number and its text."""

_NOUNS = {"max_tokens": "tokens", "max_heads": "heads", "max_dim": "features of a token"}
_WAYS_OUT = {
    "max_tokens": "send a shorter sequence",
    "max_heads": "ask for fewer heads",
    "max_dim": "use fewer features",
}


@dataclass(frozen=True)
class Size:
    """Sizes of a request, known before anything is computed.

    Attributes:
        n_heads: Number of heads.
        n_queries: Length of the sequence that asks.
        n_keys: Length of the sequence that is asked.
        dim: Most features that a token has, before or after projection, all heads together.
        value_dim: Features of an output, all heads together.
        n_parameters: Entries of the projection's matrices that are made from a seed.
        fields: Where in the request the queries, the keys, the heads and the features are told.
    """

    n_heads: int
    n_queries: int
    n_keys: int
    dim: int
    value_dim: int
    n_parameters: int
    fields: "Fields"

    def n_cells(self, include: set[str]) -> int:
        """Count the numbers of the matrices that are asked for."""
        one = self.n_heads * self.n_queries * self.n_keys
        outputs = self.n_queries * self.value_dim
        return one * len(include - {"outputs"}) + outputs * ("outputs" in include)


@dataclass(frozen=True)
class Fields:
    """Where a request tells its sizes."""

    queries: Path
    keys: Path
    heads: Path
    dim: Path


def require_size(size: Size, asked: AttentionRequest, limits: Limits) -> None:
    """Refuse what is over a limit; asking again would be useless.

    Raises:
        ProblemError: 422, naming the limit and the way out.
    """
    fields = size.fields
    _require("max_tokens", size.n_queries, limits, fields.queries)
    _require("max_tokens", size.n_keys, limits, fields.keys)
    _require("max_heads", size.n_heads, limits, fields.heads)
    _require("max_dim", size.dim, limits, fields.dim)
    if asked.spec.score.kind == "additive":
        hidden = asked.spec.score.attn_dim or 0
        _require("max_dim", hidden, limits, ("spec", "score", "attn_dim"))
    _require_rows(size, limits)
    n_cells = size.n_cells(set(asked.include))
    if asked.encoding == "json":
        _require_cells_json(n_cells, size, limits)
    _require_cells_binary(n_cells, size, limits)
    _require_memory(n_cells, size, asked, limits)


def _require(name: str, actual: int, limits: Limits, loc: Path) -> None:
    maximum: int = getattr(limits, name)
    if actual > maximum:
        # A text is split no further than one token past the limit.
        more = " or more" if loc in (("text",), ("context_text",)) else ""
        raise field_problem(
            loc,
            f"There may be at most {maximum} {_NOUNS[name]}, got {actual}{more}; "
            f"{_WAYS_OUT[name]}.",
            exceeded=Exceeded(name, actual, maximum),
        )


def _require_rows(size: Size, limits: Limits) -> None:
    """Bound the list of empty rows, which no matrix that is asked for counts."""
    n_rows, maximum = size.n_heads * size.n_queries, limits.max_rows
    if n_rows > maximum:
        raise field_problem(
            size.fields.heads,
            f"All heads together may have at most {maximum} rows, got {n_rows}: {size.n_heads} "
            f"heads × {size.n_queries} queries; use fewer heads, or send fewer tokens.",
            exceeded=Exceeded("max_rows", n_rows, maximum),
        )


def _require_cells_json(n_cells: int, size: Size, limits: Limits) -> None:
    if n_cells > limits.max_cells_json:
        way_out = (
            f"set 'encoding' to 'base64', which may hold {limits.max_cells_binary}, ask for fewer "
            "matrices in 'include', or send fewer tokens"
        )
        raise _too_many_cells("max_cells_json", n_cells, limits.max_cells_json, size, way_out)


def _require_cells_binary(n_cells: int, size: Size, limits: Limits) -> None:
    if n_cells > limits.max_cells_binary:
        way_out = "ask for fewer matrices in 'include', fewer heads, or send fewer tokens"
        raise _too_many_cells("max_cells_binary", n_cells, limits.max_cells_binary, size, way_out)


def _too_many_cells(
    limit: str, n_cells: int, maximum: int, size: Size, way_out: str
) -> ProblemError:
    encoding = "JSON" if limit == "max_cells_json" else "base64"
    return field_problem(
        ("include",),
        f"An answer in {encoding} may hold at most {maximum} numbers, got {n_cells}: "
        f"{size.n_heads} heads × {size.n_queries} queries × {size.n_keys} keys in each matrix; "
        f"{way_out}.",
        exceeded=Exceeded(limit, n_cells, maximum),
    )


def _require_memory(n_cells: int, size: Size, asked: AttentionRequest, limits: Limits) -> None:
    n_features = (size.n_queries + size.n_keys) * size.dim
    n_made = size.n_parameters + _n_numbers_of_spec(size, asked)
    needed_bytes = (
        n_features * _BYTES_PER_FEATURE + n_made * _BYTES_PER_PARAMETER + n_cells * _BYTES_PER_CELL
    )
    maximum = limits.budget_bytes_per_worker
    if needed_bytes > maximum:
        raise field_problem(
            size.fields.dim,
            f"A job may take about {maximum} bytes, and this one needs {needed_bytes}; use fewer "
            "features or fewer tokens.",
            exceeded=Exceeded("memory_budget_bytes", needed_bytes, maximum),
        )


def _n_numbers_of_spec(size: Size, asked: AttentionRequest) -> int:
    """Count the numbers that a spec makes of the tokens, or keeps for their rows."""
    return size.n_heads * (
        _n_numbers_of_score(size, asked)
        + _n_numbers_of_position(size, asked)
        + _n_numbers_of_rows(size, asked)
    )


def _n_numbers_of_score(size: Size, asked: AttentionRequest) -> int:
    score, head_dim = asked.spec.score, size.dim // size.n_heads
    if score.kind == "general":
        return head_dim**2
    if score.kind == "additive":
        hidden = score.attn_dim or head_dim
        return hidden * (2 * head_dim + size.n_queries + size.n_keys)
    return 0


def _n_numbers_of_position(size: Size, asked: AttentionRequest) -> int:
    position = asked.spec.position
    if position.kind == "shaw":
        n_distances = 2 * position.max_relative_position + 1
        return n_distances * (size.dim // size.n_heads + size.n_queries)
    return size.n_queries + size.n_keys


def _n_numbers_of_rows(size: Size, asked: AttentionRequest) -> int:
    normalizer = asked.spec.normalizer
    if normalizer.kind == "topk":
        return size.n_queries * min(normalizer.k, size.n_keys)
    if normalizer.kind in ("sparsemax", "entmax15", "entmax"):
        # Of a block of rows, every key may be a candidate: where all scores are alike.
        return min(size.n_queries, 256) * size.n_keys
    return size.n_queries
