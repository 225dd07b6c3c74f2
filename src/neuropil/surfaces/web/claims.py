"""Temporary folders, each of one process: it goes with it, or once the next process begins.

    root = claim_folder("studio")

Who is killed leaves its folder, with what people have sent. A lock, which no dead process holds,
tells such folders from those in use, also where each process sees only some of the others.
"""

import os
import re
import shutil
import tempfile
import time
from pathlib import Path

YOUNG = 5.0  # seconds in which a folder may not be locked yet
NAME = re.compile(r"neuropil-(?:studio|worker)-\d+-(\d+)-\w+")  # kind, process, when it was made


def claim_folder(kind: str) -> Path:
    """Make the folder of this process, and remove what killed ones have left.

    kind: "studio" or "worker"
    """
    for folder in Path(tempfile.gettempdir()).iterdir():
        named = NAME.fullmatch(folder.name)
        if named and is_left(folder, int(named.group(1))):
            shutil.rmtree(folder, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f"neuropil-{kind}-{os.getpid()}-{int(time.time())}-"))
    lock(made)
    return made


def is_left(folder: Path, made: int) -> bool:
    """Tell a folder whose process has ended, by when it was made: what is in use changes it."""
    try:
        descriptor = None if time.time() - made < YOUNG else lock(folder)
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
