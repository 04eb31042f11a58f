"""The helper's own program: it takes portions from a queue and writes them as JSON text.

It is run by its path, so that it imports neither torch nor the rest of the service, and ends when
the service does: nobody is left at the other end of the queue.
"""

import os
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


def main(queue_fd: int, replies_fd: int, numbers_fd: int, texts_fd: int) -> None:
    """Write portions until nobody is left who could ask for more.

    Raises:
        OSError: When the shared files do not hold all; to end tells the service that.
    """
    with socket.socket(fileno=queue_fd) as queue, socket.socket(fileno=replies_fd) as replies:
        while message := queue.recv(MESSAGE.size):
            number, numbers_at, text_at, *sizes, before, after = MESSAGE.unpack(message)
            portion = np.empty([size for size in sizes if size], np.float32)
            n_read = os.preadv(numbers_fd, [portion.data.cast("B")], numbers_at)
            text = text_of(portion, before.rstrip(b"\0"), after.rstrip(b"\0"))
            n_written = os.pwritev(texts_fd, text, text_at)
            if n_read < portion.nbytes or n_written < sum(map(len, text)):
                raise OSError("the shared files must hold a portion and its text, and do not.")
            replies.send(REPLY.pack(number, n_written))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
