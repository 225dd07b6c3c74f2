"""How far a long piece of work is, told to whoever listens; also where it can be stopped.

    for frame in track(frames, total=240, title="film"):  # silent unless somebody listens
        ...
    with report_to(reporter):  # bars of a terminal, a web page, a test

What is tracked knows nothing of who listens.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol, TypeVar

T = TypeVar("T")


class Cancelled(KeyboardInterrupt):
    """What a reporter raises to stop the work that reports to it."""


class Reporter(Protocol):
    """Whoever wants to know how far the work is."""

    def at(self, title: str, done: int, total: int | None) -> None:
        """Take note that so many are done, of so many where that is known; equal at the end."""

    def say(self, line: str) -> None:
        """Take note of a line for people."""

    def ask(self) -> None:
        """Raise Cancelled where the work is to stop."""


class Nobody:
    """A reporter who listens to nothing."""

    def at(self, title: str, done: int, total: int | None) -> None:
        """Do nothing."""

    def say(self, line: str) -> None:
        """Do nothing."""

    def ask(self) -> None:
        """Do nothing."""


class Muted:
    """A reporter that only lets the work be stopped, where another one stops it."""

    def __init__(self, other: Reporter) -> None:
        self._other = other

    def at(self, title: str, done: int, total: int | None) -> None:
        """Stop the work if that was asked for."""
        self.ask()

    def say(self, line: str) -> None:
        """Do nothing."""

    def ask(self) -> None:
        """Stop the work if that was asked for."""
        self._other.ask()


_reporter: ContextVar[Reporter] = ContextVar("reporter")


def listener() -> Reporter:
    """Give whoever listens, or nobody."""
    return _reporter.get(Nobody())


def tick() -> None:
    """Stop here if that was asked for; beside `track`, where nothing is counted."""
    listener().ask()


def ticking(iterable: Iterable[T]) -> Iterator[T]:
    """Pass the items on; before each of them, stop if that was asked for."""
    for item in iterable:
        tick()
        yield item


def track(iterable: Iterable[T], *, total: int | None, title: str, start: int = 0) -> Iterator[T]:
    """Pass the items on and report before each of them, and once more after the last."""
    reporter = listener()
    done = start
    for item in iterable:
        reporter.at(title, done, total)
        yield item
        done += 1
    reporter.at(title, done, done)


def message(line: str) -> None:
    """Tell a line to whoever listens."""
    listener().say(line)


def tell_of(path: Path, sentence: str) -> None:
    """Tell something of a file to whoever listens."""
    message(f"{path}: {sentence}")


@contextmanager
def report_to(reporter: Reporter) -> Iterator[None]:
    """Send the reports of everything inside the block to `reporter`."""
    token = _reporter.set(reporter)
    try:
        yield
    finally:
        _reporter.reset(token)


@contextmanager
def mute() -> Iterator[None]:
    """Tell nothing of what is done inside the block, which can still be stopped."""
    with report_to(Muted(listener())):
        yield
