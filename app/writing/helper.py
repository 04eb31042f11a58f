"""The process beside the service, seen from the service."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from app.writing.helper_main import MESSAGE, REPLY
from app.writing.portions import Portion

_PROGRAM = Path(__file__).with_name("helper_main.py")

_BYTES_PER_NUMBER = 24
"""No float32 takes more as JSON, its comma included; the brackets of a row count as a number."""

_KEPT_BYTES = 64 * 2**20
"""What the shared files may hold between answers: new pages cost more than what is written."""

_REPLY_S = 10.0
"""A portion takes a millisecond: a helper that is silent for so long is lost."""

_END_S = 1.0


class HelperLostError(Exception):
    """The helper ended, or does not answer any more."""


class Helper:
    """A process that takes portions from a queue and writes them; for one thread at a time.

    Numbers and texts lie in files in memory that both processes hold. The queue is a socket that
    both read: each message goes to one of them.

    Raises:
        OSError: When no process, file or socket can be had.
    """

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self._n_number_bytes = self._n_text_bytes = 0
        with contextlib.ExitStack() as opened:
            self._offered, self._queue, self._replies, theirs = map(
                opened.enter_context, (*socket.socketpair(), *socket.socketpair())
            )
            self._numbers, self._texts = _shared_file(opened), _shared_file(opened)
            self._replies.settimeout(_REPLY_S)
            given = self._queue.fileno(), theirs.fileno(), self._numbers, self._texts
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", str(_PROGRAM), *map(str, given)],
                stdin=subprocess.DEVNULL,
                pass_fds=given,
            )
            theirs.close()
            self._opened = opened.pop_all()

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def offer(self, number: int, portion: Portion) -> bool:
        """Put a portion into the queue; tells whether there was room."""
        numbers = portion.numbers
        sizes = (*numbers.shape, 0, 0)[:3]
        texts = portion.before, portion.after
        message = MESSAGE.pack(number, self._n_number_bytes, self._n_text_bytes, *sizes, *texts)
        try:
            os.pwrite(self._numbers, numbers.data.cast("B"), self._n_number_bytes)
            self._offered.send(message, socket.MSG_DONTWAIT)
        except OSError:
            return False
        self._places[number] = self._n_text_bytes
        self._n_number_bytes += numbers.nbytes
        n_rows = numbers.size // numbers.shape[-1]
        self._n_text_bytes += _BYTES_PER_NUMBER * (numbers.size + n_rows)
        return True

    def take_back(self) -> int | None:
        """Take the next portion from the queue, so that the helper will not; None where none is."""
        try:
            message = self._queue.recv(MESSAGE.size, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        number: int = MESSAGE.unpack(message)[0]
        del self._places[number]
        return number

    def collect(self) -> tuple[int, bytes] | None:
        """Wait for a portion that the helper took, and return its text; None where there is none.

        Raises:
            HelperLostError: When there will be none.
        """
        if not self._places:
            return None
        try:
            reply = self._replies.recv(REPLY.size)
        except OSError as error:
            raise HelperLostError from error
        if len(reply) < REPLY.size:
            raise HelperLostError
        number, n_bytes = REPLY.unpack(reply)
        return number, os.pread(self._texts, n_bytes, self._places.pop(number))

    def rest(self) -> None:
        """Forget the answer that was written, and give back what only a large one needs."""
        if self._n_text_bytes > _KEPT_BYTES:
            os.ftruncate(self._numbers, 0)
            os.ftruncate(self._texts, 0)
        self._n_number_bytes = self._n_text_bytes = 0

    def kill(self) -> None:
        """End the process, whoever waits for it; any thread may ask."""
        self._process.kill()

    def close(self) -> None:
        """End the process and let go of what was shared with it."""
        self._opened.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _shared_file(opened: contextlib.ExitStack) -> int:
    """Open a file in memory, or where the system has none, one without a name."""
    if hasattr(os, "memfd_create"):
        descriptor: int = os.memfd_create("attention-atlas")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    opened.callback(os.close, descriptor)
    return descriptor
