"""How fast this machine surveys: measured once, then learned from every survey that ends."""

import threading
import time

import torch

from attention_core import AttentionMap, AttentionSpec, Survey, survey_cells

_N_TOKENS, _DIM, _ROUNDS = 4096, 64, 3
_CELL = (8, 8)
"""As of long heads: finer cells of short ones take longer."""

_WEIGHT_OF_LAST = 0.5
_LEAST_CELLS = 2**24
"""A survey of fewer says little about those that anybody waits for."""


class Pace:
    """Seconds of one thread for a cell, by the way that it is computed; safe for threads.

    Args:
        n_threads: How many threads survey one head.
    """

    def __init__(self, n_threads: int) -> None:
        self._n_threads = n_threads
        self._lock = threading.Lock()
        self._measured_s: float | None = None
        self._learned_s: dict[str, float] = {}

    def measure(self) -> None:
        """Survey a small head, some tenths of a second, where nothing is known yet."""
        if self._measured_s is not None:
            return
        cells, laps = survey_cells((_N_TOKENS, _N_TOKENS), AttentionSpec(), dim=_DIM), list[float]()
        for _ in range(_ROUNDS):
            survey = Survey(_random_map(), 0, cell=_CELL)
            # Of the thread itself: what else the machine does just now is gone when it matters.
            started = time.thread_time()
            survey.run()
            laps.append(time.thread_time() - started)
        with self._lock:
            self._measured_s = min(laps) / cells * torch.get_num_threads()

    def learn(self, way: str, cells: float, seconds: float) -> None:
        """Take in how long a survey took.

        Args:
            way: How its cells were computed; ways may differ by more than anybody foretells.
            cells: How many they were.
            seconds: How long they took.
        """
        if cells < _LEAST_CELLS:
            return
        found = seconds * self._n_threads / cells
        with self._lock:
            known = self._learned_s.get(way, found)
            self._learned_s[way] = _WEIGHT_OF_LAST * found + (1 - _WEIGHT_OF_LAST) * known

    def seconds(self, way: str, cells: float) -> float:
        """Tell how long so many cells take; zero where nothing is known yet."""
        return cells * self._learned_s.get(way, self._measured_s or 0.0) / self._n_threads


def _random_map() -> AttentionMap:
    made = torch.Generator().manual_seed(0)
    query, key = (torch.randn(1, _N_TOKENS, _DIM, generator=made) for _ in range(2))
    return AttentionMap(query, key, None, AttentionSpec())
