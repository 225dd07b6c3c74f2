"""What a job says while it runs, in a small file beside it, which is replaced whole.

    writer = StatusWriter(folder)       # in the worker
    writer(Progress("old.mp4", 3, 80))
    read_status(folder)                 # in the server: title, done, total, messages

A worker may be killed at any moment; a file that is replaced is whole at every moment, where a
queue would stay locked for all.
"""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from neuropil.jobs import Event, Message, Progress

FILE = "status.json"
SECONDS = 0.1  # between two writes of progress, at least


@dataclass(frozen=True)
class Status:
    """How far a job has come, and what it has said."""

    title: str = ""
    done: int = 0
    total: int | None = None
    messages: tuple[str, ...] = ()


class StatusWriter:
    """Takes the events of a job, and writes them down, not too often."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.status = Status()
        self.written = 0.0

    def __call__(self, event: Event) -> None:
        """Take an event."""
        now = time.monotonic()
        if isinstance(event, Message):
            told = (*self.status.messages, event.text)
            self.status = Status(self.status.title, self.status.done, self.status.total, told)
        elif isinstance(event, Progress):
            said = self.status.messages
            self.status = Status(event.title, event.done, event.total, said)
            if now - self.written < SECONDS and event.done != event.total:
                return
        else:
            return
        self.written = now
        write_status(asdict(self.status), self.folder)


def write_status(status: dict[str, Any], folder: Path) -> None:
    """Write down what a job has said last."""
    beside = (path := folder / FILE).with_suffix(".new")
    beside.write_text(json.dumps(status), encoding="utf-8")
    beside.replace(path)


def read_status(folder: Path) -> Status:
    """Read what a job has said last; nothing where it has said nothing yet, or is gone."""
    try:
        kept = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Status()
    return Status(**{**kept, "messages": tuple(kept["messages"])})
