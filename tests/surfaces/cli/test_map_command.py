"""`neuropil map` as it is typed: what it hands on, and what it says where Ray is missing."""

from pathlib import Path
from typing import Any

import pytest

from neuropil.planning import Request
from neuropil.surfaces.cli import commands
from neuropil.surfaces.cli import main as cli
from neuropil.surfaces.cluster import mapping
from neuropil.surfaces.cluster.mapping import MapSummary

Output = pytest.CaptureFixture[str]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Request, int | None, bool]]:
    """Take note of runs in place of doing them; the last digit of -o tells how many fail."""
    noted: list[tuple[Request, int | None, bool]] = []

    def map_files(request: Request, workers: int | None, *, resume: bool) -> MapSummary:
        noted.append((request, workers, resume))
        return MapSummary(7, int(request.outputs[0][-1]), 2, 3.5, "new/manifest.jsonl")

    monkeypatch.setattr(mapping, "map_files", map_files)
    monkeypatch.setattr(commands, "LIBRARIES", ())
    return noted


def test_what_is_typed_is_handed_on(asked: list[Any], capsys: Output) -> None:
    line = "map colorize album b.jpg -o new0 --workers 3 --strength 1.2 --quality 80 --resume"
    assert cli.run(line.split()) == 0
    ((request, workers, resume),) = asked
    assert (request.verb, request.sources) == ("colorize", ("album", "b.jpg"))
    assert (request.options, request.outputs) == ({"strength": "1.2"}, ("new0",))
    assert (request.settings.quality, request.settings.threads) == (80, None)
    assert (workers, resume) == (3, True)
    printed, said = capsys.readouterr()
    assert printed == "new/manifest.jsonl\n"
    assert "7 done" in said
    assert "2 were done before" in said


def test_failures_give_the_code_of_a_mistake(asked: list[Any], capsys: Output) -> None:
    assert cli.run(["map", "classify", "album", "-o", "new4"]) == 2
    assert asked[0][1:] == (None, False)
    assert "4 failed" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line", ["map colorize album -o new", "train colorize --data . --workers 2"], ids=str.split
)
def test_without_ray_it_is_said_what_to_install(
    line: str, capsys: Output, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(commands, "LIBRARIES", ("a_library_that_nobody_has",))
    assert cli.run(line.split()) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "neuropil[cluster]" in said


@pytest.mark.parametrize(
    ("line", "fragment"),
    [
        ("map colorizze album -o new", "did you mean colorize?"),
        ("map colorize album -o new --workers 0", "--workers"),
        ("map colorize album -o new --force", "--force"),
    ],
    ids=lambda text: text.split()[-1],
)
@pytest.mark.usefixtures("asked")
def test_mistakes_are_said_in_a_sentence(line: str, fragment: str, capsys: Output) -> None:
    assert cli.run(line.split()) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert fragment in said


def test_the_help_lists_what_takes_files(capsys: Output) -> None:
    assert cli.run(["map", "--help"]) == 0
    words = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert {"colorize", "classify", "lipsync"} <= words
    assert not {"handwrite", "classify-teach", "drive"} & words
