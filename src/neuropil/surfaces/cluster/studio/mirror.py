"""Jobs in a store that several processes share: what each has on its disk is a copy.

    mirror = Mirror("s3://studio", root)        # root/NAME/in/old.jpg is s3://studio/NAME/in/old.jpg
    mirror.push(root / name / "in")
    mirror.pull(root / name / "out" / "image.jpg")
    mirror.write(name, OUTCOME, tell_outcome(outcome))

A file appears once all of it has arrived, in the store and on the disk. What is written down names
files below the root of who wrote it, and is read with the root of who reads it in its place.
"""

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import Any

from neuropil.jobs import Done, Failed
from neuropil.signature import Json
from neuropil.surfaces.cluster.addresses import open_place
from neuropil.surfaces.web.pool import Outcome
from neuropil.surfaces.web.store import NAME
from neuropil.surfaces.web.worker import Listed, Opened

RECORD = "job.json"  # what a job is, since it was taken
BEAT = "beat.json"  # how far it is, anew every few seconds while it is at work
OUTCOME = "outcome.json"  # what became of it, last of all
OUTCOMES = {kind.__name__: kind for kind in (Done, Opened, Listed, Failed)}


class Mirror:
    """A place in a store, and the folder of this process that mirrors it.

    url: an address, or a folder that all machines see
    """

    def __init__(self, url: str, root: Path) -> None:
        self.place, self.root = open_place(url), root

    def push(self, path: Path) -> None:
        """Copy a file to the store, or all files of a folder."""
        for file in path.rglob("*") if path.is_dir() else [path]:
            if file.is_file():
                self.place.put(self.key(file), file)

    def pull(self, path: Path) -> bool:
        """Copy a file to this disk, or all files of a folder; False where there is none."""
        key = self.key(path)
        beside = Path(mkdtemp(dir=self.root))
        try:
            if not self.download(key, beside / "file"):
                for each in list(self.keys(key)):
                    self.download(each, beside / "file" / PurePosixPath(each).relative_to(key))
            if not (beside / "file").exists():
                return False
            path.parent.mkdir(parents=True, exist_ok=True)
            (beside / "file").replace(path)
            return True
        except OSError:
            if path.exists():  # another request has brought the folder meanwhile
                return True
            raise
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def download(self, key: str, path: Path) -> bool:
        """Copy an object to a new file; False where there is none."""
        try:
            pieces = self.place.get(key).stream()
        except FileNotFoundError:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for piece in pieces:
                file.write(piece)
        return True

    def size(self, path: Path) -> int:
        """Tell the bytes of a file in the store."""
        return int(self.place.head(self.key(path))["size"])

    def key(self, path: Path) -> str:
        """Name a file of this disk as the store does."""
        return path.relative_to(self.root).as_posix()

    def holds(self, path: Path) -> bool:
        """Tell a path of a job: below the root, and nothing above."""
        if not path.is_relative_to(self.root):
            return False
        first, *others = path.relative_to(self.root).parts or ("",)
        return bool(NAME.fullmatch(first)) and ".." not in others

    def keys(self, prefix: str) -> Iterator[str]:
        """Name the objects below a place."""
        for page in self.place.list(prefix):
            yield from (each["path"] for each in page)

    def write(self, name: str, file: str, value: Json) -> None:
        """Write down something about a job."""
        self.place.put(f"{name}/{file}", pack(value, self.root).encode())

    def read(self, name: str, file: str) -> Any:
        """Read what was written about a job; None where nothing was."""
        try:
            return unpack(bytes(self.place.get(f"{name}/{file}").bytes()).decode(), self.root)
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        """Remove all of a job from the store."""
        if keys := list(self.keys(name)):
            self.place.delete(keys)

    def measure(self) -> list[tuple[float, int, str]]:
        """Tell of each job in the store when it was changed last, its bytes, and its name."""
        found: dict[str, tuple[float, int]] = {}
        for page in self.place.list():
            for each in page:
                name = each["path"].partition("/")[0]
                if NAME.fullmatch(name):
                    changed, size = found.get(name, (0.0, 0))
                    written: datetime = each["last_modified"]
                    found[name] = max(changed, written.timestamp()), size + each["size"]
        return [(changed, size, name) for name, (changed, size) in found.items()]


def pack(value: Json, root: Path) -> str:
    """Write down something that names files below a root."""
    return json.dumps({"root": str(root), "value": value})


def unpack(text: str, root: Path) -> Any:
    """Read it, with another root in the place of that one."""
    theirs, ours = (json.dumps(str(each))[1:-1] for each in (json.loads(text)["root"], root))
    return json.loads(text.replace(theirs, ours))["value"]


def tell_outcome(outcome: Outcome) -> dict[str, Any]:
    """Give what became of a job as plain data."""
    return {"kind": type(outcome).__name__, **vars(outcome)}


def recall_outcome(told: dict[str, Any]) -> Outcome:
    """Make it of plain data again."""
    fields = {name: value for name, value in told.items() if name != "kind"}
    outcome: Outcome = OUTCOMES[told["kind"]](**fields)
    return outcome
