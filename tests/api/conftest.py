"""An application under test, and clients that talk to it without a network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from app.config import Settings
from app.main import create_app

PATH = "/api/v1/attention"


@asynccontextmanager
async def open_client(pool: Any = None, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Serve an application with some settings to a client in the same process.

    It keeps what it keeps in a folder of its own, unless the settings name one.
    """
    with TemporaryDirectory() as folder:
        app = create_app(Settings(**{"data_dir": Path(folder)} | settings), pool)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost"
            ) as client:
                yield client


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run the asynchronous tests on asyncio, as the service runs."""
    return "asyncio"


@pytest.fixture(scope="session")
async def client(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the application with its default settings."""
    async with open_client() as client:
        yield client
