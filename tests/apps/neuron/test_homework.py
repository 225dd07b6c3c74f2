"""Sheets of exercises: their solutions are right, and every seed makes another."""

import math
import re
from pathlib import Path

import pytest

from neuropil.apps.neuron.homework import DIGITS, exercises, worksheet
from neuropil.surfaces.cli import main as cli


def given(text: str) -> dict[str, float]:
    return {name: float(v) for name, v in re.findall(r"(\w+) = (-?[\d.]+)", text)}


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


@pytest.mark.parametrize("seed", range(20))
def test_solutions_follow_from_what_is_printed(seed: int) -> None:
    one, three, two, four, back, step = exercises(seed)
    g, s = given(one.given), dict(one.blanks)
    assert s["z"] == pytest.approx(g["w"] * g["x"] + g["b"])
    assert s["a"] == pytest.approx(sigmoid(s["z"]))
    g, s = given(three.given), dict(three.blanks)
    assert s["z"] == pytest.approx(sum(g[f"w{i}"] * g[f"x{i}"] for i in (1, 2, 3)) + g["b"])
    g, s = given(two.given), dict(two.blanks)
    assert s["a2"] == pytest.approx(
        sigmoid(g["w2"] * sigmoid(g["w1"] * g["x"] + g["b1"]) + g["b2"])
    )
    s = dict(four.blanks)
    assert s["a, relu"] == max(s["z"], 0)
    assert s["a, identity"] == s["z"]
    g, s, after = given(back.given), dict(back.blanks), dict(step.blanks)
    assert s["dL/dw1"] == pytest.approx(2 * (s["a"] - g["t"]) * s["a"] * (1 - s["a"]) * g["x1"])
    assert after["w1"] == pytest.approx(g["w1"] - 0.5 * s["dL/dw1"])
    assert after["L after"] < after["L before"]


def test_seeds_differ_and_repeat() -> None:
    assert worksheet(3) == worksheet(3)
    assert len({worksheet(seed).html for seed in range(30)}) == 30


def test_blanks_are_empty_and_solutions_are_not() -> None:
    page = worksheet(17).html
    tasks, solutions = page.split("<h1>Solutions</h1>")
    assert tasks.count("<i></i>") == solutions.count("</i>") == 28
    assert "<i></i>" not in solutions
    assert "Sheet 17" in tasks
    assert f"{dict(exercises(17)[0].blanks)['a']:.{DIGITS}g}" in solutions


def test_it_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sheet.html"
    assert cli.run(["neuron-homework", "-o", str(path), "--seed", "4"]) == 0
    assert path.read_text(encoding="utf-8") == worksheet(4).html
    assert cli.run(["neuron-homework", "-o", str(tmp_path / "sheet.txt"), "--seed", "4"]) == 0
    assert (tmp_path / "sheet.txt").read_text(encoding="utf-8") == worksheet(4).text
    capsys.readouterr()
    assert cli.run(["neuron-homework", "--seed", "4"]) == 0
    assert capsys.readouterr().out == worksheet(4).text
