"""The tests of what has changed since the last commit, or since a commit that is named.

    python tests/changed.py [COMMIT]

Prints, one a line: every changed test, the tests that mirror a changed source file (the room's
whole folder where none has its name), and always the laws. `./run check` runs what it prints.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = Path("src/neuropil")
ALWAYS = ("tests/test_architecture.py", "tests/test_registry.py")
PAGES = "tests/test_readme.py"  # runs every command that is written down: some minutes


def changed_files(since: str) -> list[Path]:
    """Ask git for what differs from a commit, and for what it does not know yet."""
    asked = (["diff", "--name-only", since], ["ls-files", "--others", "--exclude-standard"])
    lines = [git(*words).splitlines() for words in asked]
    return sorted({Path(line) for each in lines for line in each})


def git(*words: str) -> str:
    """Run git in the project."""
    done = subprocess.run(
        ["git", *words], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        sys.exit(f"changed: git {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def tests_of(file: Path) -> list[str]:
    """Find the tests of a changed file."""
    if file.match("tests/**/test_*.py") or file.match("tests/test_*.py"):
        return [file.as_posix()] if (ROOT / file).exists() else []
    if SOURCE not in file.parents:
        return []
    rooms = [part for part in file.relative_to(SOURCE).parts[:-1] if part != "lab"]
    folder = Path("tests", *rooms)
    while not (ROOT / folder).is_dir():
        folder = folder.parent
    own = folder / f"test_{file.stem}.py"
    if (ROOT / own).exists():
        return [own.as_posix()]
    return [folder.as_posix()] if folder != Path("tests") else []


def main() -> None:
    """Print the tests."""
    files = changed_files(sys.argv[1] if len(sys.argv) > 1 else "HEAD")
    found = {test for file in files for test in tests_of(file)} - {PAGES}
    sys.stdout.write("".join(f"{test}\n" for test in sorted(found | {*ALWAYS})))


if __name__ == "__main__":
    main()
