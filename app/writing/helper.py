"""The process beside the service, seen from the service."""

import contextlib
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

from app.writing.helper_main import MESSAGE, REPLY
from app.writing.portions import Portion

_PROGRAM = Path(__file__).with_name("helper_main.py")

_BYTES_PER_NUMBER = 24
"""No float32 takes more as JSON, its comma included; the brackets of a row count as a number."""

_KEPT_BYTES = 32 * 2**20
"""What the shared files may hold between answers: new pages cost more than what is written."""

_REPLY_S = 2.0
"""A portion takes a millisecond. Who waits so long for one writes it, and has lost the helper."""

_END_S = 1.0


class HelperLostError(Exception):
    """The helper ended, or does not answer any more."""


class Helper:
    """A process that takes portions from a queue and writes them; for one thread at a time.

    Numbers and texts lie in files in memory that both processes hold. The queue is a socket of
    whole messages that both read: each message goes to one of them. Linux only.

    Raises:
        OSError: When no process, file or socket can be had.
    """

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self._n_number_bytes = self._n_text_bytes = 0
        with contextlib.ExitStack() as opened:
            self._offered, self._queue = _socket_pair(opened)
            self._replies, theirs = _socket_pair(opened)
            self._numbers, self._texts = _shared_file(opened), _shared_file(opened)
            self._replies.settimeout(_REPLY_S)
            given = self._queue.fileno(), theirs.fileno(), self._numbers, self._texts
            # In a group of its own: what a terminal sends to the service's would end it too soon.
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", str(_PROGRAM), *map(str, given)],
                stdin=subprocess.DEVNULL,
                pass_fds=given,
                process_group=0,
            )
            # The helper alone holds this end, so that its end is seen at the other.
            theirs.close()
            self._opened = opened.pop_all()

    @property
    def status(self) -> int | None:
        """How the process ended; None while it runs."""
        return self._process.poll()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left of an answer."""
        return not self._places

    def offer(self, number: int, portion: Portion) -> bool:
        """Put a portion into the queue; tells whether there was room."""
        numbers = portion.numbers
        sizes = (*numbers.shape, 0, 0)[:3]
        texts = portion.before, portion.after
        message = MESSAGE.pack(number, self._n_number_bytes, self._n_text_bytes, *sizes, *texts)
        try:
            data = numbers.data.cast("B")
            if os.pwrite(self._numbers, data, self._n_number_bytes) < numbers.nbytes:
                return False
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
            number, n_bytes = REPLY.unpack(self._replies.recv(REPLY.size))
        except (OSError, struct.error) as error:
            # So that nobody waits for it again.
            self.kill()
            raise HelperLostError from error
        return number, os.pread(self._texts, n_bytes, self._places.pop(number))

    def rest(self) -> None:
        """Forget the answer that was written, and give back what only a large one needs."""
        if self._n_number_bytes + self._n_text_bytes > _KEPT_BYTES:
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


def _socket_pair(opened: contextlib.ExitStack) -> tuple[socket.socket, socket.socket]:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return opened.enter_context(one), opened.enter_context(other)


def _shared_file(opened: contextlib.ExitStack) -> int:
    descriptor = os.memfd_create("attention-atlas")
    opened.callback(os.close, descriptor)
    return descriptor
