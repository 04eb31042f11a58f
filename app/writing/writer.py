"""Who writes: whoever answers, and the helper beside it for one answer at a time."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import numpy as np
import orjson
import structlog

from app.writing.helper import Helper, HelperLostError
from app.writing.helper_main import Array
from app.writing.portions import Portion, portions_of

_log: structlog.stdlib.BoundLogger = structlog.get_logger("attention_atlas.writing")

_LARGE = 2**16
"""Numbers that two write sooner than one."""

_MOST_AXES = 3

_AGAIN_S = 60.0
"""A helper is not started more often."""

_END_S = 1.0


class Text:
    """The text of a matrix, which is there when the writing is finished."""

    def __init__(self, portions: list[Portion]) -> None:
        self._portions = portions

    @property
    def pieces(self) -> list[bytes]:
        """The text, in order.

        Raises:
            RuntimeError: When it is not finished.
        """
        texts = [portion.text for portion in self._portions]
        if None in texts:
            raise RuntimeError("a text must be finished before it is read; call finish() first.")
        return cast("list[bytes]", texts)


class Writer:
    """Lends the helper to the answer that asks first; safe for many threads.

    Args:
        has_helper: Whether there is one; by default where there is a second processor for it.
    """

    def __init__(self, *, has_helper: bool | None = None) -> None:
        self._has_helper = (os.cpu_count() or 1) > 1 if has_helper is None else has_helper
        self._helper: Helper | None = None
        self._is_lent = threading.Lock()
        self._next_start_s = 0.0

    @contextmanager
    def writing(self) -> Iterator["Writing"]:
        """Write the matrices of one answer."""
        writing = Writing(self)
        try:
            yield writing
        finally:
            writing.end()

    def lend(self) -> Helper | None:
        """Lend the helper; None when it is lent, and where it cannot be had."""
        if not self._has_helper or not self._is_lent.acquire(blocking=False):
            return None
        if self._helper is not None and not self._helper.is_alive:
            self._drop()
        if self._helper is None:
            self._helper = self._started()
        if self._helper is None:
            self._is_lent.release()
        return self._helper

    def take_back(self, *, is_lost: bool) -> None:
        """Have the helper back from who borrowed it."""
        if is_lost:
            self._drop()
        elif self._helper is not None:
            self._helper.rest()
        self._is_lent.release()

    def close(self) -> None:
        """End the helper, and have no other; an answer that is being written goes on alone."""
        self._has_helper = False
        if self._is_lent.acquire(timeout=_END_S):
            if self._helper is not None:
                self._helper.close()
                self._helper = None
            self._is_lent.release()
        elif self._helper is not None:
            self._helper.kill()

    def _drop(self) -> None:
        _log.warning("helper_lost")
        if self._helper is not None:
            self._helper.kill()
            self._helper.close()
            self._helper = None

    def _started(self) -> Helper | None:
        now = time.monotonic()
        if now < self._next_start_s:
            return None
        self._next_start_s = now + _AGAIN_S
        try:
            return Helper()
        except OSError as error:
            _log.warning("no_helper", error=str(error))
            return None


class Writing:
    """The writing of one answer's matrices, begun while the next one is being computed.

    Args:
        writer: Lends the helper; None to write alone.
    """

    def __init__(self, writer: Writer | None = None) -> None:
        self._writer = writer
        self._helper: Helper | None = None
        self._is_lost = False
        self._portions: list[Portion] = []

    def start(self, array: Array) -> Text:
        """Begin with a matrix; its text is there when ``finish`` has returned."""
        array = np.ascontiguousarray(array)
        if array.size < _LARGE or array.ndim > _MOST_AXES:
            whole = orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY)
            return Text([Portion(array, b"", text=whole)])
        portions = portions_of(array)
        if self._helper is None and self._writer is not None:
            self._helper = self._writer.lend()
        if self._helper is not None:
            for number, portion in enumerate(portions, len(self._portions)):
                if not self._helper.offer(number, portion):
                    break
        self._portions += portions
        return Text(portions)

    def finish(self) -> None:
        """Write what nobody writes, and wait for what the helper does."""
        if self._helper is not None:
            self._share(self._helper)
        for portion in self._portions:
            if portion.text is None:
                portion.write()

    def end(self) -> None:
        """Give the helper back, whether all was written or not."""
        if self._helper is None or self._writer is None:
            return
        try:
            self._share(self._helper, is_wanted=False)
        finally:
            self._writer.take_back(is_lost=self._is_lost)
            self._helper = None

    def _share(self, helper: Helper, *, is_wanted: bool = True) -> None:
        """Empty the queue together with the helper."""
        if self._is_lost:
            return
        try:
            while (number := helper.take_back()) is not None:
                if is_wanted:
                    self._portions[number].write()
            while (found := helper.collect()) is not None:
                number, text = found
                self._portions[number].text = text
        except HelperLostError:
            self._is_lost = True
