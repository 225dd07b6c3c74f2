"""What is said while something is done."""

from collections.abc import Iterator
from contextlib import contextmanager

from neuropil.kit import progress


class Listener:
    """Takes lines down."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def ask(self) -> None:
        pass

    def at(self, title: str, done: int, total: int | None) -> None:
        pass

    def say(self, line: str) -> None:
        self.lines.append(line)


@contextmanager
def listening() -> Iterator[list[str]]:
    """Give the list of what is said inside the block."""
    listener = Listener()
    with progress.report_to(listener):
        yield listener.lines
