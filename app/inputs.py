"""What a request attends with: tokens or numbers, never both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from app.errors import field_problem
from app.schemas import AttentionRequest
from app.sizes import Fields, Size
from attention_core import (
    AttentionMap,
    Capture,
    GivenEmbedding,
    GivenProjection,
    HashEmbedding,
    Note,
    Numbers,
    RandomProjection,
    attend,
    attend_tokens,
    capture_numbers,
    capture_tokens,
    split_text,
)

_LIKE = torch.empty(0, dtype=torch.float32)


@dataclass(frozen=True)
class TokenInputs:
    """Tokens, and the tokens that they attend to.

    Attributes:
        query: The tokens that ask.
        context: The tokens that are asked; None when they are the same.
        asked: The request.
    """

    query: Sequence[str]
    context: Sequence[str] | None
    asked: AttentionRequest

    @property
    def key(self) -> Sequence[str]:
        """The tokens at the keys."""
        return self.query if self.context is None else self.context

    @property
    def notes(self) -> tuple[Note, ...]:
        """Remarks on what was given."""
        embedding = self.asked.embedding
        is_unused = isinstance(embedding, GivenEmbedding) and embedding.context_vectors is not None
        if not is_unused or self.context is not None:
            return ()
        message = (
            "context_vectors has no effect without a context: the tokens attend to themselves."
        )
        return (Note("unused_field", message),)

    @property
    def size(self) -> Size:
        """Sizes of the request."""
        asked, dim, heads = self.asked, self._embedding_dim, self.asked.spec.heads
        query_dim, key_dim, value_dim = self._projected_dims(dim)
        head_dim, value_head_dim = heads.head_dims(query_dim, value_dim)
        is_made = isinstance(asked.projection, RandomProjection)
        n_made = dim * (query_dim + key_dim + value_dim) if is_made else 0
        inner_dim = max(heads.n_score_heads * head_dim, heads.n_heads * value_head_dim)
        widest, field = max(
            (dim, ("embedding", "dim")),
            (max(query_dim, key_dim, value_dim), self._projection_field),
            (inner_dim, ("spec", "heads")),
            key=lambda pair: pair[0],
        )
        return Size(
            n_heads=heads.n_heads,
            n_score_heads=heads.n_score_heads,
            n_queries=len(self.query),
            n_keys=len(self.key),
            dim=widest,
            head_dim=head_dim,
            key_head_dim=head_dim,
            value_head_dim=value_head_dim,
            n_parameters=n_made + heads.n_parameters(max(query_dim, key_dim)),
            fields=Fields(
                queries=("text",) if asked.tokens is None else ("tokens",),
                keys=self._key_field,
                heads=("spec", "heads", "n_heads"),
                dim=field,
            ),
        )

    def attend(self, budget_bytes: int, check: Callable[[], None]) -> AttentionMap:
        """Describe the attention between the tokens."""
        return attend_tokens(
            self.query,
            self.context,
            self.asked.spec,
            embedding=self.asked.embedding,
            projection=self.asked.projection,
            device=self.asked.device,
            budget_bytes=budget_bytes,
            check=check,
        )

    def capture(self, check: Callable[[], None]) -> Capture:
        """Keep what the attention between the tokens is a function of."""
        return capture_tokens(
            self.query,
            self.context,
            self.asked.spec,
            embedding=self.asked.embedding,
            projection=self.asked.projection,
            device=self.asked.device,
            check=check,
        )

    def _projected_dims(self, dim: int) -> tuple[int, int, int]:
        """Tell the features of Q, K and V, all heads together."""
        projection, heads = self.asked.projection, self.asked.spec.heads
        if isinstance(projection, GivenProjection):
            given = (projection.weight_query, projection.weight_key, projection.weight_value)
            return given[0].shape[1], given[1].shape[1], given[2].shape[1]
        made = projection.dim or dim if isinstance(projection, RandomProjection) else dim
        return made, heads.key_dim(made), heads.key_dim(made)

    @property
    def _projection_field(self) -> tuple[str, str]:
        projection = self.asked.projection
        if not isinstance(projection, GivenProjection):
            return "projection", "dim"
        names = ("weight_query", "weight_key", "weight_value")
        return "projection", max(names, key=lambda name: getattr(projection, name).shape[1])

    @property
    def _embedding_dim(self) -> int:
        embedding = self.asked.embedding
        if isinstance(embedding, HashEmbedding):
            return embedding.dim
        if isinstance(embedding, GivenEmbedding):
            return embedding.vectors.shape[1]
        return embedding.dim or len({*self.query, *self.key}) + self.asked.spec.heads.n_score_heads

    @property
    def _key_field(self) -> tuple[str]:
        if self.context is None:
            return ("text",) if self.asked.tokens is None else ("tokens",)
        return ("context",) if self.asked.context is not None else ("context_text",)


@dataclass(frozen=True)
class NumberInputs:
    """Queries, keys and values as numbers.

    Attributes:
        queries: ``[query][dim]`` or ``[head][query][dim]``.
        keys: ``[key][dim]`` or ``[head][key][dim]``.
        asked: The request.
    """

    queries: Numbers
    keys: Numbers
    asked: AttentionRequest

    @property
    def query(self) -> Sequence[str]:
        """Labels of the queries."""
        return self.asked.query_labels or [f"q{i}" for i in range(self.queries.shape[-2])]

    @property
    def key(self) -> Sequence[str]:
        """Labels of the keys."""
        return self.asked.key_labels or [f"k{j}" for j in range(self.keys.shape[-2])]

    @property
    def notes(self) -> tuple[Note, ...]:
        """Remarks on what was given."""
        return tuple(
            Note("unused_field", f"{name} has no effect on numbers: it is for tokens.")
            for name in ("embedding", "projection")
            if name in self.asked.model_fields_set
        )

    @property
    def size(self) -> Size:
        """Sizes of the request."""
        values = self.asked.value or self.keys
        dims = {
            name: each.shape[-1]
            for name, each in (("query", self.queries), ("key", self.keys), ("value", values))
        }
        widest = max(dims, key=lambda name: dims[name])
        n_score_heads = self.queries.shape[0] if len(self.queries.shape) == 3 else 1
        heads = self.asked.spec.heads
        return Size(
            n_heads=min(heads.n_heads, n_score_heads) if heads.kind != "mha" else n_score_heads,
            n_score_heads=n_score_heads,
            n_queries=self.queries.shape[-2],
            n_keys=self.keys.shape[-2],
            dim=dims[widest],
            head_dim=dims["query"],
            key_head_dim=dims["key"],
            value_head_dim=dims["value"],
            n_parameters=0,
            fields=Fields(queries=("query",), keys=("key",), heads=("query",), dim=(widest,)),
        )

    def attend(self, budget_bytes: int, check: Callable[[], None]) -> AttentionMap:
        """Describe the attention between the numbers."""
        values = self.asked.value
        return attend(
            self.queries.tensor(_LIKE),
            self.keys.tensor(_LIKE),
            None if values is None else values.tensor(_LIKE),
            self.asked.spec,
            device=self.asked.device,
            budget_bytes=budget_bytes,
            check=check,
        )

    def capture(self, check: Callable[[], None]) -> Capture:
        """Keep what the attention between the numbers is a function of."""
        values = self.asked.value
        return capture_numbers(
            self.queries.tensor(_LIKE),
            self.keys.tensor(_LIKE),
            None if values is None else values.tensor(_LIKE),
            self.asked.spec,
            labels=(self.query, self.key),
            device=self.asked.device,
            check=check,
        )


Inputs = TokenInputs | NumberInputs


def inputs_of(asked: AttentionRequest, max_tokens: int) -> Inputs:
    """Find what a request attends with; a text is split no further than one token too many.

    Raises:
        ProblemError: When it is not exactly one thing.
    """
    if asked.encoding == "base64" and asked.decimals is not None:
        raise field_problem(
            ("decimals",),
            "decimals must be left out with the encoding base64, which holds every digit; use the "
            "encoding json, or leave decimals out.",
        )
    given = [name for name in ("tokens", "text", "query") if getattr(asked, name) is not None]
    if len(given) != 1:
        came = " and ".join(given) or "none of them"
        raise field_problem(
            (given[1],) if given else ("tokens",),
            f"Exactly one of tokens, text, or query with key must be given, got {came}.",
        )
    return _numbers_of(asked) if given == ["query"] else _tokens_of(asked, max_tokens)


def _numbers_of(asked: AttentionRequest) -> NumberInputs:
    for name in ("context", "context_text"):
        if getattr(asked, name) is not None:
            raise field_problem((name,), f"{name} must be left out with query; use key instead.")
    if asked.query is None or asked.key is None:
        raise field_problem(("key",), "key must be given with query, and is missing.")
    for name, labels, numbers in (
        ("query_labels", asked.query_labels, asked.query),
        ("key_labels", asked.key_labels, asked.key),
    ):
        n_rows = numbers.shape[-2]
        if labels is not None and len(labels) != n_rows:
            raise field_problem(
                (name,),
                f"{name} must hold one label for each of {n_rows} rows, got {len(labels)}; give as "
                "many, or leave it out.",
            )
    return NumberInputs(asked.query, asked.key, asked)


def _tokens_of(asked: AttentionRequest, max_tokens: int) -> TokenInputs:
    for name in ("key", "value", "query_labels", "key_labels"):
        if getattr(asked, name) is not None:
            raise field_problem((name,), f"{name} must come with query, not with tokens.")
    if asked.context is not None and asked.context_text is not None:
        raise field_problem(
            ("context_text",), "Only one of context and context_text must be given, got both."
        )
    query = asked.tokens
    if query is None:
        query = _split("text", asked.text or "", max_tokens)
    context = asked.context
    if asked.context_text is not None:
        context = _split("context_text", asked.context_text, max_tokens)
    return TokenInputs(query, context, asked)


def _split(name: str, text: str, max_tokens: int) -> list[str]:
    if tokens := split_text(text, max_tokens + 1):
        return tokens
    raise field_problem((name,), f"{name} must hold one token or more, got none; write a word.")
