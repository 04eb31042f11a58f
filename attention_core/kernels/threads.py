"""Blocks of rows side by side: one thread of torch's for each, instead of all of them for each.

Work on a block is many short operations. Were each of them shared out to all threads, the threads
would wait for each other after each, and far longer where other programs want the processors too.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from threading import Lock, Thread
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")

_COUNTING = Lock()
"""Threads tell torch their number one after the other, for each must find that of all others."""


def each(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    take: Callable[[Result], None],
    *,
    n_threads: int,
) -> None:
    """Do some work for each item, several at a time, and take the results in order.

    What the work raises ends all of it. At most twice as many results as threads wait to be taken.

    Args:
        work: Done in any thread.
        items: What to work on.
        take: Called in this thread, with one result after the other.
        n_threads: How many to work on at a time; one works in this thread, with torch's threads.
    """
    if n_threads == 1:
        for item in items:
            take(work(item))
        return
    with _pool(n_threads) as pool:
        waiting: deque[Future[Result]] = deque()
        coming = iter(items)
        waiting.extend(pool.submit(work, item) for item in islice(coming, 2 * n_threads))
        while waiting:
            take(waiting.popleft().result())
            waiting.extend(pool.submit(work, item) for item in islice(coming, 1))


@contextmanager
def _pool(n_threads: int) -> Iterator[ThreadPoolExecutor]:
    """Start threads of one thread of torch's each; what is not begun when they end never is."""
    pool = ThreadPoolExecutor(n_threads, initializer=_begin_alone)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _begin_alone() -> None:
    """Leave this thread one thread of torch's, and threads that start later as many as before."""
    with _COUNTING:
        # Asked first: a thread that was not takes the number that any thread was told last.
        n_of_others = torch.get_num_threads()
        torch.set_num_threads(1)
        # The same number would be that of threads to come: so another thread, which ends, is told.
        other = Thread(target=torch.set_num_threads, args=(n_of_others,))
        other.start()
        other.join()
