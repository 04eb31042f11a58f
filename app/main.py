"""The application: wiring only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI
from starlette.middleware import Middleware

from app.access import AccessLog
from app.api.attention import attention_router
from app.api.capture import capture_router
from app.api.captures import captures_router
from app.api.estimate import estimate_router
from app.api.events import events_router
from app.api.info import health_router, info_router, service_version
from app.api.models import models_router
from app.api.overview_events import overview_events_router
from app.api.overviews import overviews_router
from app.api.pictures import pictures_router
from app.api.regions import regions_router
from app.api.tokens import tokens_router
from app.body_limits import BodyLimits
from app.captures.capturing import Capturing
from app.captures.intake import Intake
from app.captures.jobs import CaptureJobs
from app.captures.looking import Looking
from app.captures.progress import ProgressBoard
from app.captures.shelf import Shelf
from app.config import Settings
from app.docs import add_docs
from app.errors import add_problems
from app.gate import Gate
from app.models import ModelPool, open_pool
from app.openapi import describe
from app.overviews.asking import Overviews
from app.pages import add_pages
from app.readiness import Readiness
from app.reading import Reader
from app.security import (
    AllowedHosts,
    ApiKey,
    Check,
    Checks,
    HeaderSize,
    SecurityHeaders,
    refuse_nul,
    refuse_other_origins,
    refuse_two_lengths,
)
from app.store import OpenedCaptures, Store
from app.streams import Streams
from app.writing import Writer
from attention_core import attend_tokens

_MAPPED_SHARE = 8
"""Opened captures may map this part of the memory budget; what is not touched takes none."""


def create_app(settings: Settings, pool: ModelPool | None = None) -> FastAPI:
    """Wire the service together.

    Args:
        settings: What an operator decided.
        pool: The models that captures may ask; those of the settings when absent.
    """
    gate, reader, writer = Gate(settings), Reader(settings), Writer()
    readiness = Readiness()
    pool = open_pool(settings) if pool is None else pool
    store = Store(settings)
    opened, board = _opened(store, settings), ProgressBoard()
    shelf, capturing = Shelf(store, board), Capturing(settings, pool)
    looking, streams = Looking(shelf, opened, gate), Streams(settings.max_streams)
    overviews = Overviews(settings, store, opened=opened, looking=looking, readiness=readiness)

    def let_go(capture_id: str) -> None:
        opened.close(capture_id)
        overviews.forget(capture_id)

    jobs = CaptureJobs(store, let_go, capturing, board)
    intake = Intake(settings, store, jobs=jobs, capturing=capturing, reader=reader)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await gate.start(_warm_up)
        await store.run(store.open)
        await store.run(overviews.start)
        if store.is_saving:
            jobs.start()
        readiness.status = "ok"
        yield
        readiness.status = "stopping"
        gate.close()
        reader.close()
        writer.close()
        pool.close()
        overviews.close()
        jobs.close()
        store.close()

    app = FastAPI(
        title="Attention Atlas",
        summary="See what attention sees: scores, weights and outputs of any mechanism.",
        version=service_version(),
        lifespan=lifespan,
        middleware=_middleware(settings),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(attention_router(settings, reader, gate, writer))
    for router in (
        captures_router(shelf, intake),
        estimate_router(store, intake, capturing, gate),
        capture_router(settings, shelf, jobs),
        events_router(shelf, readiness, streams),
        overviews_router(settings, looking, overviews),
        overview_events_router(looking, overviews, streams),
        regions_router(looking, overviews, writer),
        pictures_router(looking),
        tokens_router(looking),
        models_router(pool),
        info_router(settings),
    ):
        app.include_router(router)
    app.include_router(health_router(readiness))
    app.state.readiness = readiness
    app.openapi = describe(app)  # type: ignore[method-assign]
    add_problems(app)
    add_pages(app, store)
    add_docs(app)
    return app


def _opened(store: Store, settings: Settings) -> OpenedCaptures:
    return OpenedCaptures(
        store.load,
        lambda record: store.folder.stamp(record.id),
        settings.memory_budget_bytes // _MAPPED_SHARE,
    )


def _middleware(settings: Settings) -> list[Middleware]:
    """List the middlewares, the outermost first."""
    checks: list[Check] = [
        HeaderSize(settings.max_header_bytes),
        refuse_nul,
        refuse_two_lengths,
        AllowedHosts(settings.allowed_hosts),
        refuse_other_origins,
    ]
    if settings.api_key is not None:
        checks.append(ApiKey(settings.api_key.get_secret_value()))
    return [
        Middleware(CorrelationIdMiddleware),
        Middleware(SecurityHeaders),
        Middleware(AccessLog),
        Middleware(Checks, checks=checks),
        Middleware(BodyLimits, limits=settings),
    ]


def _warm_up() -> None:
    attend_tokens(["the", "cat"]).weights()
