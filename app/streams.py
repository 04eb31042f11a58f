"""Streams of events: each holds a connection for as long as its client likes, so they are few."""

from collections.abc import AsyncIterator

from app.errors import Exceeded, ProblemError


class Streams:
    """Counts the streams that are open; lives on one event loop.

    Args:
        most: How many may be.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._n_open = 0

    async def one(self) -> AsyncIterator[None]:
        """Hold a place while a request lasts, as a dependency of its endpoint.

        Raises:
            ProblemError: 429 where none is free.
        """
        if self._n_open >= self._most:
            raise ProblemError(
                429,
                f"At most {self._most} clients may follow events at once, and so many do; ask "
                "for the state now and then instead, or come back later.",
                exceeded=Exceeded("max_streams", self._n_open, self._most),
                headers={"Retry-After": "5"},
            )
        self._n_open += 1
        try:
            yield
        finally:
            self._n_open -= 1
