"""Which styles are named: those whose lines are told apart."""

import json
from pathlib import Path

import numpy as np
import pytest
from apps.handwrite.test_evaluation import loops
from numpy.typing import NDArray

from neuropil.apps.handwrite.lab import style_library
from neuropil.apps.handwrite.lab.data import HandwrittenLine
from neuropil.apps.handwrite.lab.style_library import select_distinct, separability
from neuropil.apps.handwrite.styles import shipped_styles
from neuropil.surfaces.cli import main as cli


def log_shares(confused: list[tuple[int, int]], N: int, L: int = 2) -> NDArray[np.float64]:
    """Let every line be its writer's, but those of the pairs given be either's."""
    p = np.full((N, L, N), 0.01)
    for i in range(N):
        p[i, :, i] = 1
    for i, j in confused:
        p[i, :, j] = p[j, :, i] = 1
    shares: NDArray[np.float64] = p / p.sum(axis=2, keepdims=True)
    return np.log(shares)


def test_lines_are_clear_where_nothing_like_them_is_chosen() -> None:
    log_p = log_shares([(0, 1)], 3)
    assert separability(log_p, [0, 1]) == pytest.approx(np.log(0.5))
    assert separability(log_p, [0, 2]) == pytest.approx(np.log(1 / 1.01))
    assert separability(log_p, [0, 1, 2]) == pytest.approx(
        (2 * np.log(1 / 2.01) + np.log(1 / 1.02)) / 3
    )


def test_styles_that_are_confused_are_not_both_chosen() -> None:
    confused = [(0, 1), (2, 3), (4, 5), (6, 7)]
    chosen = select_distinct(log_shares(confused, 8), 4)
    assert sorted(place // 2 for place in chosen) == [0, 1, 2, 3]


def test_a_choice_that_came_too_early_is_exchanged() -> None:
    """0 is clearest among few, but like each of the three that go together best."""
    log_p = log_shares([(0, 1), (0, 2), (0, 3)], 4)
    assert sorted(select_distinct(log_p, 3)) == [1, 2, 3]


def test_the_stage_writes_styles_like_those_that_ship(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of four made-up writers and one with too few lines, two are named."""
    lines = [
        HandwrittenLine(loops(4, width=0.5 + n / 2, slant=n / 4, seed=i), "a loop", f"writer {n}")
        for n in range(5)
        for i in range(4 if n < 4 else 3)
    ]
    monkeypatch.setattr(style_library, "load_lines", lambda folder, part: lines)
    monkeypatch.setattr(style_library, "MIN_LINES_NAMED", 4)
    monkeypatch.setattr(style_library, "TEXTS", ("so", "it is"))
    monkeypatch.setattr(style_library, "NAMES", ("ada", "blaise"))
    words = ["train", "handwrite", "--stage", "styles", "--data", str(tmp_path)]
    words += ["-o", str(tmp_path / "run")]
    assert cli.run(words) == 0
    file = tmp_path / "run" / "styles.json"
    assert capsys.readouterr().out == f"{file}\n"
    made = json.loads(file.read_text(encoding="utf-8"))
    assert made.keys() == shipped_styles().keys()
    assert list(made["named"]) == ["ada", "blaise"]
    assert made["writers"] == [f"writer {n}" for n in range(4)]
    assert np.shape(made["all"]) == (4, len(shipped_styles()["all"][0]))
    assert cli.run(words) == 2
    assert f"{file} is there already" in capsys.readouterr().err


def test_styles_are_told_by_networks_that_write(tmp_path: Path) -> None:
    network = tmp_path / "other.onnx"
    network.write_bytes(b"no network")
    words = ["train", "handwrite", "--stage", "styles", "--data", str(tmp_path)]
    assert cli.run([*words, "-o", str(tmp_path / "run"), "--network", str(network)]) == 2
    assert not (tmp_path / "run").exists()
