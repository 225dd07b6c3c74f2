"""What README, docs and cards say is so. How figures and trees are written: see tests/pages.py.

The commands of README and of every page in docs run in a temporary folder, those of a section one
after the other, all but the two of the set-up. They find there, made by this test:

    old.jpg     a grey photograph, one of the package's own samples
    digit.png   a handwritten digit
    menu.webp   a French menu
    horse.mp4   a silent film of 1878
    recordings/ a folder of two sounds
    person.mp4, speech.opus     a drawn face that says syllables, and a sentence
    album/      a folder with two of them
    flowers/    two folders of six pictures each, as classify-teach takes them
    film.mp4    a grey film of twelve frames with a second of sound
    letter.txt  a short letter
    strokes.json  two lines of writing and what they say, as handwrite-learn takes them
    photos/     cuttings of the samples in color, as data for training and measuring

`neuropil train` is run as written, but for two steps only, and `neuropil demo` with fewer tries of
what it writes by hand. Other names come from earlier commands of the section. A command that stands
in several sections is run in the first, unless others there need what it makes.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pages
import pytest
from films import cut as cut_film
from foley_data import click, save_recording
from fresh_process import run_module
from PIL import Image as Picture

from neuropil import registry
from neuropil.surfaces.cli import main as cli

README = (pages.ROOT / "README.md").read_text(encoding="utf-8")
SET_UP = {"./run demo", "./run test"}
RECORDED = sorted(pages.records())
N_PHOTOS, CUTTING = 48, 144
FEWER = {"demo": [("neuropil.apps.handwrite.demo", "TRIES", 2)]}  # of a command: other numbers
SAMPLES = pages.ROOT / "src" / "neuropil" / "samples"

each_page = pytest.mark.parametrize(
    "page", [pytest.param(p, id=p.relative_to(pages.ROOT).as_posix()) for p in pages.pages()]
)

each_manual = pytest.mark.parametrize(
    "page",
    [
        pytest.param(p, id=p.relative_to(pages.ROOT).as_posix())
        for p in pages.pages()
        if p.name != "card.md"
    ],
)


COMMANDS = {  # of the sections of README and docs
    f"{p.relative_to(pages.ROOT).as_posix()} {heading}": [
        line for line in pages.commands(text) if line not in SET_UP
    ]
    for p in pages.pages()
    if p.name != "card.md"
    for heading, text in pages.sections(p.read_text(encoding="utf-8")).items()
}
SECTIONS = [pytest.param(c, id=name) for name, c in pages.without_repeats(COMMANDS).items()]
EXAMPLES = [
    pytest.param(examples, id=p.relative_to(pages.ROOT).as_posix())
    for p in pages.pages()
    if p.name != "card.md"
    if (examples := pages.blocks(p.read_text(encoding="utf-8"), "python"))
]


# --- figures, trees, links ---------------------------------------------------------------------


@each_page
def test_figures_are_the_records(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert pages.with_figures(text, pages.records()) == text, "run python tests/pages.py"


@each_page
def test_measured_numbers_name_their_record(page: Path) -> None:
    assert pages.unmarked(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("name", RECORDED)
def test_readme_and_card_quote_the_record(name: str) -> None:
    card = [registry.model_card(name)] if name in registry.NAMES else []
    for text in (README, *card):
        assert f"<!-- {name}." in text


@pytest.mark.parametrize("name", [n for n in registry.NAMES if registry.find_app(n).networks])
def test_what_ships_weights_has_a_record(name: str) -> None:
    assert name in RECORDED


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    assert list(pages.broken_links(page)) == []


@pytest.mark.parametrize("page", [*pages.pages(), *pages.ROOT.glob("*.md")], ids=lambda p: p.name)
def test_lines_can_be_read_in_an_editor(page: Path) -> None:
    assert pages.wide_lines(page.read_text(encoding="utf-8")) == []


def test_tree_is_what_is_there() -> None:
    trees = pages.blocks(README, "text")
    assert trees, "the README shows no tree"
    assert [fault for tree in trees for fault in pages.tree_faults(tree, pages.ROOT)] == []


def test_the_neuron_that_is_shown_is_the_one_that_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (shown,) = (block for block in pages.blocks(README, "") if block.startswith("channel"))
    church = str(SAMPLES / "church.jpg")
    assert cli.run(["open", "colorize", church, "--at", "200,250", "--depth", "30"]) == 0
    printed = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    lines = [" ".join(line.split()) for line in shown.splitlines() if "the other" not in line]
    found = [
        line
        for line in lines
        if any(said.endswith(line) or said.startswith(line) for said in printed)
    ]
    assert [line for line in lines if line not in found] == []


def test_the_files_of_biology_are_those_that_are_there() -> None:
    text = (pages.ROOT / "docs" / "biology.md").read_text(encoding="utf-8")
    listed = text.partition("read in this order:")[2].partition("\n\n")[0]
    there = {file.stem for file in (pages.ROOT / "src/neuropil/biology").glob("*.py")}
    assert sorted(re.findall(r"`(\w+)`", listed)) == sorted(there - {"__init__", "bench"})


@pytest.mark.parametrize(
    "page", [*pages.pages(), pages.ROOT / "CONTRIBUTING.md"], ids=lambda p: p.name
)
def test_source_files_that_a_page_names_are_there(page: Path) -> None:
    package = pages.ROOT / "src" / "neuropil"
    named = re.findall(r"`((?:\w+/)+\w+\.py)`", page.read_text(encoding="utf-8"))
    places = [pages.ROOT, package, *package.glob("apps/*")]  # `lab/train.py` is of any application
    assert [name for name in named if not any((place / name).exists() for place in places)] == []


def test_readme_names_the_set_up() -> None:
    assert set(pages.commands(README)) >= SET_UP


# --- commands ----------------------------------------------------------------------------------


def made_film(path: Path) -> None:
    """Write twelve grey frames and a second of sound."""
    grey = np.linspace(0, 255, 48 * 64).reshape(48, 64).astype(np.uint8)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=Fraction(12))
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("aac", rate=48000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 48000), np.float32), "fltp", "mono")
        sound.sample_rate = 48000
        container.mux(audio.encode(sound))
        container.mux(audio.encode())
        for i in range(12):
            frame = av.VideoFrame.from_ndarray(np.roll(grey, i, axis=1), format="gray")
            container.mux(video.encode(frame))
        container.mux(video.encode())


@pytest.fixture
def desk(full_desk: Path, tmp_path: Path) -> Path:
    """Copy the folder in which the commands of a page find their files."""
    return Path(shutil.copytree(full_desk, tmp_path / "desk"))


@pytest.fixture(scope="module")
def full_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the files that the commands of a page find."""
    folder = tmp_path_factory.mktemp("full") / "desk"
    folder.mkdir()
    colored = sorted(SAMPLES.glob("*-color.jpg"))
    rng = np.random.default_rng(0)
    old = sorted(set(SAMPLES.glob("*.jpg")) - set(colored))
    shutil.copy(old[0], folder / "old.jpg")
    shutil.copy(SAMPLES / "three.png", folder / "digit.png")
    for name in ("menu.webp", "speech.opus", "horse.mp4"):
        shutil.copy(SAMPLES / name, folder / name)
    cut_film(SAMPLES / "person.mp4", folder / "person.mp4", 3)
    for name, hz in (("tick", 900), ("tock", 500)):
        save_recording(folder / "recordings" / f"{name}.wav", click(hz=hz))
    (folder / "album").mkdir()
    for file in old[:2]:
        shutil.copy(file, folder / "album")
    (folder / "photos").mkdir()
    for n, name in enumerate(("rose", "tulip")):
        (folder / "flowers" / name).mkdir(parents=True)
        for i in range(6):
            noise = rng.integers(256, size=(64, 64, 3), dtype=np.uint8)
            noise[..., n] = 20 * i
            Picture.fromarray(noise).save(folder / "flowers" / name / f"{i}.png")
    for i in range(N_PHOTOS):
        with Picture.open(colored[i % len(colored)]) as whole:
            left, top = rng.integers(0, np.subtract(whole.size, CUTTING), endpoint=True).tolist()
            cut = whole.crop((left, top, left + CUTTING, top + CUTTING))
            cut.save(folder / "photos" / f"{i:02}.jpg")
    made_film(folder / "film.mp4")
    (folder / "letter.txt").write_text("Dear Ada,\n\nall is well here, and how are you?\n")
    (folder / "strokes.json").write_text(json.dumps({"lines": [recorded(), recorded()]}))
    return folder


def recorded() -> dict[str, object]:
    """Draw what may be a line of seven letters: arches of twenty points."""
    t = np.linspace(0, np.pi, 20)
    arches = [np.column_stack([8 * i + 3 - 3 * np.cos(t), -9 * np.sin(t)]) for i in range(7)]
    return {"text": "minimum", "strokes": [arch.tolist() for arch in arches]}


def spelled(command: str) -> list[str]:
    """Turn a line of the README into what this Python can run."""
    words = shlex.split(command, comments=True)
    words = words[1:] if words[0] == "./run" else words
    if words[0] == "python":
        return [sys.executable, *words[1:]]
    assert words[0] == "neuropil", f"not a command of ours: {command}"
    short = ["--set", "steps=1"] if words[1:2] == ["train"] else []
    return [sys.executable, "-m", *words, *short]


@each_manual
def test_a_page_shows_what_can_be_typed(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert pages.commands(text) or pages.blocks(text, "python")


@pytest.mark.parametrize("lines", SECTIONS)
def test_commands_work(lines: list[str], desk: Path, request: pytest.FixtureRequest) -> None:
    """Run those of the README by a Python of their own, those of other pages in a forked one."""
    is_readme = "[README.md " in request.node.name
    # coverage's tracing would double the minutes; the code behind has tests of its own that count
    untraced = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
    for line in lines:
        words = spelled(line)
        run = (
            run_module(words[2], words[3:], desk, FEWER.get(words[3], ()))
            if words[1] == "-m" and not is_readme
            else subprocess.run(
                words, cwd=desk, env=untraced, capture_output=True, encoding="utf-8", check=False
            )
        )
        assert run.returncode == 0, f"{line}\n{run.stderr}"
        if line.split()[1:2] == ["bench"]:
            assert json.loads(run.stdout.splitlines()[-1])


def test_every_application_has_a_command() -> None:
    lines = pages.commands(README)
    assert all(any(f"neuropil {name} " in line for line in lines) for name in registry.NAMES)


@pytest.mark.parametrize("examples", EXAMPLES)
def test_python_examples_work(examples: list[str], desk: Path) -> None:
    run = [sys.executable, "-"]
    for example in examples:
        done = subprocess.run(
            run, input=example, cwd=desk, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, f"{example}\n{done.stderr}"


# --- the checks themselves ---------------------------------------------------------------------

RECORDS = {"colorize": {"gain": 0.9249, "share": 0.614, "photos": 20562, "worse": -0.25}}


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("0.90<!-- colorize.gain -->", "0.92<!-- colorize.gain -->"),
        ("7<!-- colorize.share % --> %", "61<!-- colorize.share % --> %"),
        ("1<!-- colorize.photos -->", "20,562<!-- colorize.photos -->"),
        ("0.3<!-- colorize.worse -->", "-0.2<!-- colorize.worse -->"),
        ("1.0<!-- install.megabytes -->", "1.0<!-- install.megabytes -->"),
    ],
)
def test_wrong_figures_are_found(written: str, right: str) -> None:
    assert pages.with_figures(written, RECORDS) == right
    assert pages.with_figures(right, RECORDS) == right


def test_figures_without_a_record_are_found() -> None:
    with pytest.raises(KeyError):
        pages.with_figures("1<!-- colorize.nothing -->", RECORDS)
    assert pages.unmarked("a gain of 0.92 dB in 1.5s and 3.5<!-- a.b --> dB") == ["0.92 dB", "1.5s"]


def test_broken_links_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One, two\n[a](page.md) [b](#one-two) [c](https://x.org) [d](no.md) ![e](no.png)"
        ' [f](#three) <img alt="" src="no.jpg">',
        encoding="utf-8",
    )
    assert list(pages.broken_links(page)) == ["no.md", "no.png", "#three", "no.jpg"]


def test_wrong_trees_are_found(tmp_path: Path) -> None:
    for name in ("src/one/a.py", "src/one/b.py", "src/two/c.py", "src/d.onnx"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    right = "src/\n  one/    caption\n    a.py  first\n    b.py\n  two/  closed\n  *.onnx\n"
    assert list(pages.tree_faults(right, tmp_path)) == []
    wrong = right.replace("a.py", "e.py").replace("  two/  closed\n", "")
    faults = ["e.py is not in one", "two of src is missing", "a.py of one is missing"]
    assert list(pages.tree_faults(wrong, tmp_path)) == faults


def test_wide_lines_are_found() -> None:
    wide, cell = "x" * 121, f"| {'x' * 121} |"
    assert pages.wide_lines(f"a\n{wide}\n{cell}\n![{wide}](b.png)\n{'x' * 120}") == [wide]


def test_a_page_is_split_at_its_headings() -> None:
    text = "# A\n```sh\none\n```\n## B\n### C\n```sh\n# two\ntwo\n```\n## D\n"
    found = {heading: pages.commands(part) for heading, part in pages.sections(text).items()}
    assert found == {"": ["one"], "B": ["two"], "D": []}


def test_what_an_earlier_section_does_is_not_done_again() -> None:
    letter, again = "neuropil handwrite Dear -o a.svg  # to Ada", "neuropil handwrite Dear -o a.svg"
    own, learn = "neuropil handwrite Dear --style b.style -o c.svg", "neuropil learn -o b.style"
    told = {
        "one": [letter, "neuropil open x.jpg"],
        "two": [again, "neuropil neuron", "neuropil open x.jpg"],
        "alone": [again],
        "needed": [again, "neuropil show a.svg"],
        "learned": [learn, own],
        "unlearned": [own],
    }
    assert pages.without_repeats(told) == {
        "one": [letter, "neuropil open x.jpg"],
        "two": ["neuropil neuron"],
        "needed": [again, "neuropil show a.svg"],
        "learned": [learn, own],
        "unlearned": [own],  # nothing is learned there: it has to fail
    }


def test_commands_are_read() -> None:
    text = "```sh\n# set up\n./run demo\n\nneuropil list  # all\n```\n```text\nno\n```\n"
    assert pages.commands(text) == ["./run demo", "neuropil list  # all"]
    assert spelled("./run neuropil list # all")[1:] == ["-m", "neuropil", "list"]
    assert spelled("neuropil train colorize --data photos")[-2:] == ["--set", "steps=1"]
    with pytest.raises(AssertionError):
        spelled("curl something")
