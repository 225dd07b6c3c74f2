"""Folders: in the order of names, hidden ones left out, links followed once."""

from pathlib import Path

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
