"""What is said while something is done."""

from collections.abc import Iterator
from contextlib import contextmanager

from neuropil.kit.progress import Nobody, report_to


class Listener(Nobody):
    """Takes lines down."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


@contextmanager
def listening() -> Iterator[list[str]]:
    """Give the list of what is said inside the block."""
    listener = Listener()
    with report_to(listener):
        yield listener.lines
