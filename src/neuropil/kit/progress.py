"""How far a long piece of work is, told to whoever listens; also where it can be stopped.

for frame in track(frames, total=240, title="film"):  # silent unless somebody listens
    ...
with shown(reporter):  # the web page, a test
with on_terminal():    # bars on stderr, where that is a terminal
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol, TypeVar

from neuropil.kit.errors import escape_control

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

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


class _Nobody:
    def at(self, title: str, done: int, total: int | None) -> None:
        pass

    def say(self, line: str) -> None:
        pass

    def ask(self) -> None:
        pass


_reporter: ContextVar[Reporter] = ContextVar("reporter")


def listener() -> Reporter:
    """Give whoever listens, or nobody."""
    return _reporter.get(_Nobody())


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


@contextmanager
def report_to(reporter: Reporter) -> Iterator[None]:
    """Send the reports of everything inside the block to `reporter`."""
    token = _reporter.set(reporter)
    try:
        yield
    finally:
        _reporter.reset(token)


@contextmanager
def terminal_progress() -> Iterator[None]:
    """Print lines on stderr, and draw a bar for whatever is tracked where that is a terminal."""
    terminal = _Bars() if sys.stderr.isatty() else _Lines()
    try:
        with report_to(terminal):
            yield
    finally:
        terminal.close()


class _Lines(_Nobody):
    """What is left of a terminal when stderr goes to a file."""

    def say(self, line: str) -> None:
        sys.stderr.write(f"{escape_control(line)}\n")
        sys.stderr.flush()

    def close(self) -> None:
        pass


class _Bars(_Lines):
    """One bar per title, drawn by rich, which is imported once there is something to draw."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def at(self, title: str, done: int, total: int | None) -> None:
        progress = self._progress = self._progress or _start()
        if title not in self._tasks:
            self._tasks[title] = progress.add_task(escape_control(title), total=total)
        progress.update(self._tasks[title], completed=done, total=total)
        if done == total:
            progress.remove_task(self._tasks.pop(title))

    def say(self, line: str) -> None:
        if self._progress is None:
            super().say(line)
        else:
            self._progress.console.print(escape_control(line), markup=False, highlight=False)

    def close(self) -> None:
        if self._progress is not None:
            self._progress.stop()


def _start() -> "Progress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    title = TextColumn("{task.description}", markup=False)  # [a] is the name of a folder
    columns = title, BarColumn(), MofNCompleteColumn()
    progress = Progress(
        *columns,
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # results go to stdout, which may be a file
    )
    progress.start()
    return progress
