"""``GET /api/v1/captures/{id}/region``: any rectangle of a head at bounded resolution."""

from dataclasses import asdict

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import API_PREFIX
from app.captures.answers import RegionAnswer
from app.captures.looking import Drawn, Looking, sizes_of_head, span_within
from app.captures.schemas import RegionQuery
from app.encoding import Pieces, finite_range, packed
from app.openapi import NOT_MODIFIED, json_answer, parameters, problems
from app.overviews.asking import Overviews
from app.overviews.place import Place
from app.overviews.waiting import removed
from app.queries import read_query
from app.store import OpenedCapture
from app.writing import Writer
from attention_core import NotSurveyedError, Pyramid, masked_cells, region

_PROBLEMS = problems(400, 401, 404, 409, 422, 424, 429, 500, 503, 504, 507)


def regions_router(looking: Looking, overviews: Overviews, writer: Writer) -> APIRouter:
    """Make the router of regions."""
    router = APIRouter(prefix=f"{API_PREFIX}/captures/{{capture_id}}", tags=["captures"])

    @router.head("/region", include_in_schema=False)
    @router.get(
        "/region",
        summary="Draw a rectangle of one head",
        response_class=Response,
        responses={200: json_answer(RegionAnswer), **NOT_MODIFIED, **_PROBLEMS},
        openapi_extra={"parameters": parameters(RegionQuery)},
    )
    async def get_region(capture_id: str, request: Request) -> Response:
        """Draw any rectangle at bounded resolution; tells the rectangle that was really drawn.

        What is drawn of an overview waits until that is made, unless `sampled=true` will do.
        """
        asked = read_query(RegionQuery, request)
        record = await looking.ready(capture_id)
        sizes = sizes_of_head(record, asked)
        spans = {
            "query": span_within("query", asked.query, sizes["n_queries"]),
            "key": span_within("key", asked.key, sizes["n_keys"]),
        }
        place = Place.of(record, asked)

        def look(opened: OpenedCapture) -> Drawn:
            at_once = asked.sampled and asked.what == "weights"
            pyramid = overviews.pyramid(opened, place, at_once=at_once)
            with writer.writing() as writing:
                return _region(opened, asked, spans, pyramid, Pieces(writing))

        try:
            return await looking.answer(request, record, asked, look)
        except NotSurveyedError:
            await overviews.wait(request, record, place)
        # It may have been deleted meanwhile.
        record = await looking.ready(capture_id)
        try:
            return await looking.answer(request, record, asked, look)
        except NotSurveyedError:
            raise removed(record) from None

    return router


def _region(
    opened: OpenedCapture,
    asked: RegionQuery,
    spans: dict[str, slice],
    pyramid: Pyramid | None,
    answer: Pieces,
) -> Drawn:
    whole = opened.map(asked.kind, asked.layer)
    drawn = region(
        whole,
        head=asked.head,
        height=asked.height,
        width=asked.width,
        reduce=asked.reduce,
        what=asked.what,
        pyramid=pyramid,
        sampled=asked.sampled,
        check=opened.check,
        **spans,
    )
    answer.add_matrix(
        "matrix",
        drawn.matrix,
        ("query", "key"),
        encoding=asked.encoding,
        dtype=asked.dtype or "f4",
    )
    for name in ("query", "key", "cell", "reduce", "what", "exact"):
        answer.add(name, getattr(drawn, name))
    answer.add("range", finite_range(drawn.matrix))
    answer.add("sampled", None if drawn.sampled is None else asdict(drawn.sampled))
    masked = masked_cells(whole, drawn) if asked.masked else None
    answer.add("masked", None if masked is None else packed(masked))
    return Drawn(answer.close(), is_final=drawn.sampled is None)
