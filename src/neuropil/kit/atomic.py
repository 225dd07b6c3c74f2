"""Write a file whole or not at all.

with written(Path("new.jpg")) as path:
    picture.save(path)
"""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neuropil.kit.errors import UserError

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its place once the block has ended well."""
    target = Path(os.path.realpath(path))  # through a link, so that the link stays one
    temporary = target.with_name(f".neuropil-{secrets.token_hex(6)}{target.suffix}")
    _create(temporary, path, target)
    try:
        yield temporary
        _settle(temporary, target)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise UserError(
                "disk.full", f"{path} can't be written: the disk is full; make room", path=path
            ) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def save_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all; its folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written(path) as beside:
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


def _settle(temporary: Path, target: Path) -> None:
    """Bring the bytes to the disk before the name: a crash leaves the old file or the new one."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    if target.exists():
        temporary.chmod(target.stat().st_mode)
    temporary.replace(target)
