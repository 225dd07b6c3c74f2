"""Progress on a terminal: a bar for whatever is tracked, and lines; lines alone in a file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from neuropil.kit.errors import escape_control
from neuropil.kit.progress import Nobody, report_to

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


@contextmanager
def terminal_progress() -> Iterator[None]:
    """Print lines on stderr, and draw a bar for whatever is tracked where that is a terminal."""
    terminal = _Bars() if sys.stderr.isatty() else _Lines()
    try:
        with report_to(terminal):
            yield
    finally:
        terminal.close()


class _Lines(Nobody):
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
