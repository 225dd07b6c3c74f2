"""Where a file or a measurement comes from: the commit, the bytes, the processor."""

import hashlib
import platform
import subprocess
from pathlib import Path


def git_commit(folder: Path) -> str:
    """Name the commit of a package's folder, with a + where the tree has changes.

    It is empty outside of git, and where the checkout is another project's: one that does not know
    the folder's __init__.py.
    """

    def git(*arguments: str) -> str:
        run = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
        )
        return run.stdout.strip()

    try:
        git("ls-files", "--error-unmatch", "__init__.py")
        return git("describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*")
    except (OSError, subprocess.CalledProcessError):
        return ""


def file_sha256(path: Path) -> str:
    """Hash the bytes of a file, however large, as 64 digits of base 16."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def processor_name() -> str:
    """Name the processor; Linux keeps the name in a file, other systems tell it to Python."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in told.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()
