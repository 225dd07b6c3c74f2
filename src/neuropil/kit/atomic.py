"""Write a file whole or not at all.

    with atomic_path(Path("new.jpg")) as path:
        picture.save(path)

Where the block fails, what was there before stays.
"""

import errno
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from neuropil.kit.errors import UserError

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its place once the block has ended well."""
    with write_together([path]) as (temporary,):
        yield temporary


@contextmanager
def make_folders(paths: Iterable[Path]) -> Iterator[None]:
    """Make the folders that files will lie in; where the block fails, take the new ones away."""
    missing = {folder for path in paths for folder in path.parents if not folder.exists()}
    made = sorted(missing, key=lambda folder: len(folder.parts))
    try:
        for folder in made:
            folder.mkdir(exist_ok=True)
        yield
    except BaseException:  # Ctrl-C too
        for folder in reversed(made):
            with suppress(OSError):  # others may have put something into it
                folder.rmdir()
        raise


@contextmanager
def write_together(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Yield temporary paths beside several, which take their places one right after the other.

    All bytes are on the disk before the first name changes: what fails leaves all as it was.
    """
    targets = [Path(os.path.realpath(path)) for path in paths]  # through links, which stay links
    made: list[Path] = []
    try:
        for path, target in zip(paths, targets, strict=True):
            temporary = target.with_name(f".neuropil-{secrets.token_hex(6)}{target.suffix}")
            _create(temporary, path, target)
            made.append(temporary)
        yield made
        for temporary in made:
            _sync(temporary)
        for temporary, target in zip(made, targets, strict=True):
            _settle(temporary, target)
    except OSError as error:
        if error.errno in _NO_ROOM:
            names = ", ".join(map(str, paths))
            raise UserError(
                "disk.full", f"{names} can't be written: the disk is full; make room", path=paths[0]
            ) from error
        raise
    finally:
        for temporary in made:
            temporary.unlink(missing_ok=True)


def save_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all; its folder is made where it is missing."""
    with make_folders([path]), atomic_path(path) as beside:
        beside.write_text(text, encoding="utf-8")


def _create(temporary: Path, path: Path, target: Path) -> None:
    """Make the empty file, which shows whether its folder can be written to."""
    try:
        if target.exists() and not target.is_file():
            kind = "a folder" if target.is_dir() else "no ordinary file"
            raise UserError(
                "output.place", f"{path} can't be written: it is {kind}; name a file", path=path
            )
        if not target.parent.is_dir():
            raise UserError(
                "output.place",
                f"{path} can't be written: there is no folder {path.parent}; make it",
                path=path,
            )
        temporary.touch(exist_ok=False)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(
            "output.place", f"{path} can't be written: {reason}; name another place", path=path
        ) from error


def _sync(temporary: Path) -> None:
    """Bring the bytes to the disk before the name: a crash leaves the old file or the new one."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())


def _settle(temporary: Path, target: Path) -> None:
    """Let the new file take its place."""
    if target.exists():
        temporary.chmod(target.stat().st_mode)
    temporary.replace(target)
