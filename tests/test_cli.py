import json
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import numpy as np
import pytest

from neuropil import __version__, registry
from neuropil.contract import App
from neuropil.kit import progress
from neuropil.kit.media.image import Image
from neuropil.surfaces.cli import main as cli

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(invert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a photograph and a film; `invert` is the application."""
    monkeypatch.chdir(tmp_path)
    Image(np.full((4, 6, 3), 100, np.uint8)).save("old.png")
    with av.open("old.mkv", "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 6, 4, "bgr0"
        for shade in (0, 50, 100):
            frame = av.VideoFrame.from_ndarray(np.full((4, 6, 3), shade, np.uint8))
            container.mux(stream.encode(frame.reformat(format="bgr0")))
        container.mux(stream.encode())
    return tmp_path


def files(folder: Path = Path()) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def fails(capsys: Output, line: str, code: int = 2) -> str:
    """Run a line that can't be done; nothing is left behind, and one sentence is said."""
    before = files()
    assert cli.run(line.split()) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert files() == before
    assert printed.err.startswith("neuropil: ")
    assert printed.err.count("\n") == 1
    return printed.err.removeprefix("neuropil: ").rstrip("\n")


# What it does


def test_a_picture_becomes_a_picture_beside_it(capsys: Output) -> None:
    assert cli.run(["invert", "old.png"]) == 0
    assert capsys.readouterr() == ("old-invert.png\n", "")
    assert Image.open("old-invert.png").pixels.max() == 0


def test_a_film_becomes_a_film(capsys: Output) -> None:
    assert cli.run(["invert", "old.mkv", "-o", "new.mp4"]) == 0
    assert capsys.readouterr() == ("new.mp4\n", "")
    with av.open("new.mp4") as container:
        shades = [
            int(frame.to_ndarray(format="rgb24").mean()) for frame in container.decode(video=0)
        ]
    assert shades == pytest.approx([255, 205, 155], abs=3)


def test_options_reach_the_call_and_parts_reach_files(capsys: Output) -> None:
    line = "invert-look old.png --strength 0.5 --spot 1,2 --spot 3,4 --others 2 --map"
    assert cli.run(line.split()) == 0
    assert capsys.readouterr().out.splitlines() == [
        "old-invert-look.png",
        "old-invert-look-others-1.png",
        "old-invert-look-others-2.png",
        "old-invert-look-map.png",
        "places: 1,2 3,4",
        "mean: 0.5",
    ]
    assert len(files()) == 6


def test_json_holds_the_numbers_one_object_per_input(capsys: Output) -> None:
    assert cli.run(["invert", "old.png", "old.mkv", "--json", "-o", "new"]) == 0
    assert cli.run(["invert-look", "old.png", "--json", "--map", "--spot", "1,2"]) == 0
    one, two, three = map(json.loads, capsys.readouterr().out.splitlines())
    assert one["input"] == "old.png"
    assert two["files"] == {"film": [str(Path("new", "old-invert.mkv"))]}
    assert three == {
        "input": "old.png",
        "files": {
            "picture": ["old-invert-look.png"],
            "others": [],
            "map": ["old-invert-look-map.png"],
        },
        "places": [{"x": 1, "y": 2}],
        "mean": 1.0,
    }


def test_a_folder_goes_into_a_folder(capsys: Output) -> None:
    Path("album/1925").mkdir(parents=True)
    for name in ("album/a.png", "album/1925/b.jpg"):
        Image.open("old.png").save(name)
    assert cli.run(["invert", "album", "-o", "new"]) == 0
    assert files(Path("new")) == ["1925/b-invert.jpg", "a-invert.png"]
    assert cli.run(["invert", "album"]) == 0
    capsys.readouterr()
    assert cli.run(["invert", "album", "--force"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2, "our own outputs are no inputs"


def test_a_bad_input_does_not_stop_the_others(capsys: Output) -> None:
    Path("text.png").write_text("not a picture", encoding="utf-8")
    assert cli.run(["invert", "text.png", "none.png", "old.png"]) == 2
    printed = capsys.readouterr()
    assert printed.out == "old-invert.png\n"
    bad, missing, count = printed.err.splitlines()
    assert "text.png is not a picture that can be read" in bad
    assert "there is no file none.png" in missing
    assert count == "neuropil: 2 of 3 inputs could not be done"


def test_an_output_is_overwritten_only_with_force(capsys: Output) -> None:
    for name in ("old-invert.png", "old-invert-look-map.png"):
        Path(name).write_text("mine", encoding="utf-8")
    sentence = "is there already; overwrite it with --force"
    assert fails(capsys, "invert old.png") == f"old-invert.png {sentence}"
    several = fails(capsys, "invert none.png old.png")
    assert several == f"old-invert.png {sentence}, or leave out what is done with --skip-existing"
    assert fails(capsys, "invert-look old.png --map") == f"old-invert-look-map.png {sentence}"
    assert cli.run(["invert-look", "old.png"]) == 0, "without a map there is none to write"
    assert cli.run(["invert-look", "old.png", "--map", "--force"]) == 0
    assert Image.open("old-invert-look-map.png").width == 6


def test_a_folder_that_is_done_again_may_skip_what_is_there(capsys: Output) -> None:
    Path("album").mkdir()
    for name in ("a", "b"):
        Image.open("old.png").save(f"album/{name}.png")
    line = ["invert", "album", "-o", "new", "--skip-existing"]
    assert cli.run(line) == 0
    assert capsys.readouterr().err == ""
    before = Path("new/a-invert.png").stat().st_mtime_ns
    Image.open("old.png").save("album/c.png")
    assert "--skip-existing" in fails(capsys, "invert album -o new")
    assert cli.run([*line, "--json"]) == 0
    printed = capsys.readouterr()
    told = [json.loads(text) for text in printed.out.splitlines()]
    assert {each["input"]: each.get("skipped", False) for each in told} == {
        str(Path("album", "a.png")): True,
        str(Path("album", "b.png")): True,
        str(Path("album", "c.png")): False,
    }
    assert told[0]["files"] == {"image": [str(Path("new", "a-invert.png"))]}
    said = "neuropil: 2 of 3 inputs skipped: their results are there already\n"
    assert printed.err == said
    assert Path("new/a-invert.png").stat().st_mtime_ns == before
    assert cli.run(line) == 0
    assert capsys.readouterr() == ("", said.replace("2 of 3", "3 of 3"))
    assert "--force" in fails(capsys, "invert album -o new --skip-existing --force")


def test_what_is_done_by_half_is_not_skipped(capsys: Output) -> None:
    line = ["invert-look", "old.png", "other.png", "--map", "--others", "2", "--skip-existing"]
    Image.open("old.png").save("other.png")
    assert cli.run(line) == 0
    Path("old-invert-look-others-2.png").unlink()
    capsys.readouterr()
    assert cli.run(line) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "old-invert-look.png is there already" in printed.err
    assert "1 of 2 inputs skipped" in printed.err


def test_common_options_reach_where_they_belong(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[object] = []
    load = registry.load_app

    def spy(name: str, *settings: object) -> App:
        loaded.append(settings)
        return load(name)

    monkeypatch.setattr(registry, "load_app", spy)
    monkeypatch.setattr(registry.find_app("invert"), "networks", {"net": None})
    Image(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)).save("noise.png")
    Path("w.onnx").touch()
    assert (
        cli.run("invert noise.png --threads 3 --weights w.onnx -o a.jpg --quality 1".split()) == 0
    )
    assert cli.run("invert noise.png -o b.jpg --quality 100".split()) == 0
    assert loaded[0] == (("w.onnx",), 3)
    assert Path("a.jpg").stat().st_size < Path("b.jpg").stat().st_size
    capsys.readouterr()
    assert "--max-pixels 24" in fails(capsys, "invert old.png --max-pixels 23")


# Mistakes


def test_a_file_that_reads_as_an_option(capsys: Output) -> None:
    assert cli.run(["invert", "-dash.png"]) == 2
    assert "no such option" in capsys.readouterr().err
    Path("old.png").rename("-dash.png")
    assert cli.run(["invert", "-dash.png"]) == 2
    assert "for the file of that name type ./-dash.png" in capsys.readouterr().err
    assert cli.run(["invert", "./-dash.png"]) == 0


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("invert", "name a file or a folder, as in: neuropil invert old.jpg"),
        ("invert none.png", "there is no file none.png; check the name"),
        ("invert old.png --strength 3", "--strength is 3; it lies between 0 and 2"),
        ("invert old.png --strength x", "--strength is x; it takes a number from 0 to 2"),
        ("invert old.png --mode odd", "--mode is odd; it is one of plain, fancy"),
        ("invert old.png --spot here", "--spot 'here': here is no place; give X,Y"),
        ("list old.png", "got unexpected extra argument(s) (old.png); --help shows what it takes"),
        ("invert old.png --strenght 1", "no such option: --strenght (did you mean --strength?)"),
        ("invert old.png --strength", "option '--strength' requires an argument"),
        ("invert old.png --quality 0", "--quality is 0; it lies between 1 and 100"),
        ("colorize old.png --threads 0", "--threads is 0; it lies between 1 and 1024"),
        (
            "invrt old.png",
            "there is no command invrt (did you mean invert?); there are: colorize, ",
        ),
        (
            "card invrt",
            "no application is called invrt (did you mean invert?); there are: colorize, ",
        ),
        ("invert old.png -o old.png/new.png", "old.png/new.png can't be written in "),
        ("invert old.png -o new.gif", "new.gif can't be written; end the name in .png"),
    ],
)
def test_mistakes_are_said_in_a_sentence(capsys: Output, line: str, sentence: str) -> None:
    assert fails(capsys, line).startswith(sentence)


def test_programs_get_mistakes_as_json(capsys: Output) -> None:
    def said(line: str) -> list[dict[str, object]]:
        assert cli.run(line.split()) == 2
        return [json.loads(text) for text in capsys.readouterr().out.splitlines()]

    missing = {"code": "input.missing", "message": "there is no file none.png; check the name"}
    assert said("invert none.png --json") == [{"input": "none.png", "error": missing}]
    first, second = said("invert none.png old.png --json")
    assert first == {"input": "none.png", "error": missing}
    assert second["files"] == {"image": ["old-invert.png"]}
    for line, code in [
        ("invert old.png --strength 3 --json", "option.range"),
        ("invert old.png --nonsense --json", "usage"),
        ("nonsense --json", "name.unknown"),
    ]:
        (told,) = said(line)
        assert told.keys() == {"error"}
        error = told["error"]
        assert isinstance(error, dict)
        assert error["code"] == code


def test_a_kind_of_media_that_is_not_taken_is_said(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = "save one of its frames as PNG, and name that"
    said = fails(capsys, "invert-look old.mkv")
    assert said == f"old.mkv is a film; invert-look takes a picture: {way}"
    Path("old.mkv").rename("old.xyz")
    assert fails(capsys, "invert-look old.xyz") == f"old.xyz is a film; {way}"
    said = fails(capsys, "drive-predict old.png")
    assert said.startswith("old.png is a picture; drive-predict takes a film: neuropil drive-pre")


@pytest.mark.parametrize("verb", ["invert", "invert-look", "drive-predict"])
@pytest.mark.parametrize("name", ["list.m3u8", "list.xyz"])
def test_a_list_of_files_is_not_followed(capsys: Output, verb: str, name: str) -> None:
    Path(name).write_text("#EXTM3U\n#EXTINF:4,\nold.mkv\n")
    said = f"{name} is a list of other files, which is not followed; name one of them"
    assert fails(capsys, f"{verb} {name}") == said


def test_a_text_that_reads_as_a_file_is_explained(capsys: Output) -> None:
    for line in ("handwrite @home", "handwrite --text @home"):
        said = "for the text itself type @@home"
        assert fails(capsys, line).endswith(f"No such file or directory; {said}")
    assert cli.run(["handwrite", "--help"]) == 0
    assert "@@ begins a text with @" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "line", ["invert {}.png", "invert old.png -o {}.png", "invert old.png -o {}", "open {}.onnx"]
)
def test_a_name_that_is_too_long_is_said_in_short(capsys: Output, line: str) -> None:
    said = fails(capsys, line.format("a" * 300))
    assert said == f"{'a' * 60}... is too long for the name of a file; give a shorter one"


def test_a_result_whose_name_is_too_long_does_not_stop_the_others(capsys: Output) -> None:
    Path("album").mkdir()
    for name in ("a" * 250, "b"):
        Path(f"album/{name}.png").write_bytes(Path("old.png").read_bytes())
    assert cli.run(["invert", "album", "-o", "new"]) == 2
    assert files(Path("new")) == ["b-invert.png"]
    assert "too long for the name of a file" in capsys.readouterr().err


def test_a_folder_that_can_not_be_written_to_is_said_before_any_work(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(**given: object) -> None:
        raise PermissionError  # root may write everywhere

    monkeypatch.setattr(tempfile, "TemporaryFile", denied)
    assert "can't be written in" in fails(capsys, "invert old.png")


def test_our_own_faults_have_no_traceback(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "invert old.png --mode fancy"
    assert fails(capsys, line, code=1).startswith("internal error, RuntimeError: a fault of ours;")
    monkeypatch.setenv("NEUROPIL_DEBUG", "1")
    with pytest.raises(RuntimeError):
        cli.run(line.split())


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (KeyboardInterrupt, 130, "stopped; nothing half-written"),
        (progress.Cancelled, 130, "stopped; nothing half-written"),
        (OSError(5, "Input/output error", "disk"), 2, "disk says: Input/output error"),
        (MemoryError, 2, "there is too little memory for this; give it something smaller"),
    ],
)
def test_work_can_be_stopped(
    capsys: Output,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException | type[BaseException],
    code: int,
    sentence: str,
) -> None:
    def stop(self: Image, path: Path, quality: int) -> None:
        raise error

    monkeypatch.setattr(Image, "save", stop)
    assert fails(capsys, "invert old.png", code) == sentence
    assert fails(capsys, "invert old.png -o new/of/old.png", code) == sentence
    assert not Path("new").exists(), "a folder that was made for nothing is taken away"


SLOW = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background ignores it
from neuropil.surfaces.cli import main as cli
from neuropil.kit import atomic
settle = atomic._settle
def slow(temporary, target):
    print("half", flush=True)
    time.sleep(30)
atomic._settle = slow
from neuropil.kit.media.image import Image
work = lambda: Image.open("old.png").save("new.png") or 0
cli.build_parser = lambda: lambda *_, **__: work()
cli.main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_process_that_is_told_to_stop_leaves_nothing(name: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "half\n"
    process.send_signal(getattr(signal, name))
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (130, "neuropil: stopped; nothing half-written\n")
    assert files() == ["old.mkv", "old.png"]


def test_output_that_nobody_reads_is_no_fault() -> None:
    script = "import os, sys; os.close(0); from neuropil.surfaces.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", script, "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    assert process.stderr.read() == b""
    process.wait(timeout=10)
    process.stderr.close()


# The other commands


def test_help_lists_the_applications_without_loading_them(capsys: Output) -> None:
    for line in ([], ["--help"]):
        assert cli.run(line) == 0
        assert re.search("\n  invert +Turn a picture inside out.\n", capsys.readouterr().out)
    assert "neuropil.apps.invert.app" not in sys.modules


def test_help_of_an_application_explains_its_options(capsys: Output) -> None:
    assert cli.run(["invert", "--help"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for text in [
        "Turn a picture inside out.",
        "Usage: neuropil invert [OPTIONS] [INPUT]...",
        "INPUT: a picture or film. Several, and folders, will do too.",
        "--strength NUMBER how much, of two (from 0 to 2) [default: 1.0]",
        "--spot X,Y where; can be repeated",
        "--mode plain|fancy in which way [default: plain]",
        "--max-depth N how deep [default: 3]",
        "-o, --output FILE",
        "Example: neuropil invert old.jpg",
    ]:
        assert text in printed


def test_version_and_list(capsys: Output) -> None:
    assert cli.run(["--version"]) == 0
    assert cli.run(["list"]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == f"neuropil {__version__}"
    words = [line.split()[0] for line in rest]
    others = ("list", "card", "bench", "train", "demo", "serve")
    assert words == [*registry.commands(), "open", "map", *others]
    assert re.search("\ninvert-look +Look at a picture from all sides.\n", "\n".join(rest))
    assert re.fullmatch("demo +Show every application at work on one page.", rest[-2])


def test_the_command_line_starts_without_anything_heavy() -> None:
    """How long that takes is measured by `neuropil bench cli`."""
    program = """
import sys
from neuropil.surfaces.cli import main as cli
assert cli.run(["--help"]) == 0
heavy = {"numpy", "PIL", "onnxruntime", "onnx", "av", "torch", "rich"} & sys.modules.keys()
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_an_input_is_never_overwritten(
    capsys: Output, monkeypatch: pytest.MonkeyPatch, invert: Path
) -> None:
    before = Path("old.png").read_bytes()
    assert cli.run(["invert", "old.png", "-o", "old.png", "--force"]) == 2
    assert "is an input itself" in capsys.readouterr().err
    assert Path("old.png").read_bytes() == before


def test_no_file_that_is_read_is_overwritten(capsys: Output) -> None:
    Path("text.json").write_text("Dear Ada,", encoding="utf-8")
    Image.open("old.png").save("old-invert.png")
    before = {name: Path(name).read_bytes() for name in files()}
    for line in (
        "invert old.png old-invert.png --force",
        "handwrite @text.json -o text.json --force",
        "open colorize old.png --at 1,1 -o old.png --force",
    ):
        assert cli.run(line.split()) == 2
        assert "is an input itself" in capsys.readouterr().err
    assert {name: Path(name).read_bytes() for name in files()} == before


def test_a_folder_takes_what_has_no_source(capsys: Output) -> None:
    assert cli.run("neuron --x 1 --w 2 --b 0 -o new".split()) == 0
    assert capsys.readouterr().out == f"{Path('new', 'neuron.txt')}\n"


def test_json_holds_documents_too(capsys: Output) -> None:
    assert cli.run("neuron --x 1 --w 2 --b 0 --json".split()) == 0
    record = json.loads(capsys.readouterr().out)
    assert "z" in record["document"]


def test_one_file_too_many_is_said(capsys: Output) -> None:
    said = fails(capsys, "invert old.png -o a.png -o b.png")
    makes = "invert makes image (.png .jpg .jpeg .webp .tif .tiff)"
    assert said == f"b.png is one name too many: {makes}; leave out one -o"
