"""Temporary folders, each of one process: it goes with it, or once the next process begins.

    root = claim_folder("neuropil-studio")

Who is killed leaves its folder, with what people have sent. A lock, which no dead process holds,
tells such folders from those in use, also where each process sees only some of the others.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path

YOUNG = 60.0  # seconds in which a folder may not be locked yet


def claim_folder(kind: str) -> Path:
    """Make the folder of this process, and remove what processes of its kind have left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{kind}-*-*"):
        if is_left(folder):
            shutil.rmtree(folder, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f"{kind}-{os.getpid()}-"))
    lock(made)
    return made


def is_left(folder: Path) -> bool:
    """Tell a folder whose process has ended."""
    try:
        is_young = time.time() - folder.stat().st_mtime < YOUNG
        descriptor = None if is_young else lock(folder)
    except OSError:  # of another person, or gone
        return False
    if descriptor is None:
        return False
    os.close(descriptor)
    return True


def lock(folder: Path) -> int | None:
    """Lock a folder until this process ends; None where another one has, or nobody can."""
    try:
        import fcntl
    except ModuleNotFoundError:  # on Windows
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
