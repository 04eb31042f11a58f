"""``GET /api/v1/captures/{id}/tokens``: some tokens of a long sequence."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import API_PREFIX
from app.captures.answers import TokensAnswer
from app.captures.looking import Drawn, Looking, sizes_of_kind, span_within
from app.captures.schemas import TokensQuery
from app.encoding import Pieces
from app.errors import Exceeded, field_problem
from app.openapi import NOT_MODIFIED, json_answer, parameters, problems
from app.queries import read_query
from app.store import OpenedCapture

_MAX_SPAN = 4096
"""Most tokens of one answer."""

_PROBLEMS = problems(400, 401, 404, 409, 422, 424, 429, 500, 503, 504)


def tokens_router(looking: Looking) -> APIRouter:
    """Make the router of tokens."""
    router = APIRouter(prefix=f"{API_PREFIX}/captures/{{capture_id}}", tags=["captures"])

    @router.head("/tokens", include_in_schema=False)
    @router.get(
        "/tokens",
        summary="List some tokens",
        response_class=Response,
        responses={200: json_answer(TokensAnswer), **NOT_MODIFIED, **_PROBLEMS},
        openapi_extra={"parameters": parameters(TokensQuery)},
    )
    async def get_tokens(capture_id: str, request: Request) -> Response:
        """List the tokens that stand at some queries, or at some keys."""
        asked = read_query(TokensQuery, request)
        record = await looking.ready(capture_id)
        size = sizes_of_kind(record, asked.kind)["n_queries" if asked.side == "query" else "n_keys"]
        span = span_within("span", asked.span, size)
        n_tokens = span.stop - span.start
        if n_tokens > _MAX_SPAN:
            raise field_problem(
                ("span",),
                f"span must hold at most {_MAX_SPAN} tokens, got {n_tokens}; ask for them part by "
                "part.",
                exceeded=Exceeded("span", n_tokens, _MAX_SPAN),
            )
        return await looking.answer(request, record, asked, lambda it: _tokens(it, asked, span))

    return router


def _tokens(opened: OpenedCapture, asked: TokensQuery, span: slice) -> Drawn:
    stack = opened.capture.stack(asked.kind)
    tokens = stack.query_tokens if asked.side == "query" else stack.key_tokens
    answer = Pieces()
    answer.add("kind", asked.kind)
    answer.add("side", asked.side)
    answer.add("span", (span.start, span.stop))
    answer.add("tokens", tokens[span])
    return Drawn(answer.close())
