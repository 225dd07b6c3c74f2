"""What a run over many files is about, and how its manifest is read; no cluster is needed."""

import json
import os
from pathlib import Path

import pytest
from refusals import refused

from neuropil import registry
from neuropil.kit.errors import UserError
from neuropil.planning import Request
from neuropil.surfaces.cluster.manifest import Manifest
from neuropil.surfaces.cluster.mapping import map_files, word_time
from neuropil.surfaces.cluster.sources import MapSource, find_sources, refuse_words

ABOUT = {"neuropil": "1", "verb": "colorize", "options": {}, "settings": {}}


@pytest.fixture
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "1925/b.png", "1925/old-colorize.jpg", ".hidden.jpg", "notes.txt"):
        path = tmp_path / "album" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.touch()
    return tmp_path / "album"


def found(*words: str, verb: str = "colorize", out: str = "new") -> list[MapSource]:
    to = str(Path.cwd() / out)
    return sorted(find_sources(registry.find_verb(verb), words, to), key=lambda each: each.names)


def places(*words: str, out: str = "new") -> list[str]:
    return sorted(source.place for source in found(*words, out=out))


def test_a_folder_keeps_its_folders(album: Path) -> None:
    assert places("album") == ["1925/b.png", "a.jpg"]
    assert places("album/") == ["1925/b.png", "a.jpg"]
    assert places("./album") == ["1925/b.png", "a.jpg"]
    assert [source.names for source in found("album")] == [
        (str(album / "1925/b.png"),),
        (str(album / "a.jpg"),),
    ]


def test_of_several_each_keeps_its_own(album: Path) -> None:
    (album.parent / "a.jpg").touch()
    assert places("album", "a.jpg") == ["a.jpg", "album/1925/b.png", "album/a.jpg"]
    assert places("album/a.jpg") == ["a.jpg"]
    absolute = str(album / "a.jpg").lstrip("/")
    assert places("a.jpg", str(album / "a.jpg")) == sorted(["a.jpg", absolute])


def test_links_that_lead_back_are_followed_once(album: Path) -> None:
    (album / "1925" / "again").symlink_to(album)
    assert places("album") == ["1925/b.png", "a.jpg"]


def test_patterns_fit_below_their_folder(album: Path) -> None:
    assert places("album/*.jpg") == ["a.jpg"]
    assert places("album/**/*.png") == ["1925/b.png"]
    assert places("album/19*/*") == ["1925/b.png"]
    (album / "odd[1].jpg").touch()
    assert places("album/odd[1].jpg") == ["odd[1].jpg"]  # a file of that very name


def test_results_are_no_sources(album: Path) -> None:
    (album / "new").mkdir()
    (album / "new" / "c.jpg").touch()
    assert places("album", out="album/new") == ["1925/b.png", "a.jpg"]


def test_lists_keep_folders(album: Path) -> None:
    (album.parent / "list.txt").write_text("album/a.jpg\n\nalbum/1925/b.png\nnone.jpg\n")
    assert places("@list.txt") == ["album/1925/b.png", "album/a.jpg", "none.jpg"]


def test_pairs_are_read_line_by_line(album: Path) -> None:
    lines = [
        '{"person": "one/ada.mp4", "speech": "talk.wav"}',
        '{"speech": "ada.wav", "person": "ada.mp4"}',
        '{"person": "one/ada.mp4", "speech": "other/talk.wav"}',
        "not json",
        '{"person": "ada.mp4"}',
    ]
    (album.parent / "pairs.jsonl").write_text("\n".join(lines))
    verb = registry.find_verb("lipsync")
    sources = list(find_sources(verb, ("@pairs.jsonl",), "new"))
    assert [source.place for source in sources] == ["one/ada-talk.mp4", "ada.mp4", "", "", ""]
    assert sources[1].names == (str(Path("ada.mp4").absolute()), str(Path("ada.wav").absolute()))
    assert "one/ada-talk.mp4" in sources[2].error  # its results would take the place of the first
    assert all("pairs.jsonl, line" in source.error for source in sources[3:])


@pytest.mark.parametrize(
    ("verb", "words", "code"),
    [
        ("colorize", (), "input.required"),
        ("colorize", ("none.jpg",), "input.missing"),
        ("colorize", ("@none.txt",), "input.missing"),
        ("colorize", ("-",), "input.required"),
        ("colorize", ("@",), "input.required"),
        ("lipsync", ("album",), "input.kind"),
        ("colorize", ("foo://bar/a.jpg",), "input.address"),
    ],
)
@pytest.mark.usefixtures("album")
def test_words_that_name_nothing_are_refused(verb: str, words: tuple[str, ...], code: str) -> None:
    with refused(code):
        refuse_words(registry.find_verb(verb), words)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (Request("handwrite", ("Dear Ada",), {}, ("new",)), "name.unsupported"),
        (Request("classify-teach", ("album",), {}, ("new",)), "name.unsupported"),
        (Request("colorize", ("album",), {}, ()), "option.missing"),
        (Request("colorize", ("album",), {"strength": 9}, ("new",)), "option.range"),
        (Request("colorize", ("album",), {}, ("album",)), "output.same_as_input"),
        (Request("lipsync-cues", ("album",), {}, ("new",)), "input.empty"),
        (Request("colorize", ("album/a.jpg",), {}, ("album",)), "output.exists"),
        (Request("colorize", ("album",), {}, ("album/a.jpg",)), "output.place"),
    ],
    ids=lambda given: given.verb if isinstance(given, Request) else given,
)
@pytest.mark.usefixtures("album")
def test_requests_are_refused_before_any_work(request_: Request, code: str) -> None:
    with refused(code):
        map_files(request_, 1, resume=False)


# --- the manifest --------------------------------------------------------------------------------


def line(name: str, error: object = None) -> dict[str, object]:
    return {"input": name, "output": [], "sha256": [], "values": {}, "seconds": 1, "error": error}


def test_what_is_done_is_remembered(tmp_path: Path) -> None:
    out = str(tmp_path / "new")
    manifest = Manifest(out, ABOUT, resume=False)
    assert not Path(out).exists()  # nothing before the first line
    manifest.add([line("a"), line("b", {"code": "x", "message": "y"})])
    manifest.close()
    with Path(manifest.name).open("a", encoding="utf-8") as file:
        file.write('{"input": "c", "err')  # torn by a kill
    again = Manifest(out, ABOUT, resume=True)
    assert [again.has([name]) for name in "abc"] == [True, False, False]
    again.add([line("b"), line("c")])
    again.close()
    last = Manifest(out, ABOUT, resume=True)
    assert [last.has([name]) for name in "abcd"] == [True, True, True, False]
    lines = Path(manifest.name).read_text("utf-8").splitlines()
    assert [json.loads(each).get("input") for each in lines] == [None, "a", "b", "b", "c"]


def test_a_run_goes_on_as_it_began(tmp_path: Path) -> None:
    out = str(tmp_path / "new")
    with refused("output.place", "--resume"):
        Manifest(out, ABOUT, resume=True)
    manifest = Manifest(out, ABOUT, resume=False)
    manifest.add([line("a")])
    manifest.close()
    with refused("output.exists", "--resume"):
        Manifest(out, ABOUT, resume=False)
    with refused("option.conflict", "strength"):
        Manifest(out, {**ABOUT, "options": {"strength": 2}}, resume=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_can_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with refused("output.place"):
        Manifest(str(tmp_path / "new"), ABOUT, resume=False)


def test_two_sources_do_not_share_a_key(tmp_path: Path) -> None:
    manifest = Manifest(str(tmp_path / "new"), ABOUT, resume=False)
    manifest.add([line("a"), {**line("b"), "input": ["b", "c"]}])
    manifest.close()
    again = Manifest(str(tmp_path / "new"), ABOUT, resume=True)
    assert again.has(["b", "c"])
    assert not again.has(["b"])
    assert not again.has(["c", "b"])


def test_times_are_said_as_people_do() -> None:
    assert [word_time(s) for s in (5, 99, 150, 7200)] == ["5 s", "99 s", "2 min", "2.0 h"]


def test_errors_of_a_store_are_of_one_line() -> None:
    from neuropil.surfaces.cluster.addresses import reach

    def fail(store: object) -> None:
        raise OSError("Generic error\n\nDebug source:\nlong")

    with pytest.raises(UserError, match=r"memory://a can't be reached: Generic error$"):
        reach("memory://a", fail)
