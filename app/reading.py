"""Large bodies are read in a thread of their own, so that the event loop goes on turning."""

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from app.config import Limits
from app.errors import Exceeded, ProblemError

_Read = TypeVar("_Read")

_SMALL_BYTES = 64 * 1024
"""A body up to here is read in milliseconds, sooner than a thread would begin."""


class Reader:
    """Reads bodies one at a time beside the event loop, few waiting; lives on one event loop.

    Args:
        limits: How many may wait, and how long.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._n_reading = 0
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="read")

    async def run(self, read: Callable[[bytes], _Read], body: bytes) -> _Read:
        """Read a body: at once when it is small, else in the thread when its turn comes.

        Raises:
            ProblemError: 429 when too many bodies wait, 503 when the turn did not come in time.
        """
        if len(body) <= _SMALL_BYTES:
            return read(body)
        self._refuse_when_full()
        self._n_reading += 1
        try:
            # On its deadline the call is cancelled, and a read that has not begun never will.
            async with asyncio.timeout(self._limits.waiting_s):
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._pool, read, body)
        except TimeoutError:
            raise self._too_late() from None
        finally:
            self._n_reading -= 1

    def close(self) -> None:
        """Refuse further bodies and drop those that are not begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _refuse_when_full(self) -> None:
        maximum = self._limits.waiting_jobs
        if self._n_reading > maximum:
            raise ProblemError(
                429,
                f"At most {maximum} large bodies may wait to be read, and so many do; ask again "
                "later.",
                exceeded=Exceeded("waiting_jobs", self._n_reading - 1, maximum),
                headers=self._retry_after(),
            )

    def _too_late(self) -> ProblemError:
        maximum = self._limits.waiting_s
        return ProblemError(
            503,
            f"A body may wait {maximum:g} s to be read, and this one was not; ask again later, or "
            f"send at most {_SMALL_BYTES} bytes, which need not wait.",
            exceeded=Exceeded("waiting_s", maximum, maximum),
            headers=self._retry_after(),
        )

    def _retry_after(self) -> dict[str, str]:
        return {"Retry-After": str(math.ceil(self._limits.waiting_s))}
