"""Work done side by side and handed on in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_order(work: Callable[[T], R], items: Iterable[T], n_threads: int) -> Iterator[R]:
    """Yield ``work(item)`` of each item, in the order of the items, `n_threads` of them at a time.

    No more than one item waits for a free thread, so memory is bounded whatever the number of items. When the
    consumer stops early, what has not begun is not begun.

    Examples
    --------
    >>> list(in_order(lambda number: number**2, [3, 1, 2], n_threads=2))
    [9, 1, 4]
    """
    under_way: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(n_threads)
    try:
        for item in items:
            under_way.append(pool.submit(work, item))
            if len(under_way) > n_threads:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
