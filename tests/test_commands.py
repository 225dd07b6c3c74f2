"""The commands that are no application's: list, card, bench, train, demo, open."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace as Namespace

import numpy as np
import pytest

from neuropil import bench, demo, registry
from neuropil.surfaces.cli import main as cli

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(invert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in; `invert` is the application."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# What they do


def test_a_card_is_plain_when_piped_and_drawn_on_a_terminal(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.run(["card", "invert"]) == 0
    assert capsys.readouterr().out.rstrip() == registry.model_card("invert").rstrip()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert cli.run(["card", "invert"]) == 0
    drawn = capsys.readouterr().out
    assert "inside out" in drawn
    assert not set("#*") & set(drawn)


def test_the_list_as_json_has_what_opens_neurons(capsys: Output) -> None:
    assert cli.run(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    commands = [each["command"] for each in listed]
    opens = [command for command in commands if command.startswith("open ")]
    opened = ("colorize", "handwrite", "classify", "drive", "translate", "lipsync", "foley")
    assert opens == [f"open {name}" for name in opened]
    assert [c for c in commands if c not in opens] == [*registry.commands()]
    by_name = {each["command"]: each for each in listed}
    for name in opens:
        described, app = by_name[name], name.removeprefix("open ")
        assert described["app"] == app
        assert described["example"].startswith(f"neuropil {name} ")
        assert described.keys() == by_name[app].keys()
    colorize = by_name["open colorize"]
    assert colorize["inputs"][0]["kind"] == ["image"]
    assert colorize["options"]["required"] == ["at"]
    assert by_name["open handwrite"]["inputs"][0]["kind"] == ["text"]
    assert "step" in by_name["open handwrite"]["options"]["properties"]


def test_a_benchmark_ends_in_a_line_of_json(capsys: Output) -> None:
    assert cli.run(["bench", "invert"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["gain_db"] == 0.25


def test_training_is_handed_the_recipe_and_the_settings(
    capsys: Output, monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    pytest.importorskip("torch")
    import neuropil.training.fit
    import neuropil.training.recipe

    asked: dict[str, object] = {}

    def fit(recipe: object, **settings: object) -> Path:
        asked.update(settings, recipe=recipe)
        return Path("runs/made.onnx")

    def overridden(recipe: object, settings: list[str]) -> object:
        return (recipe, *settings)

    recipes: dict[str, Callable[[], str]] = {"plain": lambda: "the recipe"}
    monkeypatch.setattr(registry, "recipes", lambda name: recipes)
    monkeypatch.setattr(neuropil.training.fit, "fit", fit)
    monkeypatch.setattr(neuropil.training.recipe, "with_settings", overridden)
    line = f"train invert --data {here} --set lr=1 --set steps=2 --minutes 3 --resume"
    assert cli.run([*line.split(), "-o", "elsewhere"]) == 0
    assert asked["out"] == Path("elsewhere")
    capsys.readouterr()
    assert cli.run(line.split()) == 0
    assert capsys.readouterr().out == f"{Path('runs/made.onnx')}\n"
    assert asked == {
        "recipe": ("the recipe", "lr=1", "steps=2"),
        "data": here,
        "out": Path("runs/invert-plain"),
        "device": "auto",
        "minutes": 3.0,
        "resume": True,
        "init": (),
    }


def test_the_demonstration_is_one_page_of_all_applications(
    capsys: Output, monkeypatch: pytest.MonkeyPatch, invert: Path
) -> None:
    (invert / "demo.py").write_text(
        "from neuropil.kit.html.page import Section, paragraph\n"
        "def sections():\n    return [Section('Upside <down>', paragraph('by `invert`'))]\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(registry, "NAMES", ("invert",))
    assert cli.run(["demo", "-o", "shown"]) == 0
    made = Path("shown", "index.html")
    assert capsys.readouterr().out == f"{made}\n"
    assert "<h2>Upside &lt;down&gt;</h2>" in made.read_text(encoding="utf-8")
    assert "<code>invert</code>" in made.read_text(encoding="utf-8")


def test_a_page_that_is_no_demonstration_is_kept(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "NAMES", ())
    Path("mine").mkdir()
    Path("mine", "index.html").write_text("my page", encoding="utf-8")
    assert cli.run(["demo", "-o", "mine"]) == 2
    assert "is no page of a demonstration" in capsys.readouterr().err
    assert Path("mine", "index.html").read_text(encoding="utf-8") == "my page"
    assert cli.run(["demo", "-o", "shown"]) == cli.run(["demo", "-o", "shown"]) == 0  # its own


def test_the_demonstration_walks_through_what_can_be_opened(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    whole = registry.demo_module("colorize")
    assert whole
    way = {name: getattr(whole, name) for name in ("example_probe", "EXAMPLE_COMMAND")}
    monkeypatch.setattr(registry, "NAMES", ("colorize",))
    monkeypatch.setattr(registry, "demo_module", lambda name: Namespace(sections=list, **way))
    monkeypatch.setattr(demo, "DEPTH", 2)
    page = demo.build_demo(here / "shown").read_text(encoding="utf-8")
    assert 'href="colorize-neuron.html"' in page
    assert "14 steps of arithmetic, each proven" in page
    assert "Inside colorize: a neuron opened" in page
    assert (here / "shown" / "colorize-neuron.html").is_file()


# What they say


@pytest.mark.parametrize("name", ["list", "card", "bench", "train", "demo"])
def test_help_of_the_other_commands_reads_like_that_of_verbs(capsys: Output, name: str) -> None:
    assert cli.run([name, "--help"]) == 0
    printed = capsys.readouterr().out
    assert f"Example: neuropil {name}" in printed
    assert not set("<>{}") & set(printed)
    assert "x<=" not in printed


def test_help_says_what_is_measured_and_trained(capsys: Output) -> None:
    assert cli.run(["bench", "--help"]) == 0
    assert cli.run(["train", "--help"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for text in [
        f"NAME: an application, or a part of the package: {', '.join(bench.PARTS)}.",
        "--tracks N how many tracks the car drives, for drive alone; 10 by default (from 1",
        "NAME: an application, such as colorize, or eye",
        "RECIPE: one of its recipes; by default the first that --list prints.",
        "--list print the recipes and stages of the application, or what a --stage takes",
        "--stage NAME run a stage, a step before or after training, instead of a recipe; --list",
        "--network FILE ONNX file that a stage works on, with --stage alone; can be repeated",
        "--device auto|cpu|cuda",
        "--set NAME=NUMBER",
        "by default the steps of the recipe count (from 0.1 to 100000)",
    ]:
        assert text in printed


def test_recipes_are_listed(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    def plain() -> None:
        """Train plainly.

        For long.
        """

    monkeypatch.setattr(registry, "recipes", lambda name: {"plain": plain, "odd": lambda: None})
    assert cli.run(["train", "invert", "--list"]) == 0
    assert capsys.readouterr().out == "plain  Train plainly.\nodd\n"


STAGES = '''"""A stage of an application that is made up."""
from neuropil.kit.ranges import Range
from neuropil.signature import Option
from neuropil.training.stages import OnnxPath, Stage, claim_file

def shake(output, *, network, times):
    import nowhere_to_be_found
    raise AssertionError

def count(output, *, times):
    file = claim_file(output, "count.txt")
    file.write_text(str(times), encoding="utf-8")
    return file

TIMES = Option("times", int, 3, "how often", Range(1, 9))
STAGES = (
    Stage("count", "Before training: count.", count, needs=(TIMES,), stands_for="card.md"),
    Stage(
        "shake",
        "After training: shake.",
        shake,
        needs=(Option("network", OnnxPath(), None, "what is shaken"), TIMES),
    ),
)
'''


@pytest.fixture
def staged(invert: Path) -> None:
    """Give the application two stages."""
    (invert / "lab" / "stages.py").write_text(STAGES, encoding="utf-8")


@pytest.mark.usefixtures("staged")
def test_stages_are_listed_behind_the_recipes(capsys: Output) -> None:
    pytest.importorskip("torch")
    assert cli.run(["train", "invert", "--list"]) == 0
    recipe, count, shake = capsys.readouterr().out.splitlines()
    assert recipe == "plain"
    assert count == "--stage count  Before training: count."
    assert shake == "--stage shake  After training: shake."
    assert cli.run(["train", "invert", "--list", "--stage", "shake"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "--network FILE  what is shaken",
        "--set times=3   how often (a whole number from 1 to 9)",
    ]


@pytest.mark.usefixtures("staged")
def test_a_stage_is_run_without_torch(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert cli.run(["train", "invert", "--stage", "count", "--set", "times=5"]) == 0
    printed, made = capsys.readouterr(), Path("runs", "invert-count", "count.txt")
    assert printed.out == f"{made}\n"
    assert "it may take the place of card.md in the package's apps/invert" in printed.err
    assert made.read_text(encoding="utf-8") == "5"
    assert cli.run(["train", "invert", "--stage", "count", "-o", "elsewhere"]) == 0
    assert Path("elsewhere", "count.txt").read_text(encoding="utf-8") == "3"


@pytest.mark.usefixtures("staged")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--stage coumt", "invert has no stage 'coumt' (did you mean count?); it has count, shake"),
        ("--stage count --minutes 3", "--minutes goes with a recipe, and not with --stage count"),
        ("--stage count --device cpu", "--device goes with a recipe, and not with --stage count"),
        ("--stage count --resume", "--resume goes with a recipe, and not with --stage count"),
        ("--stage count --init a.npz", "--init goes with a recipe, and not with --stage count"),
        ("plain --stage count", "plain and --stage count are two things to do"),
        ("--stage count --data .", "--data means nothing to the stage count, which takes --output"),
        ("--stage count --set steps=2", "--set steps=2: settings of the stage count are NAME=NUM"),
        ("--stage count --set times=x", "--set times=x: times is x; it takes a whole number from"),
        ("--stage shake --network a.onnx", "--network 'a.onnx': there is no file a.onnx"),
        ("--stage shake", "nowhere_to_be_found is missing; to train, install the extra [train]"),
    ],
)
def test_what_a_stage_does_not_take_is_refused(capsys: Output, words: str, sentence: str) -> None:
    assert cli.run(["train", "invert", *words.split()]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"neuropil: {sentence}")
    assert list(Path().iterdir()) == []


@pytest.mark.usefixtures("staged")
def test_the_name_of_a_stage_is_no_recipe(capsys: Output) -> None:
    pytest.importorskip("torch")
    for line, sentence in [
        (
            "train invert count",
            "invert has no recipe count; it has plain; --stage count is a stage",
        ),
        ("train invert --data . --network a", "--network goes with --stage; a training begins"),
    ]:
        assert cli.run(line.split()) == 2
        assert capsys.readouterr().err.startswith(f"neuropil: {sentence}")


@pytest.mark.parametrize(
    "line", ["demo -o ", "train invert --data . --output ", "bench core --data "]
)
def test_an_empty_name_of_a_folder_or_a_pipe_is_refused(capsys: Output, line: str) -> None:
    assert cli.run([*line.split(), ""]) == 2
    assert 'is "", an empty name' in capsys.readouterr().err
    assert cli.run([*line.split(), "-"]) == 2
    assert "is -, a pipe; name a file or a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("card", "card needs a name, as in: neuropil card colorize"),
        ("bench invert --tracks 0", "--tracks is 0; it lies between 1 and 1000"),
        ("bench invert --tracks x", "--tracks is x; it takes a whole number from 1 to 1000"),
        ("bench invert --tracks 3", "--tracks 3: invert drives no car; leave it out"),
        ("bench core --data album", "--data album: core is measured without any; leave it out"),
        ("train", "train needs a name, as in: neuropil train colorize"),
        ("train invert --data . --minutes -1", "--minutes is -1; it lies between 0.1 and 100000"),
        ("train invert --data . --minutes x", "--minutes is x; it takes a number from 0.1 to"),
        ("train invert --data . --device gpu", "--device is gpu; it is one of auto, cpu, cuda"),
        ("train invert --data . --out runs", "no such option: --out (did you mean --output?)"),
        ("train invert", "there is no training data; name its folder by --data"),
        ("train invert odd", "invert has no recipe odd; it has plain"),
    ],
)
def test_mistakes_are_said_in_a_sentence(capsys: Output, line: str, sentence: str) -> None:
    if line.startswith("train"):
        pytest.importorskip("torch")
    assert cli.run(line.split()) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"neuropil: {sentence}")
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("command", ["train", "demo"])
def test_help_tells_that_output_is_a_folder(command: str, capsys: Output) -> None:
    assert cli.run([command, "--help"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "-o, --output DIR folder for" in printed


def test_measuring_without_its_data_is_refused_at_once(capsys: Output) -> None:
    assert cli.run(["bench", "colorize", "--data", "nowhere"]) == 2
    assert "there is no folder nowhere" in capsys.readouterr().err


# Opening a neuron


def test_help_of_open_is_of_what_is_opened(capsys: Output) -> None:
    for word, texts, foreign in [
        (
            "colorize",
            [
                "INPUT: the picture that was colored.",
                "--max-pixels",
                "--weights",
                "--unit NAME,I,J",
            ],
            ["--input", "--output-unit"],
        ),
        (
            "handwrite",
            ["TEXT: the line of text, as it was written.", "--weights"],
            ["--max-pixels"],
        ),
        (
            "net.onnx",
            [
                "--input NAME=FILE.npy an input of the network",
                "FILE.npy alone where the network has one input",
                "without --unit, list its tensors",
                "Example: neuropil open net.onnx --input x.npy --unit",
            ],
            ["--max-pixels", "--weights", "colorize"],
        ),
        ("neuron", ["neuron has no network to open; neuropil neuron --help"], ["--unit"]),
    ]:
        assert cli.run(["open", word, "--help"]) == 0
        printed = " ".join(capsys.readouterr().out.split())
        assert "<" not in printed
        assert [text for text in texts if text not in printed] == []
        assert [text for text in foreign if text in printed] == []


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("open net.onnx --weights nope.onnx", "no such option: --weights"),
        ("open net.onnx --max-pixels 5", "no such option: --max-pixels"),
        ("open colorize old.jpg --at 2,2 --rate 0.5", "--rate needs a --target"),
        ("open neuron", "neuron has no network to open"),
        ("open neuron --x 1 -o walk.html", "neuron has no network to open"),
    ],
)
def test_what_open_does_not_take_is_refused(capsys: Output, line: str, sentence: str) -> None:
    assert cli.run(line.split()) == 2
    assert capsys.readouterr().err.startswith(f"neuropil: {sentence}")


@pytest.mark.parametrize("typed", ["--depth 3", "--terms 9", "--exact", "--output-unit logits,0,3"])
def test_options_of_a_neuron_need_one(capsys: Output, typed: str) -> None:
    file = str(registry.find_app("classify").networks["classifier"].path)
    assert cli.run(["open", file, *typed.split()]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"neuropil: {typed.split()[0]} needs a neuron: name one by --unit")


def test_files_are_named_in_json_too(capsys: Output, tmp_path: Path) -> None:
    file = str(registry.find_app("classify").networks["classifier"].path)
    np.save("x.npy", np.zeros((1, 3, 32, 32), np.float32))
    made = tmp_path / "terms.csv"
    line = ["open", file, "--input", "x.npy", "--unit", "logits,0,3", "--json", "-o", str(made)]
    assert cli.run(line) == 0
    assert json.loads(capsys.readouterr().out)["files"] == [str(made)]
    assert made.exists()


def test_the_input_of_a_network_with_one_needs_no_name(capsys: Output) -> None:
    """Of the network that says what is in pictures, whose only input is `picture`."""
    file = str(registry.find_app("classify").networks["classifier"].path)
    np.save("x.npy", np.zeros((1, 3, 32, 32), np.float32))
    assert cli.run(["open", file, "--input", "x.npy", "--unit", "logits,0,3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"][0]["checked"]
