"""Where files and measurements come from."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from neuropil.kit.provenance import file_sha256, git_commit, processor_name


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
