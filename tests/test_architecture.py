"""The laws of the design hold, and each check of them can fail."""

import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import laws
import pytest
import word_laws
from laws import Module

ROOT = Path(__file__).parent.parent
PACKAGE = laws.modules(ROOT / "src" / "neuropil")
TESTS = laws.modules(ROOT / "tests")

COMMENTS_OF_CORE = 0.12  # lines with a comment, of those that aren't blank

Law = Callable[[Module], Iterator[str]]
OF_SOURCE: list[Law] = [
    laws.layer_faults,
    laws.door_faults,
    laws.relative_faults,
    laws.import_time_faults,
    laws.program_faults,
    laws.size_faults,
    word_laws.name_faults,
    word_laws.docstring_faults,
    word_laws.example_faults,
    laws.annotation_faults,
    laws.text_faults,
]
OF_TESTS: list[Law] = [laws.size_faults, laws.relative_faults]


def law_name(law: Law) -> str:
    return law.__name__


@pytest.mark.parametrize("law", OF_SOURCE, ids=law_name)
def test_package_keeps(law: Law) -> None:
    assert [fault for module in PACKAGE for fault in law(module)] == []


@pytest.mark.parametrize("law", OF_TESTS, ids=law_name)
def test_tests_keep(law: Law) -> None:
    assert [fault for module in TESTS for fault in law(module)] == []


def test_every_law_has_something_to_hold() -> None:
    assert list(laws.empty_patterns(PACKAGE)) == []
    assert any("training" in fault for fault in laws.empty_patterns(PACKAGE[:3]))


def test_no_import_cycles() -> None:
    assert laws.cycles(PACKAGE) == []


def test_functions_stay_short() -> None:
    assert list(laws.spread_faults(PACKAGE)) == []


def test_functions_are_named_by_what_they_do() -> None:
    assert list(word_laws.participle_faults(PACKAGE)) == []


@pytest.mark.parametrize("name", ["written", "_opened", "taken_up", "ticking", "parsed"])
def test_names_that_say_what_was_done_are_found(name: str) -> None:
    assert list(
        word_laws.participle_faults([Module("kit/atomic.py", f"def {name}() -> None: ...")])
    )


@pytest.mark.parametrize(
    "name", ["write", "firing_rate", "held_out_batch", "need", "embed", "ring"]
)
def test_names_of_deeds_and_things_are_none(name: str) -> None:
    module = Module("kit/atomic.py", f"def {name}() -> None: ...")
    assert list(word_laws.participle_faults([module])) == []


def test_no_two_classes_share_a_name() -> None:
    assert list(word_laws.shared_class_names(PACKAGE)) == []


def test_examples_use_names_that_exist() -> None:
    assert list(word_laws.unknown_names(PACKAGE)) == []


@pytest.mark.parametrize(
    "line", ["    photo = Photograph.open(1)", "    with writing(1):", "    f(1)   Letter(2)"]
)
def test_names_that_are_gone_are_found(line: str) -> None:
    source = f'"""Do it.\n\n{line}\n"""\n\n\ndef f() -> None: ...'
    assert list(word_laws.unknown_names([Module("kit/atomic.py", source)]))
    defined = f"{source}\nfrom x import Photograph, writing, Letter"
    assert not list(word_laws.unknown_names([Module("kit/atomic.py", defined)]))


def test_core_is_commented_as_teaching_code_is() -> None:
    core = [module for module in PACKAGE if module.path.startswith("core/")]
    assert word_laws.comment_share(core) >= COMMENTS_OF_CORE


BROKEN = [  # law, path, source; the fault is in the last line
    (laws.layer_faults, "kit/media/image.py", "from neuropil.core import tensor"),
    (laws.layer_faults, "kit/media/image.py", "def f() -> None:\n    import neuropil.registry"),
    (laws.layer_faults, "core/nn.py", "from neuropil import kit"),
    (laws.layer_faults, "kit/media/image.py", "from neuropil import Image"),
    (laws.layer_faults, "biology/cell.py", "from neuropil.kit.media.image import Image"),
    (laws.layer_faults, "microscope/open_unit.py", "from neuropil.apps.drive import app"),
    (laws.layer_faults, "registry.py", "from neuropil.apps.drive.app import Drive"),
    (laws.layer_faults, "training/fit.py", "from neuropil.core import optim"),
    (laws.layer_faults, "apps/drive/app.py", "from neuropil.apps.colorize.lab.data import crop"),
    (laws.layer_faults, "apps/drive/app.py", "from neuropil.training import fit"),
    (laws.layer_faults, "apps/drive/lab/data.py", "from neuropil.biology import cell"),
    (laws.layer_faults, "apps/drive/app.py", "from neuropil.apps.drive.lab.data import batch"),
    (laws.layer_faults, "apps/drive/app.py", "from neuropil.apps.drive.lab import data"),
    (laws.layer_faults, "apps/drive/lab/data.py", "from neuropil.apps.colorize import cielab"),
    (laws.layer_faults, "apps/drive/lab/data.py", "from neuropil.jobs import Job"),
    (
        laws.layer_faults,
        "kit/report.py",
        "if TYPE_CHECKING:\n    from neuropil.core.neuron import NeuronRecord",
    ),
    (laws.layer_faults, "kit/atomic.py", "from neuropil.kit.media.image import Image"),
    (laws.layer_faults, "surfaces/cli/main.py", "from neuropil.apps import colorize"),
    (laws.layer_faults, "surfaces/cli/main.py", "from neuropil.training import fit"),
    (laws.layer_faults, "jobs.py", "from neuropil.surfaces.cli import terminal"),
    (laws.layer_faults, "contract.py", "from neuropil import registry"),
    (laws.door_faults, "jobs.py", "import typer"),
    (laws.layer_faults, "gadgets/one.py", ""),
    (laws.door_faults, "kit/media/image.py", "import torch.nn as nn"),
    (laws.door_faults, "apps/drive/app.py", "def f() -> None:\n    from torch import nn"),
    (laws.door_faults, "apps/drive/lab/bench.py", "import torch"),
    (laws.door_faults, "kit/networks/network.py", "import onnxruntime"),
    (laws.door_faults, "training/export.py", "import onnxruntime"),
    (laws.door_faults, "apps/colorize/app.py", "import av"),
    (laws.door_faults, "kit/media/image.py", "import av"),
    (laws.door_faults, "registry.py", "import onnx"),
    (laws.door_faults, "surfaces/cli/main.py", "import rich"),
    (laws.door_faults, "bench.py", "from rich.table import Table"),
    (laws.door_faults, "core/tensor.py", "from PIL import Image"),
    (laws.door_faults, "kit/media/image.py", "import scipy"),
    (laws.door_faults, "core/bench.py", "import torch"),
    (laws.door_faults, "core/nn.py", "def f() -> None:\n    import torch"),
    (laws.door_faults, "core/bench.py", "def f() -> None:\n    import onnx"),
    (laws.relative_faults, "kit/media/image.py", "from . import film"),
    (laws.relative_faults, "kit/media/image.py", "from ..core.nn import Dense"),
    (laws.import_time_faults, "kit/media/image.py", "TEXT = open('card.md').read()"),
    (laws.import_time_faults, "kit/media/image.py", "HERE = Path(__file__).resolve()"),
    (laws.import_time_faults, "kit/media/image.py", "TABLE = np.load('table.npy')"),
    (laws.import_time_faults, "kit/media/image.py", "RNG = np.random.default_rng(0)"),
    (laws.import_time_faults, "kit/media/image.py", "DEVICE = choose_device()"),
    (laws.import_time_faults, "kit/media/image.py", "logging.basicConfig()"),
    (laws.import_time_faults, "kit/media/image.py", "os.environ['OMP_NUM_THREADS'] = '1'"),
    (laws.import_time_faults, "kit/media/image.py", "for i in range(3): pass"),
    (laws.import_time_faults, "kit/media/image.py", "class A:\n    b = torch.cuda.is_available()"),
    (laws.program_faults, "apps/drive/lab/collect.py", "import argparse"),
    (laws.program_faults, "apps/drive/lab/data.py", "def f() -> str:\n    return sys.argv[1]"),
    (laws.program_faults, "kit/cpu.py", "if __name__ == '__main__':\n    main()"),
    (laws.size_faults, "kit/media/image.py", "\n" * 500 + "x = 1"),
    (laws.size_faults, "kit/media/image.py", "def f() -> None:\n" + "    x = 1\n" * 80),
    (laws.size_faults, "training/fit.py", "def fit() -> None:\n" + "    x = 1\n" * 120),
    (word_laws.name_faults, "kit/utils.py", ""),
    (word_laws.name_faults, "kit/image_helpers.py", ""),
    (word_laws.name_faults, "manager/image.py", ""),
    (word_laws.name_faults, "kit/media/image.py", "class A:\n    def get_size(self) -> int: ..."),
    (word_laws.name_faults, "kit/media/image.py", "colo" + "ur = 1"),
    (word_laws.docstring_faults, "kit/media/image.py", "# a comment is none"),
    (word_laws.example_faults, "kit/atomic.py", '"""Write.\n\nwith f(1) as path:\n    save()\n"""'),
    (word_laws.example_faults, "kit/atomic.py", '"""Write.\n\npath = f(1)  # a file\n"""'),
    (word_laws.example_faults, "kit/atomic.py", '"""Write.\n\nfrom neuropil import f\n"""'),
    (laws.annotation_faults, "kit/media/image.py", "def f(x) -> int: ..."),
    (laws.annotation_faults, "kit/media/image.py", "class A:\n    def f(self, *more: int): ..."),
    (laws.text_faults, "kit/media/image.py", "x = Path('card.md').read_text()"),
    (laws.text_faults, "kit/media/image.py", "x = open('card.md')"),
    (laws.text_faults, "kit/media/image.py", "x = Path('card.md').open('w')"),
]


@pytest.mark.parametrize(("law", "path", "source"), BROKEN)
def test_law_catches(law: Law, path: str, source: str) -> None:
    assert list(law(Module(path, source)))


ALLOWED = [
    (laws.layer_faults, "apps/drive/demo.py", "from neuropil.apps.drive.lab.data import batch"),
    (
        laws.layer_faults,
        "registry.py",
        "if TYPE_CHECKING:\n    from neuropil.training import recipe",
    ),
    (laws.layer_faults, "apps/drive/lab/train.py", "from neuropil.training.fit import fit"),
    (laws.layer_faults, "apps/drive/app.py", "from neuropil.apps.drive import track"),
    (laws.layer_faults, "apps/neuron/app.py", "from neuropil.biology import cell"),
    (laws.layer_faults, "surfaces/cli/main.py", "from neuropil import __version__, registry"),
    (
        laws.layer_faults,
        "surfaces/cli/main.py",
        "def f() -> None:\n    from neuropil.training import fit",
    ),
    (laws.door_faults, "apps/drive/lab/bench.py", "def f() -> None:\n    import torch"),
    (laws.door_faults, "kit/networks/network.py", "def f() -> None:\n    import onnxruntime"),
    (laws.door_faults, "kit/networks/network.py", "if TYPE_CHECKING:\n    import onnxruntime"),
    (laws.door_faults, "apps/drive/lab/model.py", "import torch"),
    (laws.door_faults, "core/nn.py", "import numpy.typing, math"),
    (laws.door_faults, "core/bench.py", "def f() -> None:\n    import torch, keras"),
    (laws.layer_faults, "core/bench.py", "from neuropil.kit.report import Report"),
    (laws.import_time_faults, "kit/media/image.py", "GAMMA = np.linspace(0, 1, 5) ** 2.2"),
    (laws.import_time_faults, "kit/media/image.py", "FILE = Path(__file__).parent / 'weights'"),
    (laws.import_time_faults, "kit/media/image.py", "LATER = lambda: open('card.md')"),
    (laws.import_time_faults, "__main__.py", "if __name__ == '__main__':\n    main()"),
    (laws.program_faults, "__main__.py", "if __name__ == '__main__':\n    main()"),
    (word_laws.example_faults, "kit/atomic.py", '"""Write.\n\nIn use:\n\n    f(1)\n"""'),
    (laws.text_faults, "kit/media/image.py", "x = open('a.jpg', 'rb')"),
    (laws.text_faults, "kit/media/image.py", "x = Image.open('a.jpg')"),
]


@pytest.mark.parametrize(("law", "path", "source"), ALLOWED)
def test_law_allows(law: Law, path: str, source: str) -> None:
    assert list(law(Module(path, source))) == []


def test_cycles_are_found() -> None:
    ring = [
        Module("kit/media/image.py", "from neuropil.kit.media import film"),
        Module(
            "kit/media/film.py", "def f() -> None:\n    from neuropil.kit.atomic import atomic_path"
        ),
        Module("kit/atomic.py", "import neuropil.kit.media.image"),
        Module("kit/errors.py", "from neuropil.kit.media import image"),
    ]
    assert [sorted(ring) for ring in laws.cycles(ring)] == [
        ["neuropil.kit.atomic", "neuropil.kit.media.film", "neuropil.kit.media.image"]
    ]
    assert laws.cycles(ring[:2]) == []
    for_types = "if TYPE_CHECKING:\n    from neuropil.core.neuron import NeuronRecord"
    pair = [
        Module("core/formatting.py", for_types),
        Module("core/neuron.py", "from neuropil.core import formatting"),
    ]
    assert [sorted(ring) for ring in laws.cycles(pair)] == [
        ["neuropil.core.formatting", "neuropil.core.neuron"]
    ]


def test_classes_of_one_name_are_found() -> None:
    source = "class Step: ...\nclass _Own: ..."
    package = [Module("core/probe.py", source), Module("microscope/walk.py", source)]
    fault = "Step is a class of core/probe.py and of microscope/walk.py"
    assert list(word_laws.shared_class_names(package)) == [fault]


def test_lines_with_a_comment_are_counted() -> None:
    source = 'x = "# none"\n\ny = 1  # one\n# another\nz = (  # a third\n    1\n)\n'
    assert word_laws.comment_share([Module("core/tensor.py", source)]) == 3 / 6


def test_long_functions_are_found() -> None:
    long = Module("kit/media/image.py", "def f() -> None:\n" + "    x = 1\n" * 45)
    faults = laws.spread_faults([long, Module("kit/media/film.py", long.source)])
    assert [re.findall("median|one in ten|in ten", fault) for fault in faults] == [
        ["median"],
        ["in ten"],
    ]


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["--version"]], ids=" ".join)
def test_command_line_starts_light(arguments: list[str]) -> None:
    script = """
        import sys
        from neuropil.surfaces.cli.main import main
        try:
            main()
        except SystemExit as end:
            assert end.code in (0, None), end.code
        heavy = {"onnxruntime", "av", "torch", "onnx", "jinja2"} & sys.modules.keys()
        assert not heavy, heavy
    """
    command = [sys.executable, "-c", textwrap.dedent(script), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert run.returncode == 0, run.stderr


MACHINE_PATH = re.compile(r"(?<![\w.])/(tmp|work|root|home|opt)/\w")
REGISTRY = re.compile(r"pypi\.(org|python)|pythonhosted|download\.pytorch|npmjs")
TEXTS = {
    *(".md", ".py", ".toml", ".txt", ".json", ".yml", ".sh", ""),
    *(".html", ".jinja", ".css", ".js"),
}


def shipped_texts() -> Iterator[Path]:
    """List the text files of the repository, without what tools leave behind."""
    for folder in ("src", "tests", "docs", ".ci"):
        yield from (f for f in (ROOT / folder).rglob("*") if f.is_file() and f.suffix in TEXTS)
    yield from (f for f in ROOT.glob("*") if f.is_file() and f.suffix in TEXTS - {""})
    yield ROOT / "run"


def test_names_no_machine_and_no_registry() -> None:
    here = Path(__file__).resolve()
    for file in shipped_texts():
        if file.resolve() != here and "__pycache__" not in file.parts:
            text = file.read_text(encoding="utf-8")
            assert not MACHINE_PATH.search(text), file
            assert not REGISTRY.search(text), file


@pytest.mark.parametrize("text", ["see /" + "work/shared", "cat /" + "tmp/x"])
def test_machine_paths_are_found(text: str) -> None:
    assert MACHINE_PATH.search(text)
    assert not MACHINE_PATH.search("https://example.com" + text[text.index("/") :])
