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

_NOUNS = {"max_tokens": "tokens", "max_dim": "features of a token"}
_WAYS_OUT = {
    "max_tokens": "send a shorter sequence",
    "max_dim": "use fewer features",
}


@dataclass(frozen=True)
class Size:
    """Sizes of a request, known before anything is computed.

    Attributes:
        n_heads: Number of heads, each with its own weights and outputs.
        n_score_heads: Number of matrices of scores; twice the heads where they are differential.
        n_queries: Length of the sequence that asks.
        n_keys: Length of the sequence that is asked.
        dim: Most features that a token has anywhere, all heads of tokens together.
        head_dim: Features of one head's query.
        key_head_dim: Features of one head's key.
        value_head_dim: Features of one head's value.
        n_parameters: Numbers of matrices that are made from a seed.
        fields: Where in the request the queries, the keys, the heads and the features are told.
    """

    n_heads: int
    n_score_heads: int
    n_queries: int
    n_keys: int
    dim: int
    head_dim: int
    key_head_dim: int
    value_head_dim: int
    n_parameters: int
    fields: "Fields"

    def n_cells(self, include: set[str]) -> int:
        """Count the numbers of the matrices that are asked for."""
        per_row = {
            "scores": self.n_score_heads * self.n_keys,
            "weights": self.n_heads * self.n_keys,
            "outputs": self.n_heads * self.value_head_dim,
        }
        return self.n_queries * sum(per_row[name] for name in include)

    @property
    def n_features(self) -> int:
        """Count the numbers of tokens, queries, keys and values, each shared one repeated."""
        return (self.n_queries + self.n_keys) * self.dim + self.n_kept

    @property
    def n_kept(self) -> int:
        """Count the numbers of queries, keys and values, each shared one repeated."""
        of_queries = self.n_queries * self.n_score_heads * self.head_dim
        of_keys = self.n_keys * self.n_score_heads * self.key_head_dim
        of_values = self.n_keys * self.n_heads * self.value_head_dim
        return of_queries + of_keys + of_values


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
    require_counts(size, asked, limits)
    n_cells = size.n_cells(set(asked.include))
    if asked.encoding == "json":
        _require_cells_json(n_cells, size, limits)
    _require_cells_binary(n_cells, size, limits)
    require_memory(bytes_of(size, asked), size, limits)


def require_counts(size: Size, asked: AttentionRequest, limits: Limits) -> None:
    """Refuse more tokens, heads, features or rows than there may be.

    Raises:
        ProblemError: 422, naming the limit and the way out.
    """
    fields = size.fields
    _require("max_tokens", size.n_queries, limits, fields.queries)
    _require("max_tokens", size.n_keys, limits, fields.keys)
    _require_heads(size, limits)
    _require("max_dim", size.dim, limits, fields.dim)
    hidden = asked.spec.score.hidden_dim(size.head_dim)
    _require("max_dim", hidden, limits, ("spec", "score", "attn_dim"))
    _require_rows(size, limits)


def require_memory(needed_bytes: int, size: Size, limits: Limits) -> None:
    """Refuse a job that would take more memory than one may.

    Raises:
        ProblemError: 422, naming the limit and the way out.
    """
    maximum = limits.budget_bytes_per_worker
    if needed_bytes > maximum:
        raise field_problem(
            size.fields.dim,
            f"A job may take about {maximum} bytes, and this one needs {needed_bytes}; use fewer "
            "features or fewer tokens.",
            exceeded=Exceeded("memory_budget_bytes", needed_bytes, maximum),
        )


def bytes_of(size: Size, asked: AttentionRequest) -> int:
    """Tell what a request takes at its peak: its tokens, its matrices, and its answer."""
    n_cells = size.n_cells(set(asked.include))
    return (
        size.n_features * _BYTES_PER_FEATURE
        + bytes_of_parameters(size, asked)
        + n_cells * _BYTES_PER_CELL
    )


def bytes_of_parameters(size: Size, asked: AttentionRequest) -> int:
    """Tell what the matrices of a projection and of a spec take while they are made."""
    n_made = size.n_parameters + size.n_score_heads * n_numbers_of_head(size, asked)
    return n_made * _BYTES_PER_PARAMETER


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


def _require_heads(size: Size, limits: Limits) -> None:
    maximum = limits.max_heads
    if size.n_score_heads > maximum:
        came = f"{size.n_score_heads}"
        if size.n_score_heads != size.n_heads:
            came = f"{size.n_score_heads} matrices of scores for {size.n_heads}"
        raise field_problem(
            size.fields.heads,
            f"There may be at most {maximum} heads, got {came}; ask for fewer heads.",
            exceeded=Exceeded("max_heads", size.n_score_heads, maximum),
        )


def _require_rows(size: Size, limits: Limits) -> None:
    """Bound the list of empty rows, which no matrix that is asked for counts."""
    n_rows, maximum = size.n_score_heads * size.n_queries, limits.max_rows
    if n_rows > maximum:
        raise field_problem(
            size.fields.heads,
            f"All heads together may have at most {maximum} rows, got {n_rows}: "
            f"{size.n_score_heads} heads × {size.n_queries} queries; use fewer heads, or send "
            "fewer tokens.",
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


def n_numbers_of_head(size: Size, asked: AttentionRequest) -> int:
    """Count the numbers that the parts of a spec make of the tokens, or keep for their rows."""
    spec, lengths = asked.spec, (size.n_queries, size.n_keys)
    return (
        spec.score.n_numbers(size.head_dim, size.key_head_dim, *lengths)
        + spec.position.n_numbers(size.head_dim, *lengths)
        + spec.normalizer.n_numbers(*lengths)
    )
