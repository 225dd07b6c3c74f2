"""How much work is done between two questions whether to stop."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from neuropil.kit import progress

MOST_SECONDS = 0.4  # of work of its own; a busy machine adds up to 0.2 to the clock of a thread


class Stopwatch:
    """Never stops the work, and keeps how much of it was done between two questions."""

    def __init__(self) -> None:
        self.since, self.gaps = time.thread_time(), list[float]()

    def ask(self) -> None:
        self.gaps.append(time.thread_time() - self.since)
        self.since = time.thread_time()

    def is_set(self) -> bool:
        self.ask()
        return False

    def at(self, title: str, done: int, total: int | None) -> None:
        self.ask()

    def say(self, line: str) -> None:
        pass


class StopAt:
    """Stop at the n-th question."""

    def __init__(self, n: int) -> None:
        self.left = n

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0


@contextmanager
def stopped_soon() -> Iterator[Stopwatch]:
    """Expect that whatever is done inside the block asks often enough whether to stop."""
    watch = Stopwatch()
    with progress.report_to(watch):
        yield watch
    watch.ask()
    assert max(watch.gaps) < MOST_SECONDS
