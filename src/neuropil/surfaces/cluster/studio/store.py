"""The store of a studio whose jobs are done elsewhere: a cache here, everything at an address.

    store = MirroredStore("s3://studio", most_bytes=20_000_000_000, most_seconds=3600)

Inputs are pushed when a job is taken, results are brought when somebody asks for them, and what is
forgotten is removed from both, also what another process has left there.
"""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from neuropil.kit.errors import UserError
from neuropil.surfaces.cluster.addresses import is_of_store, word_store_error
from neuropil.surfaces.cluster.studio.mirror import RECORD, Mirror
from neuropil.surfaces.web.store import NAME, ResultStore, choose_old

LOOK = 60.0  # seconds between two looks at all jobs, of which there may be many


class MirroredStore:
    """Folders of jobs on this disk, mirrored at an address."""

    def __init__(self, url: str, *, most_bytes: int, most_seconds: float) -> None:
        self.cache = ResultStore(most_bytes=most_bytes, most_seconds=most_seconds)
        self.cache.forget = self._drop
        self.root = self.cache.root
        self.mirror = Mirror(url, self.root)
        self.forget: Callable[[str], None] = lambda name: None
        self.sizes: dict[Path, int] = {}
        self.looked = 0.0  # when all was looked at last
        self.removing = ThreadPoolExecutor(1)  # so that nobody waits for it

    def create(self) -> Path:
        """Make the folder of a new job, whose name nobody can guess."""
        return self.cache.create()

    def keep(self, name: str, record: str) -> None:
        """Push what the folder of a job holds, then what the job is, where it is one."""
        with reach_store():
            self.mirror.push(self.root / name)
            if record:
                self.mirror.write(name, RECORD, json.loads(record))

    def recall(self, name: str) -> str | None:
        """Give what a job is that another process took; None where there is none."""
        with reach_store():
            record = self.mirror.read(name, RECORD) if NAME.fullmatch(name) else None
        if record is None:
            return None
        (self.root / name).mkdir(exist_ok=True)
        return json.dumps(record)

    def bring(self, path: Path) -> bool:
        """See that a file or folder of a job is on this disk; False where there is none."""
        with reach_store():
            return path.exists() or (self.mirror.holds(path) and self.mirror.pull(path))

    def size(self, path: Path) -> int:
        """Tell the bytes of a file that a job made, which may be in the store alone."""
        if path not in self.sizes:
            with reach_store():
                self.sizes[path] = self.mirror.size(path)
        return self.sizes[path]

    def refresh(self, name: str) -> None:
        """Note that a job is in use, and not to be swept yet, here and there."""
        self.cache.refresh(name)
        with reach_store():
            if record := self.mirror.read(name, RECORD):
                self.mirror.write(name, RECORD, record)

    def remove(self, name: str) -> None:
        """Remove a job, and all that is its."""
        if self.cache.find(name):
            self.cache.remove(name)
        else:
            self._drop(name)

    def _drop(self, name: str) -> None:
        self.forget(name)
        for path in [path for path in self.sizes if path.is_relative_to(self.root / name)]:
            del self.sizes[path]
        self.removing.submit(self.mirror.remove, name)

    def sweep(self) -> None:
        """Remove jobs that are too old, then the oldest until the rest is small enough."""
        if time.monotonic() - self.looked < LOOK:
            return
        self.looked = time.monotonic()
        self.cache.sweep()
        with suppress(Exception):  # a store that does not answer is asked again
            found = self.mirror.measure()
            for name in choose_old(found, self.cache.most_bytes, self.cache.most_seconds):
                self.remove(name)

    def close(self) -> None:
        """Remove what is on this disk; the store keeps its part."""
        self.removing.shutdown()
        self.cache.close()


@contextmanager
def reach_store() -> Iterator[None]:
    """Say what a store has answered in one sentence: raises UserError."""
    try:
        yield
    except Exception as error:
        if not is_of_store(error):
            raise
        words = f"the store of this studio does not answer ({word_store_error(error)})"
        raise UserError("output.place", f"{words}; try again in a moment") from error
