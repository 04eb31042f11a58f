"""Large bodies are read beside the event loop, few of them waiting."""

import asyncio
import threading

import pytest

from app.config import Limits
from app.errors import ProblemError
from app.reading import Reader

pytestmark = pytest.mark.anyio

LARGE = b" " * 100_000


async def test_a_small_body_is_read_at_once_and_a_large_one_in_a_thread() -> None:
    reader = Reader(Limits())

    small = await reader.run(lambda _body: threading.get_ident(), b" ")
    large = await reader.run(lambda _body: threading.get_ident(), LARGE)
    reader.close()

    assert small == threading.get_ident()
    assert large != threading.get_ident()


async def test_an_error_of_a_read_is_the_callers() -> None:
    reader = Reader(Limits())

    def fail(_body: bytes) -> None:
        raise ProblemError(400, "no")

    with pytest.raises(ProblemError):
        await reader.run(fail, LARGE)
    assert await reader.run(len, LARGE) == len(LARGE)
    reader.close()


async def test_too_many_bodies_and_those_that_wait_too_long_are_sent_away() -> None:
    reader, let_go = Reader(Limits(waiting_jobs=1, waiting_s=0.2)), threading.Event()

    def read(_body: bytes) -> str:
        let_go.wait(5)
        return "done"

    reading = [asyncio.create_task(reader.run(read, LARGE)) for _ in range(2)]
    await asyncio.sleep(0.05)
    with pytest.raises(ProblemError) as full:
        await reader.run(read, LARGE)
    small = await reader.run(lambda _body: "small", b"")
    late = await asyncio.gather(*reading, return_exceptions=True)
    let_go.set()
    after = await reader.run(read, LARGE)
    reader.close()

    assert full.value.status == 429
    assert full.value.headers["Retry-After"]
    assert small == "small"
    assert [each.status for each in late if isinstance(each, ProblemError)] == [503, 503]
    assert after == "done"
