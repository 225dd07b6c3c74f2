"""The files of a folder and of the folders below it; a folder for files to come."""

import os
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

from neuropil.kit.errors import UserError
from neuropil.kit.progress import message


def list_files(
    folder: Path, suffixes: Container[str], avoid: Iterable[Path] = ()
) -> Iterator[Path]:
    """List files of these endings in the order of names, folder by folder, no hidden ones.

    Links to folders are followed, but none that lead back, or to a folder of `avoid`. A folder that
    can't be read is left out, and said.
    """
    seen = {os.path.realpath(path) for path in avoid}
    for here, folders, names in os.walk(folder, onerror=_say_unreadable, followlinks=True):
        real = os.path.realpath(here)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if Path(name).suffix.lower() in suffixes and not name.startswith("."):
                yield Path(here, name)


def create_folder(folder: Path) -> None:
    """Make a folder that files will be written to; raises UserError where that can't be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            "output.place",
            f"{folder} can't be made a folder ({error.strerror}): name another --output",
            path=folder,
        ) from error


def _say_unreadable(error: OSError) -> None:
    message(f"left out: {error.filename} ({error.strerror or error})")
