"""Where a file or a measurement comes from: the commit, the code, the bytes, the processor."""

import ast
import hashlib
import platform
import subprocess
from collections.abc import Iterator
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


def code_files(package: Path, starts: list[Path]) -> list[Path]:
    """List the files of a package that some of them need: those that they import, and so on.

    package: folder of the package, whose imports of itself are absolute
    """
    found, waiting = set[Path](), list(starts)
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += imported_files(file, package)
    return sorted(found)


def imported_files(file: Path, package: Path) -> Iterator[Path]:
    """Find the files of the package that a file imports: modules, names of modules, packages."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        names = list[str]()
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            path = package.parent.joinpath(*name.split("."))
            candidates = (path.with_suffix(".py"), path / "__init__.py")
            yield from (each for each in candidates if package in each.parents and each.is_file())


def code_sha256(package: Path, starts: list[Path]) -> str:
    """Hash the names and bytes of files and of those that they need, as 64 digits of base 16."""
    digest = hashlib.sha256()
    for file in code_files(package, starts):
        digest.update(f"{file.relative_to(package).as_posix()} {file_sha256(file)}\n".encode())
    return digest.hexdigest()
