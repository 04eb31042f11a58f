"""Who writes: whoever answers, and the helper beside it for one answer at a time."""

import os
import sys
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
        self._has_helper = _can_help() if has_helper is None else has_helper
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
        lent = None
        try:
            lent = self._ready()
        finally:
            if lent is None:
                self._is_lent.release()
        return lent

    def take_back(self) -> None:
        """Have the helper back from who borrowed it."""
        try:
            if self._helper is not None:
                if not self._has_helper:
                    self._end()
                elif self._helper.is_idle:
                    self._helper.rest()
                else:
                    self._drop()
        finally:
            self._is_lent.release()

    def close(self) -> None:
        """End the helper, and have no other; an answer that is being written goes on alone."""
        self._has_helper = False
        if self._is_lent.acquire(timeout=_END_S):
            self._end()
            self._is_lent.release()
        elif (lent := self._helper) is not None:
            lent.kill()

    def _ready(self) -> Helper | None:
        """Find the helper alive, or start it, unless one was started a moment ago."""
        if self._helper is not None and self._helper.status is not None:
            self._drop()
        now = time.monotonic()
        # It may have been closed while the lock was taken.
        if self._helper is None and self._has_helper and now >= self._next_start_s:
            self._next_start_s = now + _AGAIN_S
            try:
                self._helper = Helper()
            except OSError as error:
                _log.warning("no_helper", error=str(error))
        return self._helper

    def _drop(self) -> None:
        if self._helper is not None:
            _log.warning("helper_lost", status=self._helper.status)
            self._helper.kill()
        self._end()

    def _end(self) -> None:
        if self._helper is not None:
            self._helper.close()
            self._helper = None


class Writing:
    """The writing of one answer's matrices, begun while the next one is being computed.

    Args:
        writer: Lends the helper; None to write alone.
    """

    def __init__(self, writer: Writer | None = None) -> None:
        self._writer = writer
        self._helper: Helper | None = None
        self._portions: list[Portion] = []

    def start(self, array: Array) -> Text:
        """Begin with a matrix of float32, which must stay as it is until ``finish`` has returned.

        Returns:
            Its text, which is there then.
        """
        array = np.ascontiguousarray(array, np.float32)
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
            self._writer.take_back()
            self._helper = None

    def _share(self, helper: Helper, *, is_wanted: bool = True) -> None:
        """Empty the queue together with the helper; what is lost with it has no text."""
        try:
            while (number := helper.take_back()) is not None:
                if is_wanted:
                    self._portions[number].write()
            while (found := helper.collect()) is not None:
                number, text = found
                self._portions[number].text = text
        except HelperLostError:
            return


def _can_help() -> bool:
    """Tell whether this is a Linux that lets us use a second processor."""
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1
