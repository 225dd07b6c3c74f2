"""Where files and measurements come from."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from neuropil.kit.provenance import (
    code_files,
    code_sha256,
    file_sha256,
    git_commit,
    processor_name,
)


def git(folder: Path, *arguments: str) -> None:
    named = ("-c", "user.name=n", "-c", "user.email=e")
    subprocess.run(["git", *named, *arguments], cwd=folder, check=True)


def test_the_commit_is_that_of_our_own_checkout(tmp_path: Path) -> None:
    assert git_commit(tmp_path) == ""
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "m")
    (tmp_path / "__init__.py").touch()
    assert git_commit(tmp_path) == "", "another project's checkout"
    git(tmp_path, "add", ".")
    assert len(git_commit(tmp_path)) == 13
    assert git_commit(tmp_path).endswith("+")
    git(tmp_path, "commit", "-q", "-m", "m")
    assert len(git_commit(tmp_path)) == 12
    git(tmp_path, "tag", "-a", "v1", "-m", "v1")
    assert len(git_commit(tmp_path)) == 12, "the commit, not the tag"


def test_outside_git_no_commit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert git_commit(Path(__file__).parent) == ""


def test_a_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc" * 100_000)
    assert file_sha256(tmp_path / "file") == hashlib.sha256(b"abc" * 100_000).hexdigest()


def test_the_processor_has_a_name() -> None:
    assert processor_name()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "ours"
    (folder / "inner").mkdir(parents=True)
    texts = {
        "__init__.py": "",
        "start.py": "import numpy\nfrom ours.inner import part\n",
        "inner/__init__.py": "",
        "inner/part.py": "def f():\n    import ours.late\n",
        "late.py": "from ours import start\n",
        "other.py": "import ours.start\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_code_is_a_file_and_all_that_it_imports(package: Path) -> None:
    found = code_files(package, [package / "start.py"])
    names = [file.relative_to(package).as_posix() for file in found]
    assert names == ["__init__.py", "inner/__init__.py", "inner/part.py", "late.py", "start.py"]


@pytest.mark.parametrize(
    ("changed", "same"), [("inner/part.py", False), ("late.py", False), ("other.py", True)]
)
def test_code_is_known_by_the_bytes_that_it_needs(package: Path, changed: str, same: bool) -> None:
    before = code_sha256(package, [package / "start.py"])
    with (package / changed).open("a", encoding="utf-8") as file:
        file.write("# more\n")
    assert (code_sha256(package, [package / "start.py"]) == before) is same
