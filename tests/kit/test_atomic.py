import os
import subprocess
import sys
from pathlib import Path

import pytest
from refusals import refused

from neuropil.kit.atomic import atomic_path, make_folders

FULL_DISK = """
import resource
from pathlib import Path
from neuropil.kit.atomic import atomic_path
from neuropil.kit.errors import UserError

free = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, free[1]))  # the nearest thing to a full disk
try:
    with atomic_path(Path("new.txt")) as path:
        path.write_bytes(bytes(2000))
except UserError as error:
    print(error.code, error)
resource.setrlimit(resource.RLIMIT_FSIZE, free)  # what measures coverage writes at the end
"""


def stop_inside(files: list[Path], *, is_written: bool) -> None:
    """Make the folders, let somebody else write the first file or not, and press Ctrl-C."""
    with make_folders(files):
        assert files[0].parent.is_dir()
        if is_written:
            files[0].write_text("of somebody else")
        raise KeyboardInterrupt


def test_folders_that_were_made_for_nothing_are_taken_away(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    files = [tmp_path / name for name in ("a/b/c.txt", "a/d.txt", "there/e/f.txt")]
    with pytest.raises(KeyboardInterrupt):
        stop_inside(files, is_written=False)
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]
    with pytest.raises(KeyboardInterrupt):
        stop_inside(files, is_written=True)
    assert files[0].read_text() == "of somebody else"
    with make_folders(files):
        pass
    assert all(path.parent.is_dir() for path in files)


def test_a_file_takes_its_place_with_its_suffix(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "new.txt") as path:
        assert path.suffix == ".txt"
        path.write_text("whole", encoding="utf-8")
        assert not (tmp_path / "new.txt").exists()
    assert (tmp_path / "new.txt").read_text(encoding="utf-8") == "whole"
    assert [file.name for file in tmp_path.iterdir()] == ["new.txt"]


def spoil(target: Path, error: type[BaseException]) -> None:
    with atomic_path(target) as path:
        path.write_text("half", encoding="utf-8")
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError])
def test_the_old_file_stays_whatever_happens(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "old.txt"
    target.write_text("old", encoding="utf-8")
    with pytest.raises(error):
        spoil(target, error)
    assert target.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["old.txt"]


def test_rights_are_those_of_any_new_file_or_of_the_old_one(tmp_path: Path) -> None:
    plain, old = tmp_path / "plain", tmp_path / "old"
    plain.touch()
    old.touch(mode=0o600)
    for target in (tmp_path / "new", old):
        with atomic_path(target):
            pass
    assert (tmp_path / "new").stat().st_mode == plain.stat().st_mode
    assert old.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with atomic_path(tmp_path / "link") as path:
        path.write_bytes(b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"x"


def test_what_can_not_be_written_is_refused(tmp_path: Path) -> None:
    for target in (
        tmp_path,
        Path(os.devnull),
        tmp_path / "none" / "new.txt",
        tmp_path / ("n" * 300) / "new.txt",
    ):
        with refused("output.place", target), atomic_path(target):
            pytest.fail("the block was entered")


def test_an_unwritable_folder_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def touch(self: Path, exist_ok: bool) -> None:  # root may write anywhere, so the mode won't do
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", touch)
    with refused("output.place", "new.txt", "permission denied"), atomic_path(tmp_path / "new.txt"):
        pytest.fail("the block was entered")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_full_disk_is_said_in_a_sentence(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout.startswith("disk.full new.txt ")
    assert list(tmp_path.iterdir()) == []
