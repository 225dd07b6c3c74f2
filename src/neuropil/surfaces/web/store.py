"""Inputs and results of jobs, each job in a folder of its own; gone when the studio ends.

    store = ResultStore(most_bytes=2_000_000_000, most_seconds=3600)
    folder = store.create()             # folder.name is the job's
    store.sweep()                       # removes what is too old, and the oldest of too much

Names of uploaded files are labels: what is written is numbered, with an ending that was looked at.
"""

import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from neuropil.surfaces.web.claims import claim_folder

INPUT, OUTPUT = "in", "out"
ENDING = re.compile(r"\.[A-Za-z0-9]{1,10}")
LABEL = re.compile(r"[^\w \-]+")  # what no folder of a class may hold
LONGEST_LABEL = 60
NAME = re.compile(r"[0-9a-f]{24}")


class JobStore(Protocol):
    """Where a studio keeps inputs and results: on this machine, or also where others find them.

    root: the folder of the jobs' folders
    forget: told the name of each job whose folder goes
    """

    root: Path
    forget: Callable[[str], None]

    def create(self) -> Path:
        """Make the folder of a new job, whose name nobody can guess."""

    def keep(self, name: str, record: str) -> None:
        """Keep what the folder of a job holds, and what the job is, beyond this process."""

    def recall(self, name: str) -> str | None:
        """Give what a job is that another process took; None where there is none."""

    def bring(self, path: Path) -> bool:
        """See that a file or folder of a job is at its place; False where there is none."""

    def size(self, path: Path) -> int:
        """Tell the bytes of a file that a job made."""

    def refresh(self, name: str) -> None:
        """Note that a job is in use, and not to be swept yet."""

    def remove(self, name: str) -> None:
        """Remove a job, and all that is its."""

    def sweep(self) -> None:
        """Remove jobs that are too old, then the oldest until the rest is small enough."""


class ResultStore:
    """Folders of jobs below one temporary folder.

    forget: told the name of each job whose folder goes
    """

    def __init__(
        self,
        *,
        most_bytes: int,
        most_seconds: float,
        forget: Callable[[str], None] = lambda name: None,
    ) -> None:
        self.root = claim_folder("studio")
        self.most_bytes, self.most_seconds, self.forget = most_bytes, most_seconds, forget

    def create(self) -> Path:
        """Make the folder of a new job, whose name nobody can guess."""
        folder = self.root / secrets.token_hex(12)
        try:
            for part in (folder, folder / INPUT, folder / OUTPUT):
                part.mkdir()
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return folder

    def find(self, name: str) -> Path | None:
        """Find the folder of a job; None where there is none of that name."""
        folder = self.root / name
        return folder if NAME.fullmatch(name) and folder.is_dir() else None

    def keep(self, name: str, record: str) -> None:
        """Do nothing: this process alone knows its jobs."""

    def recall(self, name: str) -> str | None:
        """Give nothing, for the same reason."""

    def bring(self, path: Path) -> bool:
        """Tell whether a file or folder of a job is there."""
        return path.exists()

    def size(self, path: Path) -> int:
        """Tell the bytes of a file that a job made."""
        return path.stat().st_size

    def refresh(self, name: str) -> None:
        """Note that a job is in use, and not to be swept yet."""
        (self.root / name).touch()

    def remove(self, name: str) -> None:
        """Remove a job, and all that is its."""
        if folder := self.find(name):
            self.forget(name)
            shutil.rmtree(folder, ignore_errors=True)

    def sweep(self) -> None:
        """Remove jobs that are too old, then the oldest until the rest is small enough."""
        found = [(*measure(folder), folder.name) for folder in self.root.iterdir()]
        for name in choose_old(found, self.most_bytes, self.most_seconds):
            self.remove(name)

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.root, ignore_errors=True)


def choose_old(
    found: Iterable[tuple[float, int, str]], most_bytes: int, most_seconds: float
) -> Iterator[str]:
    """Name the jobs that are too old, then the oldest until the rest is small enough.

    found: when each was changed, its bytes, and its name
    """
    jobs = sorted(found)
    now, total = time.time(), sum(size for _, size, _ in jobs)
    for changed, size, name in jobs:
        if now - changed > most_seconds or total > most_bytes:
            total -= size
            yield name


def measure(folder: Path) -> tuple[float, int]:
    """Tell when a folder was changed, and add up the bytes of its files; what goes is nothing."""
    size = 0
    with suppress(FileNotFoundError):  # a job may be removed at any moment, by whoever refuses it
        for path in folder.rglob("*"):
            size += path.stat().st_size if path.is_file() else 0
        return folder.stat().st_mtime, size
    return time.time(), 0


def name_upload(label: str, number: int) -> str:
    """Name an uploaded file: its number, and the ending that it had."""
    ending = Path(label.replace("\\", "/")).suffix
    return f"{number:05}{ending.lower() if ENDING.fullmatch(ending) else ''}"


def name_folder(label: str) -> str:
    """Make the name of a folder of what a person called a class; "" where nothing is left."""
    plain = LABEL.sub(" ", unicodedata.normalize("NFC", label))
    return " ".join(plain.split())[:LONGEST_LABEL].strip()
