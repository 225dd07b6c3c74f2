"""Folders: in the order of names, hidden ones left out, links followed once."""

import os
from pathlib import Path
from typing import Any

import pytest
from listening import listening

from neuropil.kit.folders import list_files


def test_files_come_by_name_and_links_lead_nowhere_twice(tmp_path: Path) -> None:
    album = tmp_path / "album"
    for name in ("b.png", "a.PNG", "notes.txt", ".hidden.png", ".thumbs/c.png", "deep/er/d.png"):
        path = album / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "e.png").touch()
    (album / "link").symlink_to(tmp_path / "other")
    (album / "deep" / "back").symlink_to(album)
    found = [path.relative_to(album).as_posix() for path in list_files(album, {".png"})]
    assert found == ["a.PNG", "b.png", "deep/er/d.png", "link/e.png"]
    found = [path.name for path in list_files(album, {".png"}, [tmp_path / "other"])]
    assert found == ["a.PNG", "b.png", "d.png"]


def test_a_folder_that_can_not_be_read_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/1.png", "locked/2.png", "z/3.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    scandir = os.scandir

    def refusing(path: Any) -> Any:
        if os.fspath(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)  # rights alone don't stop who may do everything
    with listening() as lines:
        found = list(list_files(tmp_path, {".png"}))
    assert [path.name for path in found] == ["1.png", "3.png"]
    assert lines == [f"left out: {tmp_path / 'locked'} (Permission denied)"]
