"""The application: wiring only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI
from starlette.middleware import Middleware

from app.access import AccessLog
from app.api.attention import attention_router
from app.api.info import health_router, info_router, service_version
from app.body_limits import BodyLimits
from app.config import Settings
from app.docs import add_docs
from app.errors import add_problems
from app.gate import Gate
from app.openapi import describe
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
from attention_core import attend_tokens


def create_app(settings: Settings) -> FastAPI:
    """Wire the service together."""
    gate, reader = Gate(settings), Reader(settings)
    readiness = Readiness()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await gate.start(_warm_up)
        readiness.status = "ok"
        yield
        readiness.status = "stopping"
        gate.close()
        reader.close()

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
    app.include_router(attention_router(settings, reader, gate))
    app.include_router(info_router(settings))
    app.include_router(health_router(readiness))
    app.openapi = describe(app)  # type: ignore[method-assign]
    add_problems(app)
    add_pages(app, settings)
    add_docs(app)
    return app


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
