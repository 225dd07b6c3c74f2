"""The tests of what has changed since the last commit, or since a commit that is named.

    python tests/changed.py [COMMIT]

Prints, one a line: every changed test, the tests that mirror a changed source file (the room's
whole folder where none has its name), those that use a changed helper, and always the laws.
`./run check` gives pytest what it prints.
"""

import re
import subprocess
import sys
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = Path("src/neuropil")
TESTS = Path("tests")
ALWAYS = ("tests/test_architecture.py", "tests/test_registry.py")
PAGES = "tests/test_readme.py"
SLOW = ("test_commands_work", "test_python_examples_work")  # of PAGES, some minutes
OTHERS = {  # pattern of files that no test has the name of -> their tests
    "src/neuropil/__init__.py": ("tests/test_wheel.py",),
    "src/neuropil/__main__.py": ("tests/test_cli.py",),
    "src/neuropil/checks.py": ("tests/test_jobs.py",),
    "src/neuropil/demo.py": ("tests/test_commands.py",),
    "src/neuropil/job.py": ("tests/test_jobs.py",),
    "src/neuropil/signature.py": ("tests/test_contract.py",),
    "src/neuropil/surfaces/*": ("tests/test_cli.py", "tests/test_commands.py"),
    "src/*/bench.json": (PAGES,),
    "*.md": (PAGES,),
    "docs/*": (PAGES,),
    "tests/sweep.py": ("tests/microscope/test_zoo.py",),
    "run": ("tests/test_run.py",),
    "constraints.txt": ("tests/test_run.py",),
    "pyproject.toml": ("tests/test_run.py", "tests/test_wheel.py"),
}


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


def tests_of(file: Path) -> set[str]:
    """Find the tests of a changed file."""
    others = (tests for pattern, tests in OTHERS.items() if fnmatch(file.as_posix(), pattern))
    found = {test for tests in others for test in tests}
    if SOURCE in file.parents:
        found |= mirror(file)
    elif TESTS in file.parents and file.suffix == ".py":
        found |= find_tests(file)
    return found


def mirror(file: Path) -> set[str]:
    """Find the test that has the name of a source file, else the folder of its room."""
    rooms = [part for part in file.relative_to(SOURCE).parts[:-1] if part != "lab"]
    folder = Path(TESTS, *rooms)
    while not (ROOT / folder).is_dir():
        folder = folder.parent
    own = folder / f"test_{file.stem}.py"
    if (ROOT / own).exists():
        return {own.as_posix()}
    return {folder.as_posix()} if folder != TESTS else set()


def find_tests(file: Path, known: frozenset[Path] = frozenset()) -> set[str]:
    """Find the tests that are in a file of the tests, or that use it by way of other helpers."""
    if file.name.startswith("test_"):
        return {file.as_posix()} if (ROOT / file).exists() else set()
    users = {user for user in users_of(file) if user not in known}
    return {test for user in users for test in find_tests(user, known | {file, *users})}


def users_of(helper: Path) -> set[Path]:
    """Find the files that import a helper, or name a fixture of a conftest.py."""
    below = helper.parent if helper.name == "conftest.py" else TESTS
    name = helper.relative_to(TESTS).parts[0].removesuffix(".py")  # a file, or a package
    pattern = rf"^ *(import|from) {name}\b"
    if helper.name == "conftest.py":
        pattern = rf"\b({'|'.join(fixtures(helper))})\b"
    texts = read_tests().items()
    return {
        user
        for user, text in texts
        if below in user.parents and user != helper and re.search(pattern, text, re.MULTILINE)
    }


def fixtures(conftest: Path) -> list[str]:
    """Name the fixtures of a file."""
    text = read_tests().get(conftest, "")
    return re.findall(r"^@pytest\.fixture.*\ndef (\w+)", text, re.MULTILINE)


@cache
def read_tests() -> dict[Path, str]:
    """Read all files of the tests."""
    files = (ROOT / TESTS).rglob("*.py")
    return {file.relative_to(ROOT): file.read_text(encoding="utf-8") for file in files}


def words_for(found: set[str]) -> list[str]:
    """Write tests as words for pytest, without those of the pages that take minutes."""
    slow = [f"--deselect={PAGES}::{name}" for name in SLOW] if PAGES in found else []
    return [*sorted(found | {*ALWAYS}), *slow]


def main() -> None:
    """Print the tests."""
    files = changed_files(sys.argv[1] if len(sys.argv) > 1 else "HEAD")
    found = {test for file in files for test in tests_of(file)}
    sys.stdout.write("".join(f"{word}\n" for word in words_for(found)))


if __name__ == "__main__":
    main()
