"""The record of a run: a line of JSON for each source, written as it ends, and read to go on.

    {"neuropil": "0.1.0", "verb": "colorize", "options": {}, "settings": {...}}
    {"input": "album/old.jpg", "output": ["new/old-colorize.jpg"], "sha256": ["9f86..."],
     "values": {}, "seconds": 0.41, "error": null}

On this machine it is `manifest.jsonl` in the folder of results, to which lines are added. Stores
have no files that grow: there it is `manifest/00000000.jsonl` and those after it, each complete.
Of a source that stands there twice, the later line counts.
"""

import hashlib
import json
import os
import tempfile
import time
from array import array
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from neuropil.checks import check_place
from neuropil.kit.errors import UserError
from neuropil.kit.folders import create_folder
from neuropil.surfaces.cluster.addresses import (
    is_address,
    is_folder,
    list_files,
    read_lines,
    send,
    word_store_error,
)

FILE, FOLDER = "manifest.jsonl", "manifest"
PART_LINES, PART_SECONDS = 1000, 15.0  # of a part that is uploaded, whichever comes first

Line = dict[str, Any]


class Manifest:
    """The lines of a run below one folder of results; nothing is written before the first of them.

    about: what the run does; it goes on as it began, or not at all
    """

    def __init__(self, out: str, about: Mapping[str, Any], *, resume: bool) -> None:
        self.out, self.about, self.is_remote = out, dict(about), is_address(out)
        parts = list(list_parts(out))
        refuse_folder(out, parts, resume=resume)
        self.done = read_done(parts, about) if parts else NO_KEYS
        self.number, self.lines, self.sent_at = len(parts), 0, time.monotonic()
        self.file: BinaryIO | None = None

    @property
    def name(self) -> str:
        """Name it for people."""
        return f"{self.out}/{FOLDER if self.is_remote else FILE}"

    @property
    def is_begun(self) -> bool:
        """Tell whether there is something to go on with."""
        return self.number > 0 or self.file is not None

    def has(self, names: Sequence[str]) -> bool:
        """Tell whether a source has been done."""
        place = np.searchsorted(self.done, key := make_key(names))
        return bool(place < len(self.done) and self.done[place] == key)

    def add(self, lines: Sequence[Line]) -> None:
        """Write lines, so that they are there whatever becomes of this process."""
        if self.file is None:
            self.file = BytesIO() if self.is_remote else open_to_add(self.out)
            lines = [self.about, *lines] if self.number == 0 else lines
        text = "".join(f"{json.dumps(line, allow_nan=False)}\n" for line in lines)
        self.file.write(text.encode())
        self.file.flush()
        self.lines += len(lines)
        is_due = self.lines >= PART_LINES or time.monotonic() - self.sent_at > PART_SECONDS
        if self.is_remote and is_due:
            self.send_part()

    def close(self) -> None:
        """Write what is left."""
        if self.file is None:
            return
        if self.is_remote and self.lines:
            self.send_part()
        self.file.close()

    def send_part(self) -> None:
        """Upload the lines since the last part, as a part of their own."""
        assert self.file is not None
        self.file.seek(0)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "part")
            path.write_bytes(self.file.read())
            send_manifest(path, f"{self.out}/{FOLDER}/{self.number:08}.jsonl")
        self.file.seek(0)
        self.file.truncate()
        self.number, self.lines, self.sent_at = self.number + 1, 0, time.monotonic()


def send_manifest(path: Path, name: str) -> None:
    """Upload a part of a manifest; raises UserError where the store does not take it."""
    try:
        send(path, name)
    except Exception as error:  # each store has errors of its own
        words = f"{name} can't be written: {word_store_error(error)}"
        raise UserError("output.place", words, path=name) from error


NO_KEYS: NDArray[np.uint64] = np.empty(0, np.uint64)


def list_parts(out: str) -> Iterator[str]:
    """List the files of the manifest of a folder of results; none where there is none."""
    if is_address(out):
        yield from sorted(list_files(f"{out}/{FOLDER}"))
    elif Path(out, FILE).is_file():
        yield f"{out}/{FILE}"


def refuse_folder(out: str, parts: Sequence[str], *, resume: bool) -> None:
    """Refuse a folder that holds other things, or other than what is to be resumed."""
    if parts and not resume:
        words = f"{out} holds the manifest of an earlier run; go on with --resume"
        raise UserError("output.exists", f"{words}, or name another -o", path=out)
    if resume and not parts:
        words = f"{out} holds no manifest, so there is nothing to resume; leave out --resume"
        raise UserError("output.place", words, path=out)
    if not is_address(out) and Path(out).exists() and not is_folder(out):
        raise UserError("output.place", f"{out} is a file; name a folder by -o", path=out)
    if not is_address(out):
        check_place(Path(out, FILE), force=True)
    if not parts and is_folder(out) and next(list_files(out), None) is not None:
        words = f"{out} is not empty; name a new folder by -o, for results alone"
        raise UserError("output.exists", words, path=out)


def read_done(parts: Sequence[str], about: Mapping[str, Any]) -> NDArray[np.uint64]:
    """Read which sources have been done, as sorted numbers of 8 bytes each.

    Raises UserError where the manifest is of another run.
    """
    keys = array("Q")
    for number, line in enumerate(line for part in parts for line in read_lines(part)):
        try:
            kept = json.loads(line)
        except ValueError:  # torn by a kill
            continue
        if number == 0:
            require_same_run(kept, about, parts[0])
        elif kept.get("error") is None:
            keys.append(int(make_key(as_names(kept["input"]))))
    return np.unique(np.frombuffer(keys, np.uint64)) if keys else NO_KEYS


def require_same_run(kept: Mapping[str, Any], about: Mapping[str, Any], part: str) -> None:
    """Raise UserError where a manifest tells of another verb, other options or another version."""
    if odd := [name for name in about if kept.get(name) != about[name]]:
        told = f"{odd[0]} {json.dumps(kept.get(odd[0]))}, not {json.dumps(about[odd[0]])}"
        words = f"{part} is of a run with {told}; resume with the same, or name another -o"
        raise UserError("option.conflict", words, path=part)


def as_names(written: str | Sequence[str]) -> tuple[str, ...]:
    """Read the input of a line: one name, or several."""
    return (written,) if isinstance(written, str) else tuple(written)


def make_key(names: Sequence[str]) -> np.uint64:
    """Make a number of 8 bytes of the names of a source.

    That two of 10^8 share one has a chance of 0.03 %.
    """
    digest = hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).digest()
    return np.uint64(int.from_bytes(digest[:8], "little"))


def open_to_add(out: str) -> BinaryIO:
    """Open the manifest of a folder after its last whole line: a kill may have left half of one."""
    create_folder(Path(out))
    path = Path(out, FILE)
    path.touch()
    file = path.open("r+b")
    end = file.seek(0, os.SEEK_END)
    start = max(0, end - 10_000_000)  # longer than any line
    file.seek(start)
    whole = start + file.read().rfind(b"\n") + 1
    file.truncate(whole)
    file.seek(whole)
    return file
