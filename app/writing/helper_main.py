"""The helper's own program: it takes portions from a queue and writes them as JSON text.

It is run by its path, so that it imports neither torch nor the rest of the service, and ends when
the service does: nobody is left at the other end of the queue.
"""

import os
import signal
import socket
import struct
import sys

import numpy as np
import numpy.typing as npt
import orjson

Array = npt.NDArray[np.float32]

MESSAGE = struct.Struct("<3q3q8s8s")
"""A portion: its number, where its numbers begin, where its text goes; its sizes, zero for axes
that it lacks; and what is written before and after it."""

REPLY = struct.Struct("<2q")
"""A portion's number, and the bytes of its text."""


def text_of(portion: Array, before: bytes, after: bytes) -> list[bytes | memoryview]:
    """Write the members of a portion as JSON, without the brackets around them.

    orjson writes the shortest text that reads back as the same float32, and what is not finite as
    null.
    """
    text = orjson.dumps(portion, option=orjson.OPT_SERIALIZE_NUMPY)
    return [before, memoryview(text)[1:-1], after]


def main(queue_fd: int, replies_fd: int, numbers_fd: int, text_fd: int) -> None:
    """Write portions until nobody is left who could ask for more."""
    # Ctrl+C reaches every process of a terminal; the service ends first, and this one after it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    queue, replies = socket.socket(fileno=queue_fd), socket.socket(fileno=replies_fd)
    while message := queue.recv(MESSAGE.size):
        number, numbers_at, text_at, *sizes, before, after = MESSAGE.unpack(message)
        portion = np.empty([size for size in sizes if size], np.float32)
        os.preadv(numbers_fd, [portion.data.cast("B")], numbers_at)
        text = text_of(portion, before.rstrip(b"\0"), after.rstrip(b"\0"))
        replies.sendall(REPLY.pack(number, os.pwritev(text_fd, text, text_at)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
