import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from refusals import refused

from neuropil import bench, registry
from neuropil.kit.errors import UserError
from neuropil.kit.media.film import Film
from neuropil.kit.media.frame import Frame
from neuropil.kit.media.image import Image
from neuropil.kit.networks.network import NetworkFile
from neuropil.kit.provenance import code_files
from neuropil.kit.report import Report, Table
from neuropil.surfaces.cli import bench as cli_bench


@pytest.mark.usefixtures("invert")
def test_tables_come_first_and_one_line_of_json_last() -> None:
    *tables, blank, last = bench.run_benchmark("invert", None)
    assert tables == [
        "Speed",
        "who     seconds",
        "---------------",
        "ours        2.5",
        "theirs        3",
    ]
    assert blank == ""
    record = json.loads(last)
    assert (record["n_photos"], record["gain_db"]) == (3, 0.25)
    assert record["command"] == "neuropil bench invert"
    told = {"commit", "weights_sha256", "code_sha256", "date", "processor", "seconds_to_measure"}
    assert record.keys() > told
    assert all(not isinstance(value, dict | list) for value in record.values())


def test_tracks_are_for_who_drives() -> None:
    with refused("option.conflict", "--tracks 3", "core"):
        list(bench.run_benchmark("core", None, 3))


@pytest.mark.parametrize("name", [*sorted({*bench.PARTS} - {*registry.MADE_PARTS}), "drive"])
def test_data_are_for_what_is_measured_on_them(name: str, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with refused("option.conflict", "--data", name):
            list(bench.run_benchmark(name, folder))


# --- an application without a benchmark of its own -----------------------------------------------


@pytest.fixture
def without_bench(invert: Path) -> None:
    """Take the application's own benchmark away."""
    (invert / "lab" / "bench.py").unlink()


@pytest.fixture
def one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "REPEATS", 1)


@pytest.mark.usefixtures("without_bench", "one_call")
def test_the_seconds_of_every_verb_are_measured_on_our_samples() -> None:
    *tables, _, last = bench.run_benchmark("invert", None)
    assert tables[0] == "Seconds of a call, the median of 1"
    assert [line.split()[:2] for line in tables[3:]] == [
        ["invert", "astronaut-color.jpg"],
        ["invert", "8"],
        ["invert-look", "astronaut-color.jpg"],
    ]
    record = json.loads(last)
    assert all(record[f"seconds_{key}"] > 0 for key in ("invert", "invert_film", "invert_look"))
    assert record["command"] == "neuropil bench invert"
    with refused("option.conflict", "--data", "invert"):
        list(bench.run_benchmark("invert", Path()))
    with refused("option.conflict", "--tracks", "invert"):
        list(bench.run_benchmark("invert", None, 3))


@pytest.mark.usefixtures("one_call")
def test_texts_are_measured_and_what_is_refused_is_not() -> None:
    report = bench.measure_verbs("neuron")
    assert report.figures.keys() == {"seconds_neuron_digit"}
    assert [kind for kind, _ in bench.samples(str, Path())] == ["a sentence"]

    asked: list[Image] = []

    def refuse(photo: Image) -> None:
        asked.append(photo)
        if len(asked) < 3:
            raise UserError("input.content", "not this one")

    found = bench.sample_seconds(refuse, Image)
    assert found
    assert found[0] == "church.jpg"
    assert bench.sample_seconds(refuse, dict) is None


@pytest.mark.usefixtures("one_call")
def test_the_frames_of_a_film_are_made_while_it_is_measured(tmp_path: Path) -> None:
    ((_, film),) = bench.samples(Film, tmp_path)
    seen: list[int] = []

    def watched(frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            seen.append(len(frame.pixels))
            yield frame

    bench.exhaust(film.map_frames, watched)
    assert len(seen) == bench.FRAMES


def test_the_start_of_a_command_is_measured_beside_python_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(cli_bench, "run_python", ran.append)
    monkeypatch.setattr("time.perf_counter", lambda: float(len(ran)) ** 2)
    report = cli_bench.measure(None)
    assert set(ran) == set(cli_bench.COMMANDS.values())
    assert [row[0] for row in report.tables[0].rows][:2] == [
        "python -c pass",
        "python -m neuropil --help",
    ]
    figures = {name: float(report.figures[name] or 0) for name in cli_bench.COMMANDS}
    ratio = figures["help_seconds"] / figures["python_seconds"]
    assert report.figures["help_vs_python"] == ratio > 1


def test_what_is_measured_of_a_command_is_the_command(capfd: pytest.CaptureFixture[str]) -> None:
    cli_bench.run_python(cli_bench.COMMANDS["help_seconds"])
    assert capfd.readouterr().out == ""
    with pytest.raises(subprocess.CalledProcessError):
        cli_bench.run_python(("-m", "neuropil", "no-such-command"))


@pytest.fixture
def brighten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Load the application that CONTRIBUTING.md writes out."""
    guide = Path(__file__).parent.parent / "CONTRIBUTING.md"
    code = guide.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    module = ModuleType("neuropil.apps.brighten.app")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(re.split(r"# src/\S+\n", code)[2], vars(module))
    package = ModuleType("neuropil.apps.brighten")
    package.__path__ = [str(tmp_path)]
    monkeypatch.setitem(sys.modules, package.__name__, package)
    monkeypatch.setattr(registry, "NAMES", (*registry.NAMES, "brighten"))
    return module.__dict__["Brighten"]()


@pytest.mark.usefixtures("one_call")
def test_the_application_of_ten_lines_is_measured(brighten: Any) -> None:
    record = json.loads(list(bench.run_benchmark("brighten", None))[-1])
    assert 0 < record["seconds_brighten"] < 1


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("by", [0, 40, 255])
def test_the_application_of_ten_lines_is_right_for_8_and_16_bits(
    brighten: Any, kind: type, by: int
) -> None:
    most = int(np.iinfo(kind).max)
    grey: NDArray[Any] = np.linspace(0, most, 300).astype(kind).reshape(10, 10, 3)
    made = brighten(Image(grey), by=by).pixels
    wanted = np.minimum(grey.astype(float) / most + by / 255, 1) * most
    assert made.dtype == kind
    np.testing.assert_allclose(made, wanted, atol=1e-6 * most)


def test_an_application_that_takes_no_sample_has_nothing_to_measure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bench, "SAMPLES", Path(__file__).parent / "made_up")
    monkeypatch.setattr(bench, "REPEATS", 1)
    with refused("name.unsupported", "neuron has nothing to measure"):
        list(bench.run_benchmark("neuron", None))


@pytest.mark.usefixtures("invert")
def test_data_that_are_not_there_are_said(tmp_path: Path) -> None:
    with refused("data.missing", tmp_path / "none", "--data"):
        list(bench.run_benchmark("invert", tmp_path / "none"))


@pytest.mark.usefixtures("invert")
def test_tracks_reach_who_drives(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(data: Path | None, *, tracks: int = 10) -> Report:
        return Report((), {"n_tracks": tracks})

    monkeypatch.setattr(registry.benchmark("invert"), "measure", measure)
    for given, wanted in ((None, 10), (3, 3)):
        record = json.loads(list(bench.run_benchmark("invert", None, given))[-1])
        assert record["n_tracks"] == wanted
        assert record["command"].endswith("--tracks 3") == (given == 3)


def test_columns_fit_what_is_in_them() -> None:
    table = Table("T", ("name", "n"), (("a long name", 10), ("b", 123456)))
    assert bench.format_table(table)[1:] == [
        "name              n",
        "-------------------",
        "a long name      10",
        "b            123456",
    ]


def test_the_stamp_names_the_weights_that_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.onnx", "b.onnx", "c.onnx"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    files = {name: NetworkFile(tmp_path, f"{name}.onnx", "", "MIT") for name in "ac"}
    monkeypatch.setattr(registry, "networks_of", lambda name: files)
    monkeypatch.setattr(bench, "choose_files", lambda files, given: {})
    hashes = {name: hashlib.sha256(f"{name}.onnx".encode()).hexdigest() for name in "abc"}
    assert bench.weights_sha256("invert") == f"{hashes['a']} {hashes['c']}"
    monkeypatch.setattr(bench, "choose_files", lambda files, given: {"a": tmp_path / "b.onnx"})
    assert bench.weights_sha256("invert") == f"{hashes['b']} {hashes['c']}"


def test_parts_have_no_weights() -> None:
    assert bench.weights_sha256("core") == ""


def test_the_stamp_of_the_studio_names_its_server() -> None:
    begun = {file.name for file in bench.measured_files("studio")}
    assert begun == {"bench.py", "serve.py"}
    needed = {file.name for file in code_files(bench.PACKAGE, bench.measured_files("studio"))}
    assert needed >= {"api.py", "pool.py", "worker.py", "playground.py"}


@pytest.mark.parametrize("name", [*bench.PARTS, "colorize"])
def test_the_stamp_names_the_code_that_ran(name: str) -> None:
    files = bench.measured_files(name)
    assert files
    assert all(file.exists() for file in files)
