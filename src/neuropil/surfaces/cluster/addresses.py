"""Files on this machine or at an address: s3://bucket/old.jpg, gs://, az://, and what fsspec reads.

    for name in list_files("s3://photos/1925"):
        path = fetch(name, folder)
    send(path, "s3://colored/old-colorize.jpg")

Stores of objects are listed page by page, folders entry by entry, so that a million names never lie
in memory at once. An upload appears once it is complete; requests that fail are sent again.
"""

import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from neuropil.kit.errors import UserError
from neuropil.kit.progress import message

ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://")
OBJECT_STORES = ("s3", "gs", "az", "abfs")  # by obstore, which sends in parts and tries again
LOCAL = "file"


def is_address(name: str) -> bool:
    """Tell an address from a path."""
    return bool(ADDRESS.match(name))


def to_path(name: str) -> str:
    """Write file:///photos as the path that it is; other names stay."""
    scheme, _, rest = name.partition("://")
    return f"/{rest.lstrip('/')}" if scheme == LOCAL else name


def make_absolute(name: str) -> str:
    """Spell out a path, so that it means the same everywhere; addresses do already."""
    path = to_path(name)
    return path.rstrip("/") if is_address(path) else os.path.normpath(Path.cwd() / path)


def open_store(name: str) -> Any:
    """Find the file system of an address; raises UserError for one that nothing here reads."""
    scheme = urlsplit(name).scheme
    try:
        return find_file_system(scheme)
    except (ValueError, ImportError) as error:
        known = ", ".join(f"{each}://" for each in (*OBJECT_STORES, LOCAL))
        words = f"{name} can't be reached ({error}); addresses begin with {known}"
        raise UserError("input.address", words, path=name) from None


@cache
def find_file_system(scheme: str) -> Any:
    """Find what fsspec has for a scheme."""
    import fsspec

    if scheme in OBJECT_STORES:
        from obstore.fsspec import register

        register(scheme)
    return fsspec.filesystem(scheme)


@cache
def open_bucket(scheme: str, bucket: str) -> Any:
    """Find the store behind a bucket, whose objects come piece by piece."""
    from obstore.store import from_url

    return from_url(f"{scheme}://{bucket}")


def is_folder(name: str) -> bool:
    """Tell a folder, or a place in a store below which there are files."""
    if not is_address(name):
        return Path(name).is_dir()
    return bool(reach(name, lambda store: store.isdir(name)))


def exists(name: str) -> bool:
    """Tell whether there is such a file or folder."""
    if not is_address(name):
        return Path(name).exists()
    return bool(reach(name, lambda store: store.exists(name)))


def reach(name: str, ask: Callable[[Any], Any]) -> Any:
    """Ask the store of an address; raises UserError where it does not answer."""
    try:
        return ask(open_store(name))
    except UserError:
        raise
    except Exception as error:  # each store has errors of its own
        words = f"{name} can't be reached: {word_store_error(error)}"
        raise UserError("input.unreadable", words, path=name) from error


def is_of_store(error: Exception) -> bool:
    """Tell what a store has answered from a fault of ours; a file that is missing is neither."""
    return type(error).__module__.startswith("obstore")


def word_store_error(error: Exception) -> str:
    """Say in one line what a store has answered."""
    words = " ".join(str(error).partition("Debug source")[0].split())
    return words[:300] or type(error).__name__


def list_files(root: str) -> Iterator[str]:
    """List the files of a folder and of those below it, hidden ones left out.

    Raises UserError where a store does not answer.
    """
    if not is_address(root):
        yield from scan_folder(root, set())
        return
    scheme = urlsplit(root).scheme
    for path in list_objects(root) if scheme in OBJECT_STORES else walk_store(root):
        hidden = any(part.startswith(".") for part in path.removeprefix(root).split("/"))
        if not hidden:
            yield path


def list_objects(root: str) -> Iterator[str]:
    """List the objects below a place of a store, page by page."""
    scheme, bucket, prefix, *_ = urlsplit(root)
    try:
        for page in open_bucket(scheme, bucket).list(prefix.strip("/") or None):
            yield from (f"{scheme}://{bucket}/{each['path']}" for each in page)
    except Exception as error:
        words = f"{root} can't be listed: {word_store_error(error)}"
        raise UserError("input.unreadable", words, path=root) from error


def walk_store(root: str) -> Iterator[str]:
    """List the files of any other store, folder by folder."""
    store = open_store(root)
    for folder, _, names in store.walk(root):
        yield from (store.unstrip_protocol(f"{folder}/{name}") for name in sorted(names))


def scan_folder(folder: str, seen: set[str]) -> Iterator[str]:
    """List the files of a folder as they come; links that lead back are not followed.

    A folder that can't be read is left out, and said.
    """
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    folders = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    folders.append(entry.path)
                else:
                    yield entry.path
    except OSError as error:
        message(f"left out: {folder} ({error.strerror or error})")
    for each in sorted(folders):
        yield from scan_folder(each, seen)


def read_lines(name: str) -> Iterator[str]:
    """Read a text line by line, from this machine or a store; raises UserError."""
    try:
        if not is_address(name):
            with Path(name).open(encoding="utf-8") as lines:
                yield from lines
            return
        with open_store(name).open(name, "rb") as lines:
            yield from (line.decode("utf-8") for line in lines)
    except UnicodeDecodeError:
        raise UserError("input.damaged", f"{name} is not UTF-8 text; save it as such") from None
    except OSError as error:
        words = f"there is no list {name} that can be read ({error.strerror or error})"
        raise UserError("input.missing", f"{words}; check the name", path=name) from error


def fetch(name: str, folder: Path) -> Path:
    """Give the path of a file: its own on this machine, else that of a copy in a folder."""
    if not is_address(name):
        return Path(name)
    path = folder / (Path(urlsplit(name).path).name or "file")
    try:
        download(name, path)
    except FileNotFoundError:
        words = f"there is no file {name}; check the name"
        raise UserError("input.missing", words, path=name) from None
    return path


def download(name: str, path: Path) -> None:
    """Copy a file to this machine: an object by one request, piece by piece."""
    scheme, bucket, key, *_ = urlsplit(name)
    if scheme not in OBJECT_STORES:
        open_store(name).get_file(name, str(path))
        return
    with path.open("wb") as file:
        for piece in open_bucket(scheme, bucket).get(key.strip("/")).stream():
            file.write(piece)


def send(path: Path, name: str) -> None:
    """Upload a file, which appears under its address once it is complete."""
    open_store(name).put_file(str(path), name)


def open_place(name: str) -> Any:
    """Open a folder, which is made, or a place in a store, where objects have names below it."""
    from obstore.store import LocalStore, from_url

    if is_address(name):
        return from_url(name)
    return LocalStore(name, mkdir=True, automatic_cleanup=True)
